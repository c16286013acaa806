import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const markers = /(<!-- bench -->\n).*(\n<!-- \/bench -->)/s

/** Replaces what stands between the README's markers. Returns whether it has markers. */
export function writeReadme(text: string): boolean {
  const file = resolve(import.meta.dirname, '../README.md')
  const readme = readFileSync(file, { encoding: 'utf8', flag: 'a+' })
  if (!markers.test(readme)) return false
  writeFileSync(
    file,
    readme.replace(markers, (_, begin: string, end: string) => begin + text + end),
  )
  return true
}
