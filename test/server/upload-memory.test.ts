/**
 * A large file goes from the disk to the server without ever being in memory. `npm test` sends 64 MiB;
 *
 *     PB_UPLOAD_MIB=1024 PB_VERSIONS=edges npm run test:server -- test/server/upload-memory.test.ts
 *
 * sends 1 GiB, which needs 3 GiB of disk at a time, to both servers by both ways.
 */
import { execFile } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open as openHandle, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { temporaryFolder } from '../support/processes.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'
import type { UploadCost, UploadSetup } from '../support/upload-process.ts'

const mebibyte = 1024 * 1024
const sizeMib = Number(process.env['PB_UPLOAD_MIB'] ?? 64)
/** The promise is 64 MiB for any size; of a small file it would say nothing. */
const maxGrowthMib = Math.min(64, sizeMib / 2)

describeServers('memory for an upload', (pb) => {
  let folder: AsyncDisposable & { path: string }
  let path: string
  let smallPath: string
  let wanted: string

  beforeAll(async () => {
    folder = await temporaryFolder()
    path = join(folder.path, 'large.bin')
    smallPath = join(folder.path, 'small.bin')
    await writeFile(smallPath, new Uint8Array(mebibyte))
    const hash = createHash('sha256')
    const handle = await openHandle(path, 'w')
    const chunk = Buffer.alloc(mebibyte)
    for (let n = 0; n < sizeMib; n++) {
      randomFillSync(chunk)
      hash.update(chunk)
      await handle.write(chunk)
    }
    await handle.close()
    wanted = hash.digest('hex')
    await pb.admin.collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [{ name: 'doc', type: 'file', maxSize: (sizeMib + 1) * mebibyte }],
    })
  })

  afterAll(async () => folder[Symbol.asyncDispose]())

  test.each(['fetch', 'nodeFetch'] as const)(
    `grows by less than ${maxGrowthMib} MiB for ${sizeMib} MiB by %s`,
    { timeout: 600_000 },
    async (fetch) => {
      const setup: UploadSetup = { url: pb.url, path, smallPath, fetch }
      const script = fileURLToPath(new URL('../support/upload-process.ts', import.meta.url))
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--expose-gc', script, JSON.stringify(setup)],
        { env: { ...process.env, NODE_NO_WARNINGS: '1' } },
      )
      const { record, growthBytes } = JSON.parse(stdout) as UploadCost
      console.log(`${fetch}: ${(growthBytes / mebibyte).toFixed(1)} MiB for ${sizeMib} MiB`)

      const { collectionId, id } = record
      const stored = join(pb.server.dir, 'storage', collectionId, id, record['doc'] as string)
      const hash = createHash('sha256')
      await pipeline(createReadStream(stored), hash)
      expect(hash.digest('hex')).toBe(wanted)
      expect(growthBytes / mebibyte).toBeLessThan(maxGrowthMib)
      await pb.admin.collection('posts').delete(id)
    },
  )
})
