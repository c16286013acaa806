/** A file in the state that it was opened in. */
export interface OpenedFile {
  readonly path: string
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
}

/** Where what `openFile` returns has its {@link OpenedFile}: the worker of the blocking client reads it by itself. */
export const openedFile = Symbol.for('pocketbase-typescript.openedFile')
