import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

import { ProgramError } from './exit.ts'

/** Which server, and who signs in. */
export interface Settings {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly email?: string | undefined
  readonly password?: string | undefined
}

/** The settings as environment variables, which a `.env` file can have too. */
export const variables: Readonly<Record<string, string>> = {
  PB_URL: 'the URL of the server',
  PB_TOKEN: 'a token of a superuser; or else:',
  PB_SUPERUSER_EMAIL: "a superuser's e-mail address",
  PB_SUPERUSER_PASSWORD: 'and password',
}

/**
 * Reads the settings: those of the command line, then of the environment, then of the file.
 *
 * @param file - `.env` unless another one is named, which then has to be there.
 */
export function readSettings(
  url: string | undefined,
  env: NodeJS.ProcessEnv,
  file: string | undefined,
): Settings {
  const written = readFile(file)
  const setting = (name: string): string | undefined => env[name] || written[name] || undefined
  return {
    url: url || setting('PB_URL'),
    token: setting('PB_TOKEN'),
    email: setting('PB_SUPERUSER_EMAIL'),
    password: setting('PB_SUPERUSER_PASSWORD'),
  }
}

function readFile(file: string | undefined): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file ?? '.env', 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (file === undefined && (code === 'ENOENT' || code === 'EISDIR')) return {}
    throw new ProgramError('usage', `The file ${file ?? '.env'} cannot be read (${code}).`)
  }
}

/** The URL as it may be shown: without the name and the password that it can hold. */
export function shownURL(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + (pathname === '/' ? '' : pathname)
}
