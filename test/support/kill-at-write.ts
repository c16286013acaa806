/**
 * Loaded before a program: kills it, as `kill -9` does, at the change of a file whose number KILL_AT says, from 0. KILL_PART is the share of a
 * text that is still written.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const killAt = Number(process.env['KILL_AT'])
const part = Number(process.env['KILL_PART'])
let changes = 0

const write = fs.writeFileSync

for (const name of [
  'mkdirSync',
  'openSync',
  'writeFileSync',
  'fsyncSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
] as const) {
  const original = fs[name] as (...args: unknown[]) => unknown
  const replacement = (...args: unknown[]): unknown => {
    if (changes === killAt) {
      if (name === 'writeFileSync') {
        const text = String(args[1])
        write(args[0] as number, text.slice(0, Math.floor(text.length * part)))
      }
      process.kill(process.pid, 'SIGKILL')
    }
    changes += 1
    return original(...args)
  }
  Object.assign(fs, { [name]: replacement })
}
syncBuiltinESMExports()
