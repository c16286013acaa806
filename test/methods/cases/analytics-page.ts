import assert from 'node:assert/strict'

import { startAnalytics as start } from '../../../src/analytics/index.ts'
import type { Analytics as Collector } from '../../../src/analytics/index.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'

/** Has something collected, and returns what the server has of it: its raw logs of today. */
async function collected(
  { admin, guest }: Context,
  work: (analytics: Collector) => unknown,
): Promise<{ event: string; path: string; uid: string; props: unknown }[]> {
  const before = await rawEvents(admin)
  await work(start(guest(), { flushIntervalMs: 3_600_000 }))
  return (await rawEvents(admin)).slice(before.length)
}

async function rawEvents(admin: Context['admin']): Promise<any[]> {
  const { dates } = await admin.analytics.getRawLogs()
  if (dates.length === 0) return []
  const url = admin.analytics.getRawLogDownloadURL(dates[0]!, await admin.files.getToken())
  const text = await (await admin.files.download(url)).text()
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

function never(ok: Case['ok']): Case {
  return { ok, fails: 'cannot fail: it never throws, and says on the console what went wrong' }
}

export const functions: Cases = {
  startAnalytics: never(async (context) => {
    const events = await collected(context, async (analytics) => analytics.stop())
    assert.deepEqual(events, [])
  }),
}

export const Analytics: Cases = {
  track: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      analytics.track('bought', { things: 2 })
      await analytics.flush()
    })
    assert.deepEqual(
      events.map(({ event, props }) => [event, props]),
      [['bought', { things: 2 }]],
    )
  }),
  page: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      analytics.page('/some/page')
      await analytics.flush()
    })
    assert.deepEqual(
      events.map(({ event, path }) => [event, path]),
      [['page_view', '/some/page']],
    )
  }),
  identify: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      analytics.identify('ada')
      analytics.track('hers')
      analytics.identify(null)
      analytics.track("nobody's")
      await analytics.flush()
    })
    assert.deepEqual(
      new Map(events.map(({ event, uid }) => [event, uid])),
      new Map([
        ['hers', 'ada'],
        ["nobody's", ''],
      ]),
    )
  }),
  flush: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      for (let i = 0; i < 1000; i++) analytics.track('many', { i })
      await analytics.flush()
    })
    assert.equal(events.length, 1000)
  }),
  stop: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      analytics.track('before')
      await analytics.stop()
      analytics.track('after')
      await analytics.flush()
    })
    assert.deepEqual(
      events.map(({ event }) => event),
      ['before'],
    )
  }),
  optOut: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      analytics.track('before')
      analytics.optOut()
      analytics.track('after')
      await analytics.flush()
    })
    assert.deepEqual(events, [])
  }),
  optIn: never(async (context) => {
    const events = await collected(context, async (analytics) => {
      analytics.optOut()
      analytics.optIn()
      analytics.track('again')
      await analytics.flush()
    })
    assert.deepEqual(
      events.map(({ event }) => event),
      ['again'],
    )
  }),
}
