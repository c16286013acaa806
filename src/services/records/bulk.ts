import { isClientResponseError } from '../../core/errors.ts'
import type { ClientResponseError } from '../../core/errors.ts'
import type { Filter } from '../../core/filter.ts'
import type { SendOptions } from '../../core/options.ts'
import type { BulkOptions, BulkProgress } from '../options.ts'
import { join, maxPerPage, walkByKey } from '../walk.ts'
import type { Row } from '../walk.ts'
import type { RecordService } from './index.ts'

/**
 * Acts on every record that matches, while they are listed by their ids.
 *
 * @param isBlind - the ids alone will do.
 * @param act - resolves with nothing for a record that it leaves alone.
 */
export async function bulk(
  service: RecordService<any>,
  filter: string | Filter,
  given: BulkOptions | undefined,
  isBlind: boolean,
  act: (row: Row, options: SendOptions) => Promise<unknown>,
): Promise<BulkProgress> {
  const { concurrency = 4, batch = maxPerPage, dryRun, onProgress, onError, ...own } = given ?? {}
  const { fields, expand, ...options } = { ...own, requestKey: null }
  if (!(concurrency >= 1)) throw new TypeError(`concurrency is ${concurrency}; pass 1 or more.`)
  const { parts = [filter] } = (filter ?? {}) as { parts?: readonly unknown[] }
  if (!parts.join('').trim()) throw new TypeError(`The filter is empty; 'id != ""' matches all.`)

  const tally = { done: 0, skipped: 0, failed: 0, total: await service.count(filter, options) }
  if (dryRun) return tally
  let failure: unknown
  const one = async (row: Row): Promise<void> => {
    const id: string = row['id']
    try {
      tally[(await act(row, options)) ? 'done' : 'skipped']++
    } catch (error) {
      const { status, isAbort } = error as ClientResponseError
      const same = join(['id = ', ''], id) as unknown as Filter
      if (status === 404 && (await service.count(same, options).catch(() => 1)) === 0) {
        tally.skipped++
      } else {
        tally.failed++
        if (!onError || isAbort) throw error
        onError(error as ClientResponseError, id)
      }
    }
    onProgress?.({ ...tally })
  }
  const listed = isBlind ? { fields: 'id' } : { fields: fields && `${fields},id`, expand }
  try {
    for await (const rows of walkByKey(service, batch, { ...options, ...listed, filter })) {
      const queue = rows.values()
      const lane = async (): Promise<void> => {
        for (const row of queue) {
          if (failure) return
          await one(row).catch((error: unknown) => (failure ??= error))
        }
      }
      await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, lane))
      if (failure) throw failure as Error
    }
  } catch (error) {
    if (isClientResponseError(error)) error.hint = `${tally.done} of ${tally.total} were done.`
    throw error
  }
  return tally
}
