import { CommanderError } from 'commander'

import { isClientResponseError } from '../index.ts'
import type { ClientResponseError } from '../index.ts'

/** The exit codes, as `pbts --help` and docs/pbts.md list them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  missing: 5,
  inTheWay: 6,
  interrupted: 130,
} as const

/** Why the program ended. */
export type Outcome = keyof typeof exitCodes

/** What each exit code means. */
export const outcomes: Readonly<Record<Outcome, string>> = {
  done: 'done',
  failed: 'failed, for a reason that no other code names',
  usage: 'wrong usage: an unknown command or option, a bad or missing value',
  unreachable: 'the server did not answer',
  refused: 'the server refused who signed in, or nobody could be signed in',
  missing: 'it is not there: the hooks pack, a trace, a day',
  inTheWay: 'something is in the way: files that are not those of the pack',
  interrupted: 'interrupted by Ctrl-C',
}

/** An end that the program foresaw: what happened, in a sentence, and what to do about it. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly outcome: Outcome
  /** The way out, where there is one. */
  readonly hint: string

  constructor(outcome: Outcome, message: string, hint = '') {
    super(message)
    this.outcome = outcome
    this.hint = hint
  }
}

/** What is told of an error. */
export interface Failure {
  readonly outcome: Outcome
  readonly message: string
  readonly hint: string
}

/** Reads any error. Messages hold no secrets: those of requests name no query, no header and no body. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProgramError) return error
  if (error instanceof CommanderError) {
    return usageOf(error)
  }
  if (isClientResponseError(error)) {
    const { message, hint } = error
    return { outcome: outcomeOf(error), message: message || error.describe(), hint }
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { outcome: 'interrupted', message: '', hint: '' }
  }
  return {
    outcome: 'failed',
    message: error instanceof Error ? error.message : String(error),
    hint: '',
  }
}

/** Help, when it is asked for, is a `CommanderError` too; without a command it is the answer to wrong usage. */
function usageOf({ exitCode, code, message }: CommanderError): Failure {
  if (exitCode === 0) return { outcome: 'done', message: '', hint: '' }
  if (code === 'commander.help') return { outcome: 'usage', message: '', hint: '' }
  const hint = 'Add --help to see how it is used.'
  return { outcome: 'usage', message: message.replace(/^error: /, '').replace('\n', ' '), hint }
}

function outcomeOf({ isAbort, kind, status }: ClientResponseError): Outcome {
  if (isAbort) return 'interrupted'
  if (kind === 'network' || kind === 'timeout') return 'unreachable'
  if (status === 401 || status === 403) return 'refused'
  return status === 404 || kind === 'decode' ? 'missing' : 'failed'
}
