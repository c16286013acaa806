import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { installFolder } from '../../scripts/install-folder.ts'
import { codeFolder, compilerPath } from '../../test/support/compilers.ts'
import type { Compiler } from '../../test/support/compilers.ts'
import { callProgram, clientProgram, otherProgram } from './load.ts'
import type { Program } from './load.ts'

const root = resolve(import.meta.dirname, '../..')
const others = join(import.meta.dirname, 'pocketbase-ts')

/** What a compiler says of its own work. */
export interface Cost {
  readonly instantiations: number
  readonly types: number
  /** The least of several runs. */
  readonly checkSeconds: number
  readonly memoryMB: number
}

/** A program, and what it costs both compilers. */
export interface TypesRow {
  readonly what: string
  readonly older: Cost
  readonly newer: Cost
  /** Whether the limits are for this one. */
  readonly isLimited?: boolean
}

/** Compiles programs of 50 and of 200 collections, as users do: against the built declarations. */
export function measureTypes(): TypesRow[] {
  // It wants an older official client than the project has, so it has a lockfile of its own.
  installFolder(others, ['--ignore-scripts'])
  const base = measured('makes the client of 50 collections, no call', clientProgram(50), 8)
  return [
    base,
    {
      ...measured('50 collections, 200 calls in 20 files', callProgram(50, 200), 8),
      isLimited: true,
    },
    measured('50 collections, 800 calls in 80 files', callProgram(50, 800), 2),
    measured('200 collections, 200 calls', callProgram(200, 200), 2),
    measured('pocketbase-ts, 50 collections, 200 calls', otherProgram(50, 200), 2),
    measured('pocketbase-ts, 200 collections, 200 calls', otherProgram(200, 200), 1),
  ]
}

function measured(what: string, program: Program, rounds: number): TypesRow {
  const dist = join(root, 'dist/index.d.ts')
  using code = codeFolder(program, { paths: { 'pocketbase-typescript': [dist] } })
  symlinkSync(join(others, 'node_modules'), join(code.folder, 'node_modules'))
  return {
    what,
    older: costOf('5.9', code.folder, rounds),
    newer: costOf('7', code.folder, rounds),
  }
}

function costOf(compiler: Compiler, folder: string, rounds: number): Cost {
  const runs = Array.from({ length: rounds }, () => compileOnce(compiler, folder))
  return { ...runs[0]!, checkSeconds: Math.min(...runs.map(({ checkSeconds }) => checkSeconds)) }
}

function compileOnce(compiler: Compiler, folder: string): Cost {
  // By itself TypeScript 7 checks with several checkers, each of which counts what it shares with the others.
  const one = compiler === '7' ? ['--singleThreaded'] : []
  const flags = ['-p', folder, '--extendedDiagnostics', ...one]
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--max-old-space-size=4096', compilerPath(compiler), ...flags],
    { encoding: 'utf8' },
  )
  // A program that does not compile measures nothing.
  if (status !== 0) throw new Error(`TypeScript ${compiler} says:\n${stdout.slice(0, 2000)}`)
  const figure = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout)![1])
  return {
    instantiations: figure('Instantiations'),
    types: figure('Types'),
    checkSeconds: figure('Check time'),
    memoryMB: figure('Memory used') / 1000,
  }
}
