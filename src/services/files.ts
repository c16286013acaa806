import { isTokenExpired } from '../auth/token.ts'
import { expects, reads } from '../core/options.ts'
import { path } from '../core/path.ts'
import { withBody } from '../core/progress.ts'
import { withQuery } from '../core/query.ts'
import type { SendOptions } from '../core/options.ts'
import { BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'

/** Options of a file's URL; further keys become query parameters. */
export interface FileOptions extends CommonOptions {
  /** `100x100`, or a size that the field lists: `WxH`, `WxHt`, `WxHb`, `WxHf`, `0xH`, `Wx0`. Servers answer others with the original. */
  thumb?: string | undefined
  /** Whether browsers save the file instead of showing it. */
  download?: boolean | undefined
  /** For files of protected fields: see {@link FileService.getToken}. */
  token?: string | undefined
}

/** A token for files lasts for so many more seconds when it is handed out again: a page has to load what it leads to. */
const spareSeconds = 30

/** A token for files, of whoever has the token `owner`. */
interface KnownToken {
  readonly owner: string
  readonly asked: Promise<string>
  /** Once it is here; `''` when it was refused. */
  token?: string
}

/** Files of records. */
export class FileService extends BaseService {
  private known: KnownToken | undefined

  /**
   * The URL of a record's file; asks no server.
   *
   * `GET /api/files/{collection}/{record}/{filename}`
   *
   * @param filename - as the record has it, which is not the name it was uploaded under.
   * @returns `''` for a record without id or collection, and for an empty file name.
   */
  getURL(record: { [key: string]: any }, filename: string, queryParams: FileOptions = {}): string {
    const collection = record?.['collectionId'] || record?.['collectionName']
    if (!filename || !record?.['id'] || !collection) return ''
    const url = this.client.buildURL(path`/api/files/${collection}/${record['id']}/${filename}`)
    const { download, ...rest } = queryParams
    return withQuery(url, download ? { ...rest, download } : rest)
  }

  /**
   * Older name of {@link getURL}.
   *
   * @deprecated Use {@link getURL}.
   */
  getUrl(record: { [key: string]: any }, filename: string, queryParams?: FileOptions): string {
    return this.getURL(record, filename, queryParams)
  }

  /**
   * A token for the URLs of protected files that the signed-in record may see; valid for 3 minutes by default. With a superuser's
   * also for backups.
   *
   * `POST /api/files/token`
   *
   * @throws AuthError for guests.
   */
  async getToken(options?: CommonOptions): Promise<string> {
    const { token } = await this.client.send<{ token: string }>('/api/files/token', {
      method: 'POST',
      ...options,
      [expects]: 'token',
    })
    return token
  }

  /**
   * The URL of a file that may be protected, with a token of the signed-in record, which is asked for when there is none yet
   * that lasts for another 30 seconds. Never one of somebody else, or of one who has signed out. For guests it is {@link getURL}.
   *
   * The URL is as good as the file for whoever has it, until the token ends: 3 minutes after it was made by default. Ask for it when
   * it is needed.
   *
   * `POST /api/files/token`, about every two and a half minutes, once for any number of calls
   */
  async getPrivateURL(
    record: { [key: string]: any },
    filename: string,
    queryParams?: FileOptions,
  ): Promise<string> {
    await (this.client.authStore as { ready?: Promise<void> }).ready
    for (;;) {
      const owner = this.client.authStore.token
      const token = owner && (await this.tokenOf(owner))
      // Somebody else may have signed in meanwhile.
      if (owner === this.client.authStore.token) {
        return this.getURL(record, filename, token ? { ...queryParams, token } : queryParams)
      }
    }
  }

  /**
   * Downloads a file: resolves when it begins, with a `Response` to take the bytes from as they come (`body`), or as a whole (`blob()`,
   * `text()`, …). Its size is in the header `content-length`. `signal`, `timeout` and `onDownloadProgress` are for the whole
   * download, so read the answer to its end or cancel its `body`.
   *
   * ```ts
   * const response = await pb.files.download(await pb.files.getPrivateURL(post, post.video), { onDownloadProgress })
   * await writeFile('video.mp4', response.body)
   * ```
   *
   * It has no `timeout` of its own, and is not sent again after a failure: `headers: { Range: 'bytes=1000-' }` asks for what is missing.
   * Your token is not sent; servers do not look at it here.
   *
   * `GET {url}`
   *
   * @param url - of this server, such as those of {@link getURL} and {@link getPrivateURL}.
   * @throws TypeError for a URL of another server; NotFoundError when there is no such file, or it is protected from the caller.
   * Reading `body` rejects with a NetworkError when it is cut, and an AbortError when it is cancelled; browsers make a TypeError of
   * both for `blob()` and the like.
   */
  async download(url: string, options?: SendOptions): Promise<Response> {
    const base = this.client.buildURL('/')
    if (!url.startsWith(base)) throw new TypeError(`download: the URL must begin with ${base}.`)
    return new Promise((resolve, reject) => {
      let ours: TransformStreamDefaultController | undefined
      this.client
        .send<Response>(url.slice(base.length - 1), {
          method: 'GET',
          requestKey: null,
          timeout: 0,
          ...options,
          retry: 0,
          // None of our own: browsers need not ask the server whether they may send them.
          headers: { Authorization: '', 'Content-Type': '', ...options?.headers },
          // The call goes on until the last byte has been read.
          [reads]: async (response, onBytes) => {
            const { readable, writable } = new TransformStream({
              start: (controller) => {
                ours = controller
              },
              transform: (bytes, controller) => {
                onBytes()
                controller.enqueue(bytes)
              },
            })
            resolve(response.body ? withBody(response, readable) : response)
            // Not to end with the error that the platform has, but with that of the call.
            await response.body?.pipeTo(writable, { preventAbort: true })
          },
        })
        .catch((thrown: unknown) => {
          const error = thrown as Error
          reject(error)
          ours?.error(error)
        })
    })
  }

  /** One request for all who ask meanwhile. */
  private async tokenOf(owner: string): Promise<string> {
    const { known } = this
    const isGood = known?.token === undefined || !isTokenExpired(known.token, spareSeconds)
    if (known?.owner === owner && isGood) return known.asked
    const next: KnownToken = { owner, asked: this.getToken({ requestKey: null }) }
    this.known = next
    const note = (token: string): void => {
      next.token = token
    }
    next.asked.then(note, () => note(''))
    return next.asked
  }
}
