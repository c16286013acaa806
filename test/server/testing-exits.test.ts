import { readdirSync } from 'node:fs'

import { expect, test, vi } from 'vitest'

import { processesMentioning, runScript, temporaryFolder } from '../support/processes.ts'

/** Runs a script that starts a server, and expects that in the end nothing is left of it. */
async function expectCleanEnd(
  text: string,
  { exit, output, act }: { exit: number | string; output?: string; act?: NodeJS.Signals },
): Promise<void> {
  await using folder = await temporaryFolder()
  const script = runScript(text, { TMPDIR: folder.path })
  if (act) {
    await vi.waitFor(() => expect(script.output()).toContain('ready'), 20_000)
    expect(processesMentioning(folder.path)).not.toHaveLength(0)
    script.child.kill(act)
  }
  expect(await script.ended, script.output()).toBe(exit)
  if (output) expect(script.output()).toContain(output)
  await vi.waitFor(() => {
    expect(processesMentioning(folder.path)).toEqual([])
    expect(readdirSync(folder.path)).toEqual([])
  }, 20_000)
}

const start = `
const server = await startPocketBase()
console.log('ready')
`
const stayAlive = 'setInterval(() => {}, 1000)\n'

test('a script that forgets to stop its server still ends, and the server with it', async () => {
  await expectCleanEnd(start, { exit: 0, output: 'ready' })
})

test('process.exit keeps its code', async () => {
  await expectCleanEnd(`${start} process.exit(3)`, { exit: 3 })
})

test('an uncaught error is reported as usual', async () => {
  const script = `${start} ${stayAlive} setTimeout(() => { throw new Error('uncaught here') })`
  await expectCleanEnd(script, { exit: 1, output: 'Error: uncaught here' })
})

test('an unhandled rejection is reported as usual', async () => {
  const script = `${start} ${stayAlive} Promise.reject(new Error('rejected here'))`
  await expectCleanEnd(script, { exit: 1, output: 'Error: rejected here' })
})

test.for(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  '%s ends the parent by that signal, and the server too',
  async (signal) => {
    await expectCleanEnd(start + stayAlive, { exit: signal, act: signal })
  },
)

test("the parent's own signal handler still has a running server", async () => {
  const handler = `
    process.on('SIGINT', async () => {
      console.log((await fetch(server.url + '/api/health')).status, 'in the handler')
      process.exit(7)
    })
  `
  const script = `${start.replace("console.log('ready')", handler)} ${stayAlive} console.log('ready')`
  await expectCleanEnd(script, { exit: 7, output: '200 in the handler', act: 'SIGINT' })
})

test('a parent that is killed while its server starts leaves nothing', async () => {
  await expectCleanEnd(
    `
    import { readdirSync } from 'node:fs'
    startPocketBase().catch(() => {})
    const timer = setInterval(() => {
      const [folder] = readdirSync(process.env.TMPDIR)
      if (folder && readdirSync(process.env.TMPDIR + '/' + folder).includes('pb_data')) {
        process.kill(process.pid, 'SIGKILL')
      }
    })
    `,
    { exit: 'SIGKILL' },
  )
})

test('several servers of one parent all end', async () => {
  const servers = 'await Promise.all([startPocketBase(), startPocketBase(), startPocketBase()])'
  await expectCleanEnd(servers, { exit: 0 })
})

test('no handlers are added to the parent', async () => {
  await expectCleanEnd(
    `
    const events = ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection']
    const count = () => events.map((event) => process.listenerCount(event)).join()
    const before = count()
    await startPocketBase()
    console.log(before === count() ? 'the same handlers' : 'other handlers')
    `,
    { exit: 0, output: 'the same handlers' },
  )
})

test('the watchdog for systems without a shell does the same', async () => {
  const watchdog = new URL('../../src/testing/watchdog.ts', import.meta.url)
  await expectCleanEnd(
    `
    import { spawn } from 'node:child_process'
    import { mkdtempSync } from 'node:fs'
    import { startWatchdog } from '${watchdog}'
    const folder = mkdtempSync(process.env.TMPDIR + '/')
    const idle = ['-e', 'setInterval(() => {}, 1000)', folder]
    const child = spawn(process.execPath, idle, { stdio: 'ignore', detached: true })
    child.unref()
    startWatchdog(folder, 'win32').watch(child.pid)
    `,
    { exit: 0 },
  )
})
