import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root, sources } from './readme.ts'

/** The compilers that users have, by the name of their package here. */
export const compilers = { '5.9': 'typescript-5.9', '7': 'typescript' } as const

/** One of {@link compilers}. */
export type Compiler = keyof typeof compilers

/** An error that a compiler reports. */
export interface CompileError {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** With the lines that explain it. */
  readonly message: string
}

/** How a strict project compiles, the package's name leading to its sources. */
export const strictOptions = {
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable', 'esnext.disposable'],
  types: [] as string[],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  // Of those that take a client, it must be the same.
  paths: Object.fromEntries(
    ['', '/analytics', '/opentelemetry'].map((subpath) => {
      const name = `pocketbase-typescript${subpath}`
      return [name, [sources[name]!]]
    }),
  ),
}

/** A folder in the project, for code that imports what the project has. It is removed at the end of the `using` block. */
export function codeFolder(files: { readonly [name: string]: string }, options: object = {}) {
  mkdirSync(join(root, 'temp'), { recursive: true })
  const folder = mkdtempSync(join(root, 'temp/code-'))
  const config = { compilerOptions: { ...strictOptions, ...options }, files: Object.keys(files) }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code)
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

/** Compiles files; those of the project can be imported from `../../src` and the like. */
export async function compile(
  compiler: Compiler,
  files: { readonly [name: string]: string },
  options?: object,
): Promise<CompileError[]> {
  using code = codeFolder(files, options)
  const output = await new Promise<string>((done) => {
    const args = [compilerPath(compiler), '-p', code.folder, '--pretty', 'false']
    execFile(process.execPath, args, { cwd: code.folder }, (_error, stdout, stderr) => {
      done(stdout + stderr)
    })
  })
  const errors = output.split(/^(?=\S)/m).filter((text) => text.trim())
  return errors.map((text) => {
    const [, file, line, message] = /^(\S+)\((\d+),\d+\): (.*)/s.exec(text) ?? []
    return { file: file ?? '', line: Number(line), message: (message ?? text).trim() }
  })
}

/** The path of a compiler, for Node to run. */
export function compilerPath(compiler: Compiler): string {
  return join(root, 'node_modules', compilers[compiler], 'bin/tsc')
}
