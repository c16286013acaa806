import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { BaseAuthStore } from '../index.ts'
import type { AuthRecord } from '../index.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts'

/** Settings of a {@link FileAuthStore}. */
export interface FileAuthStoreOptions {
  /**
   * Told once, while the store is made, when the file is there and cannot be used. The message names the path and the reason, and
   * holds nothing of the file's content. Default: `console.warn`.
   */
  onWarning?: ((message: string) => void) | undefined
}

/**
 * Keeps who is signed in in a JSON file, `{ "token": "…", "record": {…} }`, so that the next run of a script or a command line tool
 * is still signed in.
 *
 * ```ts
 * const pb = new PocketBase('http://127.0.0.1:8090', new FileAuthStore('./pb_auth.json'))
 * if (!pb.authStore.isValid) await pb.collection('users').authWithPassword(email, password)
 * ```
 *
 * The file is read once, when the store is made. A missing one means nobody is signed in, and the first sign-in creates it, with the
 * folders above it. One that cannot be read, or holds something else, means the same and is reported to `onWarning`; it stays as it
 * is until the next sign-in replaces it or {@link clear} removes it.
 *
 * Every sign-in, refresh and change of the record replaces the file as a whole, before listeners are called: a process that is
 * killed meanwhile leaves the old state or the new one, and several processes can use one file. The last one to save wins; what
 * others save is not seen before the next start. A symbolic link is followed and stays.
 *
 * The token is as good as a password for as long as it is valid. The file is readable by its owner alone (mode 0600, whatever it
 * was before; on Windows its folder's permissions decide). Keep it out of version control, with `pb_auth.json*` for example: while
 * it is written, a temporary file stands beside it. In a container mount the folder, not the file: a mounted file cannot be replaced.
 *
 * It belongs to one user. A server that answers many needs a client and a `MemoryAuthStore` for each request.
 */
export class FileAuthStore<R = AuthRecord> extends BaseAuthStore<R> {
  /** The file, as an absolute path. */
  readonly path: string

  /**
   * @param path - a path, relative to the working directory of this moment, or a `file:` URL.
   * @throws TypeError for an empty path and for a URL of another kind. Files throw nothing here.
   */
  constructor(path: string | URL, options: FileAuthStoreOptions = {}) {
    super()
    if (!path) throw new TypeError('FileAuthStore needs the path of a file.')
    this.path = resolve(typeof path === 'string' ? path : fileURLToPath(path))
    try {
      this.load()
    } catch (error) {
      // oxlint-disable-next-line no-console -- the documented default: nobody would miss a sign-in silently
      const warn = options.onWarning ?? console.warn
      const reason = (error as Error).message
      warn(`FileAuthStore: ${this.path} was not used: ${reason}. Nobody is signed in.`)
    }
  }

  /**
   * Signs in, and writes the file before it returns.
   *
   * @throws Error naming the path when the file could not be written, its reason in `cause`. The sign-in itself holds: memory keeps
   * it and listeners were told, so requests are sent with it, and the file is as it was before. The call that signed in, such as
   * `authWithPassword`, rejects with this error.
   */
  override save(token: string, record?: R): void {
    try {
      this.write(token, record)
    } finally {
      super.save(token, record)
    }
  }

  /**
   * Signs out, here, and removes the file; folders stay. Removing, unlike writing an empty state, works on a full disk.
   *
   * @throws Error naming the path when the file could not be removed: this process is signed out, and the next start is not.
   */
  override clear(): void {
    try {
      removePrivateFile(this.path)
    } catch (cause) {
      throw failure(
        `${this.path} could not be removed, and the next start is signed in by it`,
        cause,
      )
    } finally {
      super.clear()
    }
  }

  private load(): void {
    const text = readPrivateFile(this.path)
    if (text === undefined) return
    const { token, record } = parse(text)
    this.baseToken = token
    this.baseModel = record as R
  }

  private write(token: string, record: R | undefined): void {
    try {
      const state = { token: token || '', record: record || null }
      writePrivateFile(this.path, `${JSON.stringify(state)}\n`)
    } catch (cause) {
      throw failure(`${this.path} could not be written, the sign-in is kept in memory alone`, cause)
    }
  }
}

/** Its errors never quote the text, as those of `JSON.parse` do. */
function parse(text: string): { token: string; record: unknown } {
  if (!text.trim()) throw new Error('it is empty')
  let state: { token?: unknown; record?: unknown; model?: unknown } | null
  try {
    state = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  const { token, record = state?.model ?? null } = state ?? {}
  if (typeof token !== 'string' || typeof record !== 'object' || Array.isArray(record)) {
    throw new TypeError('it holds no token and record')
  }
  return { token, record }
}

function failure(what: string, cause: unknown): Error {
  return new Error(`FileAuthStore: ${what}: ${(cause as Error).message}`, { cause })
}
