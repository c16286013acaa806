/**
 * Compares the public API of every entry point with its report in `etc/`, so that no change to it goes
 * unseen. `--update` writes the reports anew.
 *
 * Also an error: a public name without a doc comment, and a type that appears in a public signature but is not
 * exported.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

import {
  Extractor,
  ExtractorConfig,
  type ExtractorMessage,
  ExtractorLogLevel,
  ExtractorMessageCategory,
} from '@microsoft/api-extractor'

import { entryPoints } from './entry-points.ts'

const root = resolve(import.meta.dirname, '..')
const reportFolder = join(root, 'etc')
const freshFolder = join(root, 'temp')
const update = process.argv.includes('--update')

mkdirSync(reportFolder, { recursive: true })
mkdirSync(freshFolder, { recursive: true })

let coreNames = new Set<string>()
let complaints = 0

for (const { subpath, declarations, isAlias } of entryPoints(root)) {
  if (isAlias) continue
  const name = subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')
  if (!existsSync(declarations)) {
    complain(`${relative(root, declarations)} is missing: npm run build`)
    continue
  }
  report(name, declarations)
  // The core comes first, so its names are known when the entry points that stand on it are read.
  if (name === 'index') coreNames = exportedNames(join(freshFolder, 'index.api.md'))
}
process.exitCode = complaints > 0 ? 1 : 0

function report(name: string, declarations: string): void {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: compilerSettings(declarations) },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder,
        reportTempFolder: freshFolder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          'ae-undocumented': { logLevel: ExtractorLogLevel.Error },
          // The compiler, editors and typedoc find `{@link member}` from inside its class; this tool does not.
          'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
          // Everything that is exported is public.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
  })

  const result = Extractor.invoke(config, {
    localBuild: update,
    messageCallback: (message) => {
      heard(name, message)
    },
  })
  if (result.apiReportChanged) reportChanged(name)
}

function heard(name: string, message: ExtractorMessage): void {
  // Progress and the tool's own words on a changed report: this script says it in one line, with the difference.
  const isFinding = message.category !== ExtractorMessageCategory.Console
  if (
    isFinding &&
    (isCoreName(name, message) || isPrivateAlias(message) || isDocumentedElsewhere(message))
  ) {
    message.logLevel = ExtractorLogLevel.None
  }
  if (isFinding && message.logLevel === ExtractorLogLevel.Error) {
    const { sourceFilePath, sourceFileLine, text, messageId } = message
    const place = sourceFilePath
      ? `${relative(root, sourceFilePath)}:${sourceFileLine ?? 0}`
      : `${name}.api.md`
    complain(`${place}: ${text} (${messageId})`)
  }
  message.handled = true
}

/** A subpath may speak of the core's types; they are exported, only not from there. */
function isCoreName(name: string, message: ExtractorMessage): boolean {
  if (name === 'index' || message.messageId !== 'ae-forgotten-export') return false
  const symbol = /symbol "(\w+)"/.exec(message.text)?.[1]
  return symbol !== undefined && coreNames.has(symbol)
}

/** A type alias that its file keeps to itself only builds the public one beside it: compilers write what it stands for. */
function isPrivateAlias({ messageId, sourceFilePath, text }: ExtractorMessage): boolean {
  if (messageId !== 'ae-forgotten-export' || sourceFilePath === undefined) return false
  // Where two files use one name, the tool calls the second `Name_2`.
  const symbol = /symbol "(\w+?)(_\d+)?"/.exec(text)?.[1]
  return new RegExp(`^type ${symbol}\\b`, 'm').test(readFileSync(sourceFilePath, 'utf8'))
}

/** A member that overrides another inherits its comment; an index signature belongs to its interface's. */
function isDocumentedElsewhere({
  messageId,
  sourceFilePath,
  sourceFileLine,
  text,
}: ExtractorMessage): boolean {
  if (messageId !== 'ae-undocumented') return false
  if (text.includes('"__index"')) return true
  if (sourceFilePath === undefined || sourceFileLine === undefined) return false
  const line = readFileSync(sourceFilePath, 'utf8').split('\n')[sourceFileLine - 1]
  return line !== undefined && /\boverride\b/.test(line)
}

function exportedNames(reportFile: string): Set<string> {
  const text = readFileSync(reportFile, 'utf8')
  const declared = text.matchAll(/^export (?:declare )?(?:abstract )?\w+ (\w+)/gm)
  const listed = text.matchAll(/^export \{ (?:\w+ as )?(\w+) \}/gm)
  return new Set([...declared, ...listed].flatMap(([, name]) => (name === undefined ? [] : [name])))
}

function reportChanged(name: string): void {
  const committed = join(reportFolder, `${name}.api.md`)
  if (update) {
    console.log(`${relative(root, committed)} is written anew`)
    return
  }
  if (!existsSync(committed)) {
    complain(`${relative(root, committed)} does not exist yet`)
    return
  }
  complain(`the public API is not what ${relative(root, committed)} says:\n`)
  const { stdout } = spawnSync(
    'git',
    ['diff', '--no-index', '--unified=1', committed, join(freshFolder, `${name}.api.md`)],
    { encoding: 'utf8' },
  )
  console.error(stdout.split('\n').slice(4).join('\n'))
}

function complain(sentence: string): void {
  complaints += 1
  console.error(sentence)
}

/** The project's own settings, as far as declarations are read with them. */
function compilerSettings(declarations: string): object {
  return {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable', 'esnext.disposable'],
      types: ['node'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
    },
    files: [declarations],
  }
}
