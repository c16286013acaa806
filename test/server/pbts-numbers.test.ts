import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, expect, test, vi } from 'vitest'

import { pbts, pbtsOnTerminal } from '../support/pbts.ts'
import type { Result, TerminalRun } from '../support/pbts.ts'
import { temporaryFolder } from '../support/processes.ts'
import { proxyTo } from '../support/proxy.ts'
import { describeServers } from '../support/server.ts'

const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36'
/** What anybody can send: it would clear the screen, name the window, and turn the writing around. */
const hostile = '/evil\u001B[2J\u001B]0;pwned\u0007\u009B31m\u202Eend'
const long = `/${'long/'.repeat(50)}end`
const traceId = '0af7651916cd43dd8448eb211c80319c'
const oneSpanId = 'b7ad6b7169203331'

describeServers(
  'pbts with a server that has the pack',
  (pb) => {
    let env: Record<string, string>
    let password: string
    let today: string

    beforeAll(async () => {
      const { email } = pb.server.superuser!
      ;({ password } = pb.server.superuser!)
      env = { PB_URL: pb.url, PB_SUPERUSER_EMAIL: email, PB_SUPERUSER_PASSWORD: password }
      const views: [sid: string, path: string][] = [
        ['a', '/'],
        ['a', '/pricing'],
        ['b', '/'],
        ['c', '/'],
        ['c', hostile],
        ['d', long],
      ]
      await pb.admin.analytics.trackEvents(
        views.map(([sid, path]) => ({
          event: 'page_view',
          sid,
          path,
          referrer: 'https://search.test/?q=x',
        })),
        { headers: { 'User-Agent': browser } },
      )
      ;({ endDate: today } = await pb.admin.analytics.getStats('today'))
      const headers = { traceparent: `00-${traceId}-${oneSpanId}-01` }
      await pb.guest().health.check({ headers })
      await pb
        .guest()
        .send('/api/nothing', { headers })
        .catch(() => undefined)
    })

    const run = async (...args: string[]): Promise<Result> => {
      const result = await pbts(args, { env })
      expect(result.stdout + result.stderr).not.toContain(password)
      return result
    }
    const results = async (...args: string[]): Promise<string> => {
      const { stdout, stderr, exitCode } = await run(...args)
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
      expect(stdout).not.toContain('\u001B')
      return stdout
    }
    const cells = (text: string): string[][] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'))
    const onTerminal = async (columns: number, ...args: string[]): Promise<TerminalRun> => {
      const terminal = pbtsOnTerminal(args, { env, columns })
      expect(await terminal.ended).toBe(0)
      expect(terminal.written()).not.toContain(password)
      expect(await terminal.wrapped()).toBe(false)
      return terminal
    }

    test('in a pipe the numbers are lines with tabs between them', async () => {
      expect(cells(await results('analytics', '--range', 'today'))).toEqual([
        ['date', 'visitors', 'views'],
        [today, '4', '6'],
      ])
      const pages = cells(await results('analytics', 'pages'))
      expect(pages.slice(0, 2)).toEqual([
        ['path', 'visitors', 'views'],
        ['/', '3', '3'],
      ])
      // As long as they are.
      expect(pages.flat()).toContain(long)
      expect(cells(await results('analytics', 'sources'))).toEqual([
        ['source', 'visitors'],
        ['search.test', '4'],
      ])
      expect(cells(await results('analytics', 'devices'))).toEqual([
        ['browser', 'visitors'],
        ['Chrome', '4'],
        [''],
        ['os', 'visitors'],
        ['Windows 10', '4'],
      ])
    })

    test('with --json they are what the client returns', async () => {
      const { analytics } = pb.admin
      const json = async (...args: string[]): Promise<unknown> =>
        JSON.parse(await results(...args, '--json'))
      expect(await json('analytics')).toEqual(await analytics.getStats())
      expect(await json('analytics', 'pages', '-r', '30d', '-n', '2')).toEqual(
        await analytics.getTopPages('30d', 2),
      )
      expect(await json('analytics', 'sources')).toEqual(await analytics.getTopSources())
      expect(await json('analytics', 'devices')).toEqual(await analytics.getDevices())
      expect(await json('analytics', 'logs')).toEqual(await analytics.getRawLogs())
      expect(await json('traces', 'show', traceId)).toEqual(await pb.admin.traces.getTrace(traceId))
    })

    test.each([80, 200])(
      'on a terminal of %d columns they are tables with bars',
      async (columns) => {
        const stats = await onTerminal(columns, 'analytics', '-r', 'today')
        expect((await stats.lines()).join('\n')).toContain('4 visitors · 6 page views')
        const terminal = await onTerminal(columns, 'analytics', 'pages')
        const lines = await terminal.lines()
        const first = lines.find((line) => line.startsWith('/ '))!
        expect(first).toMatch(/^\/ +3 +3 {2}█+$/)
        const second = lines.find((line) => line.startsWith('/pricing'))!
        // A third of the views, a third of the bar, as exact as an eighth of a column.
        const length = (line: string): number => line.split('█').length - 1
        expect(length(second)).toBe(Math.floor(length(first) / 3))
        expect(Math.max(...lines.map(({ length: all }) => all))).toBeLessThanOrEqual(columns)
        expect(lines.some((line) => line.startsWith('/long/long/') && line.includes('…'))).toBe(
          true,
        )
        expect(length(first)).toBeGreaterThan(columns === 80 ? 10 : 40)
      },
    )

    test('what anybody sends does nothing to a terminal', async () => {
      for (const args of [
        ['analytics', 'pages'],
        ['analytics', 'pages', '--json'],
      ]) {
        // JSON is not cut to fit.
        const written = (await onTerminal(1000, ...args)).written()
        expect(written).toContain('/evil')
        // Colours are the only sequences.
        const [first, ...coloured] = written.split('\u001B[')
        expect(coloured.filter((part) => !/^\d+m/.test(part))).toEqual([])
        const rest = [first, ...coloured].join('')
        for (const sign of ['\u001B', '\u0007', '\u009B', '\u202E']) {
          expect(rest).not.toContain(sign)
        }
      }
    })

    test('the events of a day come as lines of JSON, on standard output or in a file', async () => {
      await using folder = await temporaryFolder()
      const lines = (await results('analytics', 'logs', today)).trimEnd().split('\n')
      expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toHaveLength(6)
      const file = join(folder.path, 'day.ndjson')
      const { stdout, exitCode } = await run('analytics', 'logs', today, '-o', file)
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 })
      expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toEqual(lines)
    })

    test('a day whose answer is cut is asked for again, from there on', async () => {
      await using proxy = await proxyTo(pb.url)
      const whole = await results('analytics', 'logs', today)
      const count = whole.split('\n').length
      const isOfLog = (request: string): boolean => request.includes(`raw-logs/${today}`)
      proxy.choose((request) =>
        isOfLog(request) && request.includes('after=0')
          ? { answer: 'reset', after: Math.floor(whole.length * 0.75) }
          : undefined,
      )
      const { stdout, exitCode } = await pbts(['analytics', 'logs', today], {
        env: { ...env, PB_URL: proxy.url },
      })
      expect(exitCode).toBe(0)
      expect(stdout.split('\n')).toHaveLength(count)
      expect(stdout).toBe(whole)
      expect(proxy.requests.filter(isOfLog)).toHaveLength(2)
    })

    test('spans are listed, filtered and ordered', async () => {
      const [names, ...rows] = cells(await results('traces', '--status', 'error', '-n', '500'))
      expect(names).toEqual(['time', 'trace', 'status', 'duration_ms', 'name'])
      expect(rows.map(([, trace, status, , name]) => [trace, status, name])).toContainEqual([
        traceId,
        '404',
        'GET /api/nothing',
      ])
      expect(cells(await results('traces', '--name', 'NOTHING')).slice(1)).toHaveLength(1)
      expect(cells(await results('traces', '--slower-than', '999999')).slice(1)).toEqual([])
      expect(cells(await results('traces', '--since', '2099-01-01')).slice(1)).toEqual([])
      expect(cells(await results('traces', '--since', '1h')).length).toBeGreaterThan(2)
      const took = cells(await results('traces', '--order', 'duration'))
        .slice(1)
        .map((row) => Number(row[3]))
      expect(took).toEqual(took.toSorted((a, b) => b - a))
      const lines = await (await onTerminal(80, 'traces', '--name', 'nothing')).lines()
      expect(lines.join('\n')).toContain(`${traceId}     404`)
    })

    test('a trace is a waterfall, and one that is not there is 5', async () => {
      const [names, ...rows] = cells(await results('traces', 'show', traceId))
      expect(names).toEqual(['name', 'depth', 'start_ms', 'duration_ms', 'status', 'span'])
      expect(rows.map(([name, depth]) => [name, depth])).toEqual([
        ['GET /api/health', '0'],
        ['GET /api/nothing', '0'],
      ])
      const lines = await (await onTerminal(80, 'traces', 'show', traceId)).lines()
      expect(lines[0]).toBe(`trace ${traceId}`)
      expect(lines[1]).toMatch(/ · 2 spans · .*s · 1 failed$/)
      const [health, nothing] = ['/api/health', '/api/nothing'].map((path) =>
        lines.find((line) => line.includes(path))!,
      )
      // The second begins after the first.
      expect(nothing!.indexOf('━')).toBeGreaterThan(health!.indexOf('━'))
      const missing = await run('traces', 'show', 'f'.repeat(32))
      expect(missing).toMatchObject({ stdout: '', exitCode: 5 })
    })

    test('routes have percentiles', async () => {
      const [names, ...rows] = cells(await results('traces', 'routes'))
      expect(names).toEqual(['route', 'count', 'errors', 'p50_ms', 'p95_ms', 'p99_ms'])
      const health = rows.find(([route]) => route === 'GET /api/health')!
      expect(Number(health[1])).toBeGreaterThan(0)
      expect(Number(health[5])).toBeGreaterThanOrEqual(Number(health[3]))
      await onTerminal(80, 'traces', 'routes')
    })

    test('a trace is deleted', async () => {
      const own = 'c'.repeat(32)
      const headers = { traceparent: `00-${own}-${oneSpanId}-01` }
      await pb.guest().health.check({ headers })
      expect(await results('traces', 'delete', own)).toBe(`Deleted the trace ${own}.\n`)
      expect(await pb.admin.traces.getTrace(own)).toEqual([])
    })

    test('users are dyed, listed and taken off the list', async () => {
      await results('traces', 'dyed', 'add', 'user1', '--for', '15m', '--reason', 'slow')
      const { items } = await pb.admin.traces.listDyedUsers()
      expect(items).toMatchObject([{ userId: 'user1', ttl: 900e9, reason: 'slow' }])
      expect(cells(await results('traces', 'dyed'))[1]).toMatchObject({ 0: 'user1', 3: 'slow' })
      await results('traces', 'dyed', 'remove', 'user1')
      expect(cells(await results('traces', 'dyed', 'list'))).toHaveLength(1)
      const lines = await (await onTerminal(80, 'traces', 'dyed')).lines()
      expect(lines.join('\n')).toContain('Nobody is dyed.')
    })

    test('--watch shows in place what has changed, and Ctrl-C ends it with the last numbers', async () => {
      const terminal = pbtsOnTerminal(['analytics', '-r', 'today', '-w', '--interval', '0.2'], {
        env,
      })
      await terminal.sees('4 visitors')
      await pb.guest().analytics.trackEvent('page_view', '/', '', { sid: 'late' })
      await terminal.sees('5 visitors')
      const lines = await terminal.lines()
      expect(lines.filter((line) => line.includes(' visitors ·'))).toHaveLength(1)
      terminal.resize(60, 20)
      await terminal.sees('Ctrl-C ends it')
      terminal.type('\u0003')
      expect(await terminal.ended).toBe(0)
      // The first screen is back, its cursor too.
      expect(terminal.written()).toContain('\u001B[?1049l')
      expect(terminal.written()).toContain('\u001B[?25h')
      expect((await terminal.lines()).join('\n')).toContain('5 visitors')
    })

    test('--watch goes on while the server is away', async () => {
      await using proxy = await proxyTo(pb.url)
      const terminal = pbtsOnTerminal(['traces', 'dyed', 'list'], {
        env: { ...env, PB_URL: proxy.url },
      })
      expect(await terminal.ended).toBe(0)
      const watching = pbtsOnTerminal(['analytics', '-w', '--interval', '0.2'], {
        env: { ...env, PB_URL: proxy.url },
      })
      await watching.sees('visitors')
      proxy.choose(() => ({ arrives: false }))
      await watching.sees('The server does not answer')
      proxy.choose(undefined)
      await watching.sees(/\d visitors/)
      watching.type('\u0003')
      expect(await watching.ended).toBe(0)
    })

    test('--watch --json in a pipe is a line of JSON each time', async () => {
      const watching = pbtsOnTerminal(
        ['analytics', 'sources', '-w', '--interval', '0.1', '--json'],
        { env, columns: 1000 },
      )
      const lines = async (): Promise<string[]> =>
        (await watching.lines()).filter((line) => line !== '')
      await vi.waitFor(async () => expect((await lines()).length).toBeGreaterThan(2), 15_000)
      watching.type('\u0003')
      expect(await watching.ended).toBe(0)
      const [first] = await lines()
      expect(JSON.parse(first!)).toEqual(await pb.admin.analytics.getTopSources())
    })

    test('a wrong password, a token that is none and a user are refused with 4', async () => {
      for (const own of [
        { PB_SUPERUSER_PASSWORD: 'wrong-password' },
        { PB_TOKEN: 'not-a-token' },
      ]) {
        const { stdout, stderr, exitCode } = await pbts(['analytics'], { env: { ...env, ...own } })
        expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 4 })
        expect(stderr).not.toMatch(/wrong-password|not-a-token/)
      }
    })

    test('a token is enough', async () => {
      const { stdout, exitCode } = await pbts(['analytics', 'sources'], {
        env: { PB_URL: pb.url, PB_TOKEN: pb.admin.authStore.token },
      })
      expect({ exitCode, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, lines: 3 })
    })

    test('a password that is typed is right, and nowhere to be seen', async () => {
      const terminal = pbtsOnTerminal(['analytics', 'sources'], {
        env: { PB_URL: pb.url, PB_SUPERUSER_EMAIL: env['PB_SUPERUSER_EMAIL']! },
      })
      await terminal.sees('Password')
      terminal.type(`${password}\r`)
      expect(await terminal.ended).toBe(0)
      await terminal.sees('search.test')
      expect(terminal.written()).not.toContain(password)
    })
  },
  { pack: true, env: { PB_TRACE_MODE: 'full', PB_ANALYTICS_RATE_LIMIT: '0' } },
)

describeServers('pbts with a server that has no pack', (pb) => {
  let env: Record<string, string>

  beforeAll(() => {
    env = { PB_URL: pb.url, PB_TOKEN: pb.admin.authStore.token }
  })

  test.each([
    ['analytics'],
    ['analytics pages'],
    ['analytics logs'],
    ['analytics logs 2026-01-31'],
    ['traces'],
    ['traces routes'],
    ['traces dyed'],
    ['hooks status'],
  ])('%s is 5 and says how to install it', async (command) => {
    const { stderr, exitCode } = await pbts(command.split(' '), { env })
    expect(exitCode).toBe(5)
    expect(stderr).toContain('npx pbts hooks install')
  })
})
