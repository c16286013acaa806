import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const markers = /(<!-- bench -->\n).*?(<!-- \/bench -->)/s

/** Replaces what stands between the README's markers. Returns whether it has markers. */
export function writeReadme(text: string): boolean {
  const file = resolve(import.meta.dirname, '../README.md')
  const readme = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (!markers.test(readme)) return false
  const write = (_: string, begin: string, end: string): string => `${begin}\n${text}\n\n${end}`
  writeFileSync(file, readme.replace(markers, write))
  spawnSync(resolve(import.meta.dirname, '../node_modules/.bin/oxfmt'), [file], {
    stdio: 'inherit',
  })
  return true
}
