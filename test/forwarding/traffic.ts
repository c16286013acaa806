/** Events of one request. */
export interface Batch {
  readonly userAgent: string
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

const dayMs = 86_400_000

const userAgents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  'curl/8.5.0',
]
const paths = ['/', '/pricing', '/docs/a', '/docs/b', "/it's", '/über/straße', '/a?b=1#c', '/x/']
const referrers = [
  'https://www.google.com/search?q=x',
  'https://news.example.org/a',
  'https://t.example/',
  'http://localhost:3000/here',
]

/**
 * A month of visits, as batches. Sessions last over midnight, come again on other days and with other browsers; events come late,
 * twice, at the same millisecond, with an id and without.
 */
export function visits(random: (limit: number) => number, count: number, name: string): Batch[] {
  const now = Date.now()
  const pick = <T>(values: readonly T[]): T => values[random(values.length)]!
  const sessions = Array.from({ length: Math.ceil(count / 8) }, (_, index) => ({
    sid: `${name}-${index}`,
    // Some within an hour around a midnight.
    start:
      random(4) === 0
        ? Math.floor(now / dayMs - random(28)) * dayMs - random(3_600_000)
        : now - random(29 * dayMs),
  }))
  const events = Array.from({ length: count }, (_, index) => {
    const { sid, start } = pick(sessions)
    // Whole minutes make equal times likely.
    const sinceStart = random(60) * 60_000 + (random(20) === 0 ? random(5) * dayMs : 0)
    return {
      event: random(4) === 0 ? pick(['click', 'sign_up', 'play "it"']) : 'page_view',
      sid,
      path: pick(paths),
      ts: Math.min(start + sinceStart, now),
      ...(random(3) === 0 ? {} : { id: `${name}-event-${index}` }),
      ...(random(3) === 0 ? { referrer: pick(referrers) } : {}),
      ...(random(5) === 0 ? { props: { plan: 'ü"\\', nested: { n: random(9) } } } : {}),
      ...(random(5) === 0 ? { perf_ms: random(3000), title: 'A “title”\nof two lines' } : {}),
      ...(random(5) === 0 ? { uid: `u${random(9)}`, lang: 'de-DE', query: 'a=b&c=%20' } : {}),
    }
  })
  const batches: Batch[] = []
  for (let from = 0; from < count; from += 200) {
    const doubled = events.slice(Math.max(0, from - 100), from).filter((event) => 'id' in event)
    const sent = [...events.slice(from, from + 200), ...doubled]
    batches.push({ userAgent: pick(userAgents), events: sent })
  }
  return batches
}

/** Sends them, one batch after the other. */
export async function send(url: string, batches: readonly Batch[]): Promise<void> {
  for (const { userAgent, events } of batches) {
    const response = await fetch(`${url}/api/analytics/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': userAgent },
      body: JSON.stringify({ events }),
    })
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
    await response.body?.cancel()
  }
}

/** Requests of every kind that leaves a span: answered and failed, with a trace of their own and in the middle of one. */
export async function makeRequests(url: string, token: string, count: number): Promise<void> {
  const authorization = token
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const kinds: [path: string, headers: Record<string, string>][] = [
    ['/api/health', {}],
    ['/api/health?a=1&token=hidden', { traceparent }],
    ['/api/collections/users/records?filter=(id=%22ü%22)', { authorization }],
    ['/api/collections/users/records/missing', { authorization }],
    ['/api/collections', {}],
    ['/fails/42', { traceparent }],
    ['/no/such/page', {}],
  ]
  for (let index = 0; index < count; index += 1) {
    const [path, headers] = kinds[index % kinds.length]!
    const response = await fetch(url + path, { headers })
    await response.body?.cancel()
  }
}
