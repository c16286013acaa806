import { closeSync, openSync, statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { FileSource } from '../index.ts'
import { openedFile } from './opened-file.ts'
import type { OpenedFile } from './opened-file.ts'

/** Settings of {@link openFile}. */
export interface OpenFileOptions {
  /** What the server is told; it makes a name of its own from it. Default: that of the file. */
  name?: string | undefined
  /** Content type; servers look at the bytes themselves. Default: none. */
  type?: string | undefined
}

/** Bytes that are read at a time. */
const pieceLength = 65_536

/**
 * A file of this machine as a value of a record: read from the disk while it is sent, never as a whole, and again for each attempt.
 *
 * ```ts
 * await pb.collection('posts').create({ title: 'Talk', video: openFile('./talk.mp4') })
 * ```
 *
 * What is sent is the file as it is at this moment: when it has changed, or is gone, at the time it is read, or at the end
 * of that, the call rejects with an `Error` that names it, and no record is stored.
 *
 * @param path - a path, relative to the working directory of this moment, or a `file:` URL.
 * @throws Error, with the file system's reason in `cause`, for a file that is missing or may not be read, and for what is none, such as
 * a folder.
 */
export function openFile(
  path: string | URL,
  { name, type }: OpenFileOptions = {},
): Required<Pick<FileSource, 'name' | 'type' | 'size' | 'stream'>> {
  const opened = inspect(resolve(typeof path === 'string' ? path : fileURLToPath(path)))
  const source = {
    name: name ?? basename(opened.path),
    type: type ?? '',
    size: Number(opened.size),
    stream: () => piecesOf(opened),
  }
  return Object.assign(source, { [openedFile]: opened })
}

/** A file's state, once it is known that it can be read. */
function inspect(path: string): OpenedFile {
  try {
    const stats = statSync(path, { bigint: true })
    // Opening a pipe would wait for its other end.
    if (!stats.isFile()) throw new Error('it is not a regular file')
    closeSync(openSync(path, 'r'))
    const { ino, size, mtimeNs } = stats
    return { path, ino, size, mtimeNs }
  } catch (cause) {
    throw failure(path, `cannot be read: ${(cause as Error).message}`, cause)
  }
}

/** The bytes of a file. */
export async function* piecesOf(opened: OpenedFile): AsyncGenerator<Uint8Array> {
  const { path: file, ino, size, mtimeNs } = opened
  const checkSame = (now: BigIntStats): void => {
    const isSame = now.ino === ino && now.size === size && now.mtimeNs === mtimeNs
    if (!isSame) throw failure(file, 'has changed since it was opened')
  }
  try {
    const handle = await open(file)
    try {
      checkSame(await handle.stat({ bigint: true }))
      for (let left = Number(size); ;) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(pieceLength))
        if (bytesRead === 0) break
        left -= bytesRead
        // Else who counts the bytes says so first, and cannot name it.
        if (left < 0) checkSame(await handle.stat({ bigint: true }))
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await handle.close()
    }
    checkSame(await stat(file, { bigint: true }))
  } catch (cause) {
    if ((cause as { code?: string }).code === undefined) throw cause
    throw failure(file, `could not be read to its end: ${(cause as Error).message}`, cause)
  }
}

function failure(file: string, what: string, cause?: unknown): Error {
  return new Error(`openFile: ${file} ${what}`, { cause })
}
