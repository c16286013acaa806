import { expects } from '../core/options.ts'
import { path } from '../core/path.ts'
import { withQuery } from '../core/query.ts'
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

/** Files of records. */
export class FileService extends BaseService {
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
}
