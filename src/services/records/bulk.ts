import { isClientResponseError } from '../../core/errors.ts'
import type { Filter } from '../../core/filter.ts'
import type { SendOptions } from '../../core/options.ts'
import type { BulkOptions, BulkProgress } from '../options.ts'
import { checkBatch, isEmpty, maxPerPage, walkByKey, watchUser } from '../walk.ts'
import type { Row } from '../walk.ts'
import type { RecordService } from './index.ts'

/**
 * Acts on every record that matches, while they are listed by their ids.
 *
 * @param needsRows - `act` looks at more of a record than its id.
 * @param act - resolves with nothing for a record that it leaves alone.
 */
export async function bulk(
  service: RecordService<any>,
  filter: string | Filter,
  given: BulkOptions | undefined,
  needsRows: boolean,
  act: (row: Row, options: SendOptions) => Promise<unknown>,
): Promise<BulkProgress> {
  const {
    concurrency = 4,
    batch = maxPerPage,
    dryRun,
    onProgress,
    onError,
    fields,
    expand,
    ...own
  } = given ?? {}
  const options = { ...own, requestKey: null }
  const where = service.baseCrudPath
  if (!(concurrency >= 1)) {
    throw new TypeError(`${where}: concurrency is ${concurrency}; pass 1 or more.`)
  }
  checkBatch(service, batch)
  if (isEmpty(filter)) throw new TypeError(`${where}: the filter is empty; 'id != ""' matches all.`)

  const checkUser = watchUser(service)
  await checkUser()
  const tally = { done: 0, skipped: 0, failed: 0, total: await service.count(filter, options) }
  if (dryRun) return tally
  const failures: unknown[] = []
  const one = async (row: Row): Promise<void> => {
    const id: string = row['id']
    await checkUser()
    try {
      tally[(await act(row, options)) ? 'done' : 'skipped']++
    } catch (error) {
      // A bug of the caller's own is no failure of a record.
      if (!isClientResponseError(error)) throw error
      // To someone else a record may just be hidden.
      await checkUser()
      const same = service.client.filter`id = ${id}`
      if (error.status === 404 && (await service.count(same, options).catch(() => 1)) === 0) {
        tally.skipped++
      } else {
        tally.failed++
        if (!onError || options.signal?.aborted) throw error
        onError(error, id)
      }
    }
    onProgress?.({ ...tally })
  }
  const listed = needsRows ? { fields: fields && `${fields},id`, expand } : { fields: 'id' }
  try {
    for await (const rows of walkByKey(service, batch, { ...options, ...listed, filter })) {
      const queue = rows.values()
      const lane = async (): Promise<void> => {
        for (const row of queue) {
          if (failures.length > 0) return
          await one(row).catch((error: unknown) => failures.push(error))
        }
      }
      await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, lane))
      if (failures.length > 0) throw failures[0]
    }
  } catch (error) {
    if (isClientResponseError(error)) {
      error.hint = `${error.hint} ${tally.done} of ${tally.total} were done.`.trim()
    }
    throw error
  }
  return tally
}
