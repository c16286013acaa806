import type { FileInput } from '../core/body.ts'
import { NetworkError, ServerError } from '../core/errors.ts'
import { expects } from '../core/options.ts'
import { path } from '../core/path.ts'
import { withQuery } from '../core/query.ts'
import { readEvents } from '../realtime/stream.ts'
import { act, BaseService } from './base.ts'
import { missing } from './crud.ts'
import type { CommonOptions } from './options.ts'

/** A backup that is stored. */
export interface BackupFileInfo {
  /** Its name, for example `pb_backup_acme_20260131100000.zip`. */
  key: string
  /** Bytes. */
  size: number
  /** A date, such as `2026-01-31 10:00:00.000Z`. */
  modified: string
}

/** Options of a restore. */
export interface BackupRestoreOptions extends CommonOptions {
  /** Resolve when the server is back, with the backup's data. Default false: as soon as the server has accepted it. */
  wait?: boolean | undefined
}

/** Backups of the server's data. Every call needs a superuser's token, and none has a silence limit by default. */
export class BackupService extends BaseService {
  /**
   * All backups, in no order.
   *
   * `GET /api/backups`
   */
  async getFullList(options?: CommonOptions): Promise<BackupFileInfo[]> {
    return this.client.send('/api/backups', {
      method: 'GET',
      timeout: 0,
      ...options,
      [expects]: 'array',
    })
  }

  /**
   * Makes a backup. Resolves when it is complete. (A proxy may give up earlier; then {@link waitFor} waits for it.)
   *
   * `POST /api/backups`
   *
   * @param basename - of `a-z`, `0-9`, `_` and `-`, with `.zip` at the end. Default: a name with the application's and the time.
   * @returns true; failures throw.
   * @throws ValidationError with `fieldErrors.name` when it is taken; ApiError 400 while another backup or restore is under way.
   */
  async create(basename = '', options?: CommonOptions): Promise<boolean> {
    return act(this, 'POST', '/api/backups', { body: { name: basename }, ...options })
  }

  /**
   * Stores a backup that was made elsewhere, under its file's own name.
   *
   * `POST /api/backups/upload`
   *
   * @param bodyParams - the zip file, or `{ file }`, or form data with it.
   * @returns true; failures throw.
   * @throws ValidationError with `fieldErrors.file` when it is no zip file, or the name is taken.
   */
  async upload(
    bodyParams: FileInput | { [key: string]: any } | FormData,
    options?: CommonOptions,
  ): Promise<boolean> {
    const body =
      bodyParams instanceof FormData || 'file' in bodyParams ? bodyParams : { file: bodyParams }
    return act(this, 'POST', '/api/backups/upload', { body, ...options })
  }

  /**
   * Deletes a backup.
   *
   * `DELETE /api/backups/{key}`
   *
   * @returns true; failures throw.
   * @throws ApiError 400 when it is missing, or in use.
   */
  async delete(key: string, options?: CommonOptions): Promise<boolean> {
    return act(this, 'DELETE', path`/api/backups/${key}`, options)
  }

