/** The smaller method suite in a page. */
import type { CaseFile } from '../../methods/rows.ts'
import type { Report } from '../report.ts'
import { outcomesOf } from './outcomes.ts'
import { connect } from './remote.ts'
import type { RemoteServer } from './remote.ts'

/** What the page's module offers. */
export type PageSuite = (server: RemoteServer) => Promise<Report['outcomes']>

export function run(files: readonly CaseFile[]): PageSuite {
  // A case waits by it for what it has started.
  Object.assign(globalThis, { setImmediate: setTimeout })
  return async (server) => outcomesOf(files, await connect(server))
}
