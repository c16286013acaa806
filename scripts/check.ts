/**
 * Runs the fast checks: all of them, or those named on the command line (`node scripts/check.ts lint size`).
 * One line each when all is well; the tool's own output and a way out when not.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { styleText } from 'node:util'

interface Check {
  /** Shell commands, run in order until one fails. */
  readonly commands: readonly string[]
  /** What to do when it fails. */
  readonly wayOut: string
  /** Reads `dist`, so the build comes first. */
  readonly needsBuild?: boolean
}

const checks: Readonly<Record<string, Check>> = {
  types: {
    commands: [
      'tsc -p tsconfig.json',
      'tsc -p tsconfig.core.json',
      'tsc -p hooks/tsconfig.json',
      'tsc -p hooks/dashboard/page/tsconfig.json',
      'tsc -p tsconfig.dist.json',
    ],
    wayOut:
      'a node: import or a Node type reported by tsconfig.core.json belongs in src/node; what hooks/vm.d.ts lacks may be missing in old servers',
    // The examples import the package by its name, which resolves to the built declarations.
    needsBuild: true,
  },
  lint: {
    commands: ['oxlint --format=unix'],
    wayOut: 'npm run lint -- --fix mends many; a rule and its reason are in .oxlintrc.json',
    // Type-aware rules read the types of the examples' imports too.
    needsBuild: true,
  },
  format: {
    commands: ['oxfmt --check'],
    wayOut: 'npm run format',
  },
  unused: {
    commands: ['knip --no-progress --treat-config-hints-as-errors'],
    wayOut: 'remove what is unused, or name the new entry file in knip.json',
  },
  api: {
    commands: ['node scripts/api-report.ts'],
    wayOut:
      'comments and exports are mended in src; for a change that is meant: npm run api, and commit etc',
    needsBuild: true,
  },
  package: {
    commands: ['node scripts/tarball.ts'],
    wayOut: 'exports and files in package.json, or the bundles in scripts/build.ts',
    needsBuild: true,
  },
  migration: {
    commands: ['node scripts/migration.ts'],
    wayOut:
      'a member of the official client that differs needs a reason in scripts/migration-notes.ts',
    needsBuild: true,
  },
  size: {
    commands: ['size-limit'],
    wayOut: 'npx size-limit shows all sizes; raise a limit in .size-limit.js only with a reason',
    needsBuild: true,
  },
}

const build: Check = { commands: ['node scripts/build.ts'], wayOut: 'mend what tsc reports' }

const root = resolve(import.meta.dirname, '..')

if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `This is Node ${process.versions.node}; the tools need the project's own Node 24.\n` +
      'Run them by `npm run`, after an `npm ci` without --ignore-scripts.',
  )
  process.exit(1)
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(checks, name))
if (unknown.length > 0) {
  console.error(
    `No check is called ${unknown.join(', ')}. There are: ${Object.keys(checks).join(', ')}`,
  )
  process.exit(1)
}
const selected = Object.entries(checks).filter(
  ([name]) => named.length === 0 || named.includes(name),
)

const startedAt = performance.now()
const failed: string[] = []

const built = selected.some(([, check]) => check.needsBuild) ? await run('build', build) : true
const runnable = selected.filter(([, check]) => built || !check.needsBuild)
await inParallel(runnable, async ([name, check]) => {
  await run(name, check)
})

if (failed.length > 0) {
  const skipped = selected.length - runnable.length
  console.log(
    `\n${styleText('red', `Failed: ${failed.join(', ')}`)}` +
      (skipped > 0 ? ` (${skipped} checks need the build and were not run)` : ''),
  )
  process.exit(1)
}
console.log(`\n${styleText('green', 'All checks passed')} in ${secondsSince(startedAt)}`)

/** Runs one check and prints its line. Resolves with whether it passed. */
async function run(name: string, check: Check): Promise<boolean> {
  const checkStartedAt = performance.now()
  for (const command of check.commands) {
    const { exitCode, output } = await shell(command)
    if (exitCode === 0) continue
    failed.push(name)
    console.log(
      `${styleText('red', '✗')} ${name.padEnd(8)} ${secondsSince(checkStartedAt)}  ${command}\n\n` +
        `${output.trim()}\n\n` +
        `  ${styleText('yellow', 'Way out:')} ${check.wayOut}\n`,
    )
    return false
  }
  console.log(`${styleText('green', '✓')} ${name.padEnd(8)} ${secondsSince(checkStartedAt)}`)
  return true
}

function shell(command: string): Promise<{ exitCode: number; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(command, { cwd: root, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', fail)
    child.on('close', (exitCode) => done({ exitCode: exitCode ?? 1, output }))
  })
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker))
}

function secondsSince(time: number): string {
  return `${((performance.now() - time) / 1000).toFixed(1)} s`
}
