/** A process that uploads one file and says how much memory that took. */
import { setTimeout as sleep } from 'node:timers/promises'

import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import { nodeFetch, openFile } from '../../src/node/index.ts'

/** What to upload, as JSON in its last argument. */
export interface UploadSetup {
  readonly url: string
  readonly path: string
  /** A small file that is uploaded first: what a process needs once is not counted. */
  readonly smallPath: string
  readonly fetch: 'fetch' | 'nodeFetch'
}

/** What it took. */
export interface UploadCost {
  readonly record: RecordModel
  /** Resident memory: the highest value while it uploaded, without that before. */
  readonly growthBytes: number
}

const setup = JSON.parse(process.argv.at(-1)!) as UploadSetup
const client = new PocketBase(setup.url, {
  authStore: new MemoryAuthStore(),
  fetch: setup.fetch === 'nodeFetch' ? nodeFetch() : undefined,
})
const posts = client.collection('posts')
for (let n = 0; n < 20; n++) await posts.create({ doc: openFile(setup.smallPath) })
globalThis.gc?.()
await sleep(100)

const before = process.memoryUsage.rss()
let highest = before
const timer = setInterval(() => {
  highest = Math.max(highest, process.memoryUsage.rss())
}, 2)
const record = await posts.create({ doc: openFile(setup.path) })
clearInterval(timer)
const cost: UploadCost = { record, growthBytes: highest - before }
console.log(JSON.stringify(cost))
