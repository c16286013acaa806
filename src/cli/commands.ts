import type { Register } from './program.ts'

/** The files in the folder `commands`: the build lists them here (scripts/program.ts), so that a new command is a new file. */
export const commands: readonly { readonly register: Register }[] = []
