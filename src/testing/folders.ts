import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

import { hooksDir as packDir } from '../hooks/index.ts'

/** The folders that a server can be given; relative ones start at the working directory. */
export interface FolderOptions {
  dir?: string | undefined
  hooksDir?: string | undefined
  pack?: boolean | undefined
  migrationsDir?: string | undefined
  publicDir?: string | undefined
}

/** The folders a server works with, as absolute paths. */
export interface Folders {
  /** The server's own temporary folder, with its log; holds the others unless they were given. */
  own: string
  logFile: string
  data: string
  hooks: string
  migrations: string
  public: string
}

/**
 * Creates the temporary folder of one server.
 *
 * @throws TypeError when a given folder with hooks or public files does not exist.
 */
export async function createFolders(options: FolderOptions): Promise<Folders> {
  // PocketBase passes over a missing folder in silence. It creates the other two.
  requireFolder('hooksDir', options.hooksDir)
  requireFolder('publicDir', options.publicDir)
  const own = await mkdtemp(join(tmpdir(), 'pocketbase-'))
  if (options.pack) await copyWithPack(options.hooksDir, join(own, 'pb_hooks'))
  const given = (folder: string | undefined, name: string) => resolve(folder ?? join(own, name))
  return {
    own,
    logFile: join(own, 'server.log'),
    data: given(options.dir, 'pb_data'),
    hooks: given(options.pack ? undefined : options.hooksDir, 'pb_hooks'),
    migrations: given(options.migrationsDir, 'pb_migrations'),
    public: given(options.publicDir, 'pb_public'),
  }
}

/** The caller's hooks are the caller's: the pack goes beside a copy of them. */
async function copyWithPack(hooksDir: string | undefined, folder: string): Promise<void> {
  if (hooksDir !== undefined) await cp(hooksDir, folder, { recursive: true })
  await cp(packDir, folder, { recursive: true })
}

function requireFolder(option: string, folder: string | undefined): void {
  if (folder === undefined || existsSync(folder)) return
  throw new TypeError(`${option}: there is no folder ${resolve(folder)}`)
}

/** The flags that every command of the executable gets. */
export function folderFlags(folders: Folders): string[] {
  return [
    // The last three default to siblings of the first: servers would share migrations through /tmp.
    `--dir=${folders.data}`,
    `--hooksDir=${folders.hooks}`,
    `--migrationsDir=${folders.migrations}`,
    `--publicDir=${folders.public}`,
    // On by itself for an executable below the system's temporary folder.
    '--dev=false',
    // Else every changed collection becomes a file in the caller's migrations.
    '--automigrate=false',
  ]
}

/**
 * A server without superusers opens a browser, by a command that it looks up on PATH. Returns a PATH
 * on which that command does nothing.
 */
export async function pathWithoutBrowser(folders: Folders, path: string): Promise<string> {
  const bin = join(folders.own, 'bin')
  await mkdir(bin)
  const doNothing = '#!/bin/sh\n'
  await writeFile(join(bin, 'xdg-open'), doNothing, { mode: 0o755 })
  await writeFile(join(bin, 'open'), doNothing, { mode: 0o755 })
  await writeFile(join(bin, 'rundll32.cmd'), '@exit /b 0\r\n')
  return bin + delimiter + path
}
