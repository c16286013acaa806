import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** What stays the core's: errors and stores. */
export const sharedFiles = /(^|\/)(core\/errors|auth\/[\w-]+)(\.d)?\.ts$/

const specifier = /(?<=\bfrom '|\bimport\(')(\.[^']+)(?=')/g

/**
 * Writes the declarations of the blocking client from those of the client: `Promise<T>` becomes `T`, asynchronous iterators become
 * synchronous ones, and `await` goes from examples. Files in which that changes nothing are not written again: their types are the same.
 *
 * @param dist - with the declarations of all sources; those of `sync` are replaced.
 * @returns the names of the methods that returned promises.
 */
export function writeSyncDeclarations(dist: string): string[] {
  const texts = new Map<string, string>()
  read(dist, 'index.d.ts', texts)
  const changed = changedFiles(texts)
  const methods = new Set<string>()
  const own = ['types.d.ts', 'types.d.ts.map'].map((name) => {
    const path = join(dist, 'sync', name)
    return { path, text: readFileSync(path, 'utf8') }
  })
  rmSync(join(dist, 'sync'), { recursive: true, force: true })
  mkdirSync(join(dist, 'sync'))
  for (const { path, text } of own) writeFileSync(path, text)
  for (const file of changed) {
    const text = texts.get(file)!
    for (const name of promisingMethods(text)) methods.add(name)
    const target = join(dist, 'sync', file)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(
      target,
      ownTypes(file, withoutPromises(text)).replace(specifier, (path) => {
        const other = resolved(file, path)
        if (other === 'types.d.ts') return path
        if (changed.has(other)) return path
        const from = relative(dirname(target), join(dist, other)).replaceAll('\\', '/')
        return from.replace(/\.d\.ts$/, '.ts')
      }),
    )
    // No line has moved.
    const map = JSON.parse(readFileSync(join(dist, `${file}.map`), 'utf8')) as { sources: string[] }
    map.sources = map.sources.map((source) =>
      relative(dirname(target), join(dist, dirname(file), source)).replaceAll('\\', '/'),
    )
    writeFileSync(`${target}.map`, JSON.stringify(map))
  }
  return [...methods].sort()
}

/** Reads a file and those that it imports. */
function read(dist: string, file: string, texts: Map<string, string>): void {
  if (texts.has(file)) return
  const text = readFileSync(join(dist, file), 'utf8')
  texts.set(file, text)
  for (const other of imports(file, text)) read(dist, other, texts)
}

function imports(file: string, text: string): string[] {
  return Array.from(text.matchAll(specifier), ([path]) => resolved(file, path))
}

function resolved(file: string, path: string): string {
  return join(dirname(file), path)
    .replaceAll('\\', '/')
    .replace(/(\.d)?\.ts$/, '.d.ts')
}

/** Those where something changes, and those that import from them. */
function changedFiles(texts: ReadonlyMap<string, string>): Set<string> {
  const changed = new Set<string>()
  for (let size = -1; size < changed.size;) {
    size = changed.size
    for (const [file, text] of texts) {
      if (sharedFiles.test(file)) continue
      const isChanged = withoutPromises(text) !== text
      if (isChanged || imports(file, text).some((other) => changed.has(other))) changed.add(file)
    }
  }
  return changed
}

function withoutPromises(text: string): string {
  let result = text
    .replace(
      /[^\n]*\n(export type FetchFunction = )[^;]+/,
      '/** Nothing: the blocking client sends by itself. */\n$1never',
    )
    .replace(', PocketBase as AsyncPocketBase', '')
    .replace(/\bAsync(Generator|Iterable|Iterator|IterableIterator)\b(?=<)/g, '$1')
    .replaceAll('Symbol.asyncIterator', 'Symbol.iterator')
    .replaceAll('Symbol.asyncDispose', 'Symbol.dispose')
    // In comments.
    .replaceAll('`for await`', '`for … of`')
    .replace(/\b(for|await) (await|using)\b/g, (_, first: string, second: string) =>
      first === 'for' ? first : second,
    )
    .replace(/^( +\* .*?)\bawait /gm, '$1')
    .replace(/\basync (?=\()/g, '')
    .replaceAll('Never rejects', 'Never throws')
    .replaceAll('Rejects when', 'Throws when')
    .replaceAll('what it returns resolves when', 'it returns when')
    .replaceAll('which then rejects with', 'which then throws')
  for (let at = result.search(promise); at >= 0; at = result.search(promise)) {
    const open = result.indexOf('<', at)
    const end = closing(result, open)
    const before = result.slice(0, at)
    const inner = result.slice(open + 1, end - 1)
    const after = result.slice(end)
    // Beside what it stands for: `A | Promise<A>`.
    const isSaid = before.endsWith(`${inner} | `)
    const needsParentheses = /[|&?]|=>/.test(inner) && /^(\[|\s*&)/.test(after)
    result = isSaid
      ? before.slice(0, -' | '.length) + after
      : before + (needsParentheses ? `(${inner})` : inner) + after
  }
  return result
}

/** The types of `src/sync/types.ts`. */
function ownTypes(file: string, text: string): string {
  const path = file.includes('/') ? '../'.repeat(file.split('/').length - 1) : './'
  const named = text.replace(
    /(?<=: |=> |<|\| )Response\b/g,
    `import('${path}types.ts').BlockingResponse`,
  )
  if (file !== 'index.d.ts') return named
  const exported = "export type { BlockingBody, BlockingResponse } from './types.ts';"
  return named.replace(/(?=\/\/# sourceMappingURL)/, `${exported}\n`)
}

const promise = /\bPromise(Like)?</

/** The names of methods whose result is a promise. */
function promisingMethods(text: string): string[] {
  return Array.from(text.matchAll(/^ {4}(\w+)(?=[<(])/gm)).flatMap(
    ({ 0: whole, 1: name, index }) => {
      let at = index + whole.length
      while (/[<(]/.test(text.charAt(at))) at = closing(text, at)
      return text.startsWith(': Promise<', at) ? [name!] : []
    },
  )
}

/** Where a bracket at `start` has been closed. */
function closing(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at)
    if (/[<([{]/.test(char)) depth++
    if (/[>)\]}]/.test(char) && !text.startsWith('=>', at - 1)) depth--
    if (depth === 0) return at + 1
  }
  throw new Error(`A bracket is left open: ${text.slice(start, start + 100)}`)
}
