import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/**
 * A small process of its own that waits for this one to be gone, however it went: by `process.exit`, a
 * signal, an uncaught error, or SIGKILL. It then ends the server and removes its folder. So this package
 * needs no signal or exit handlers, and exit codes and the handlers of others stay as they are.
 */
export interface Watchdog {
  /** Names the server process to end; undefined while there is none. */
  watch(pid: number | undefined): void
  /** Ends the watchdog, and nothing else. */
  dismiss(): Promise<void>
}

/** Starts a watchdog that removes `folder` in the end. */
export function startWatchdog(folder: string, platform: string = process.platform): Watchdog {
  const [command, ...args] =
    platform === 'win32' ? [process.execPath, '-e', nodeProgram] : ['sh', '-c', shellProgram, 'sh']
  const child = spawn(command, [...args, folder], {
    // In a group of its own: Ctrl-C and closed terminals reach the whole group of this process.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  })
  // A system without a shell: servers then outlive a parent that forgets them.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  // Bun's pipes have no such method, and keep no process alive either.
  const input = child.stdin as Writable & Partial<Pick<Socket, 'unref'>>
  input.unref?.()
  return {
    watch: (pid) => input.write(`${pid ?? ''}\n`),
    dismiss: async () => end(child),
  }
}

// Both read process numbers until the pipe closes, which the system does when its writer is gone.

const shellProgram = `
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -TERM "$pid"
  tries=0
  while kill -0 "$pid" && [ $tries -lt 20 ]; do
    # Ended, but not yet taken note of by an init process; some containers have none.
    read -r state < "/proc/$pid/stat"
    case $state in *') Z '*) break ;; esac
    sleep 0.1 || sleep 1
    tries=$((tries + 1))
  done
  kill -KILL "$pid"
fi
rm -rf -- "$1"
`

const nodeProgram = `
let pid = ''
process.stdin.on('data', (data) => { pid = String(data).split('\\n').at(-2) ?? pid })
process.stdin.on('end', () => {
  try { if (pid) process.kill(Number(pid), 'SIGKILL') } catch {}
  require('node:fs').rmSync(process.argv[1], { recursive: true, force: true, maxRetries: 20 })
})
`

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const exited = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  child.kill('SIGKILL')
  await exited
}
