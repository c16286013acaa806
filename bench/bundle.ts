import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

import { build } from 'esbuild'

import { official, ours } from './contestants.ts'
import { limits } from './limits.ts'
import type { Row } from './row.ts'
import { ratios } from './statistics.ts'

/** What a browser app loads: minified by esbuild, compressed by brotli 11. */
export async function measureBundles(): Promise<Row[]> {
  const defaultImport = await compare(
    'Bundle of the default import, brotli',
    (from) => `export { default } from ${from}`,
  )
  const everything = await compare(
    'Bundle of everything, brotli',
    (from) => `export * from ${from}`,
  )
  return [{ ...defaultImport, limit: { on: 'ours', max: limits.bundleKB } }, everything]
}

async function compare(what: string, source: (from: string) => string): Promise<Row> {
  const [theirs, own] = await Promise.all(
    [official, ours].map(({ module }) => sizeInKB(source(JSON.stringify(fileURLToPath(module!))))),
  )
  return { what, unit: 'kB', official: theirs!, ours: own!, ratio: ratios([own!], [theirs!]) }
}

async function sizeInKB(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  })
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
  return brotliCompressSync(outputFiles[0]!.contents, { params }).length / 1000
}