  /**
   * Replaces all of the server's data by a backup's. The server restarts itself for that, about a second after it has accepted it; by
   * default this does not wait for it, and never learns whether it worked.
   *
   * With `wait` it resolves when the server is back. Who is signed in must be known to the backup too, to stay so. A server that
   * does not come back within a minute is an error; how long it takes to unpack is not limited, but by the caller's `signal`.
   *
   * `POST /api/backups/{key}/restore`; with `wait` also `GET /api/realtime`, whose end shows the restart, and `GET /api/health`
   *
   * @returns true; failures throw.
   * @throws ApiError 400 when it is missing, or while another backup or restore is under way; with `wait` a ServerError (made here)
   * when the server could not restore it, which its logs explain, and a NetworkError when it does not come back.
   */
  async restore(key: string, options?: BackupRestoreOptions): Promise<boolean> {
    const { wait, ...rest } = options ?? {}
    const target = path`/api/backups/${key}/restore`
    if (!wait) return act(this, 'POST', target, rest)
    const { client } = this
    const { signal } = rest
    const streaming = new AbortController()
    const onAbort = (): void => streaming.abort(signal!.reason)
    let timer: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    try {
      if (signal?.aborted) onAbort()
      signal?.addEventListener('abort', onAbort)
      // The old process goes on answering for a while, and may be gone and back between two questions. But its streams end with it.
      await new Promise<unknown>((onMessage, onEnd) => {
        const message = 'No stream of events comes, which would show the restart.'
        const fail = (): void => onEnd(new NetworkError({ message }))
        timer = setTimeout(fail, 15_000)
        void readEvents(client, null, streaming.signal, onMessage)
          .finally(() => (isGone = true))
          .then(fail, onEnd)
      })
      clearTimeout(timer)
      await act(this, 'POST', target, rest)
      for (let failures = 0, waits = 0; ;) {
        await pause()
        const isBack = isGone
        try {
          // The old process says no from the moment it begins; the new one may not know who asks.
          if ((await this.canBackup(rest)) === false) continue
          if (isBack) return true
          waits++
        } catch (error) {
          if (++failures > maxTries || rest.signal?.aborted) throw error
        }
        if (waits > maxWaits) {
          const message = 'The server did not restore it; its logs say why.'
          const url = client.buildURL(target)
          throw new ServerError({ method: 'POST', path: target, url, status: 500, message })
        }
      }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      streaming.abort()
    }
  }

  /**
   * Waits until a backup is there, which is when it is complete: for one that a schedule makes, or whose {@link create} was cut off.
   *
   * `GET /api/backups` and `GET /api/health`, twice a second
   *
   * @throws NotFoundError (made here) when it is missing, and for 5 seconds no backup is under way. The caller's `signal` ends it too.
   */
  async waitFor(key: string, options?: CommonOptions): Promise<BackupFileInfo> {
    const target = path`/api/backups/${key}`
    for (let waits = 0; ;) {
      const canBackup = await this.canBackup(options)
      const all = await this.getFullList({ ...options, requestKey: null })
      const found = all.find((backup) => backup.key === key)
      if (found) return found
      if (canBackup && ++waits > maxWaits) throw missing(this, target, 'No such backup is coming.')
      await pause()
    }
  }

  /**
   * Downloads a backup: resolves when it begins, with a `Response` whose `body` has the bytes as they come, so that they are never in
   * memory as a whole. Its size is in the header `content-length`. See {@link FileService.download}.
   *
   * ```ts
   * const { body } = await pb.backups.download('pb_backup.zip', { onDownloadProgress })
   * await writeFile('pb_backup.zip', body) // of node:fs/promises
   * ```
   *
   * `POST /api/files/token`, `GET /api/backups/{key}`
   *
   * @throws NotFoundError when it is missing (on 0.23 ApiError 400).
   */
  async download(key: string, options?: CommonOptions): Promise<Response> {
    const { files } = this.client
    const { signal } = options ?? {}
    return files.download(this.getDownloadURL(await files.getToken({ signal }), key), options)
  }

  /**
   * The URL of a backup, for downloads; asks no server.
   *
   * `GET /api/backups/{key}`
   *
   * @param token - a superuser's, from `files.getToken()`; valid for 3 minutes by default.
   */
  getDownloadURL(token: string, key: string): string {
    return withQuery(this.client.buildURL(path`/api/backups/${key}`), { token })
  }

  /**
   * The same as {@link getDownloadURL}.
   *
   * @deprecated Use `getDownloadURL`.
   */
  getDownloadUrl(token: string, key: string): string {
    return this.getDownloadURL(token, key)
  }

  /** False while a backup is made or restored. */
  private async canBackup(options?: CommonOptions): Promise<boolean | undefined> {
    const { data } = await this.client.health.check({ ...options, requestKey: null, retry: 0 })
    return data.canBackup
  }
}

/** How often a server is asked that does not answer: about a minute. */
const maxTries = 100

/** How often it may say that it does nothing, before it is taken at its word: it begins a second after it was told. */
const maxWaits = 10

async function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 500)
  })
}
