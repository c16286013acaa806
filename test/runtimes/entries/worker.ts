/** The smaller method suite as a worker: a request runs it, the answer is the report. */
import type { CaseFile } from '../../methods/rows.ts'
import { outcomesOf } from './outcomes.ts'
import { connect } from './remote.ts'
import type { RemoteServer } from './remote.ts'

export function run(files: readonly CaseFile[]): {
  fetch(request: Request, server: RemoteServer): Promise<Response>
} {
  return {
    async fetch(_request, server) {
      const outcomes = await outcomesOf(files, await connect(server))
      return Response.json({ runtime: navigator.userAgent, outcomes })
    },
  }
}
