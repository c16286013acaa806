import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What users can import. */
export interface EntryPoint {
  /** Its key in the exports of package.json: `.` is the core, `./node` and the like stand on it. */
  readonly subpath: string
  /** The path of its built declarations. */
  readonly declarations: string
  /** Another form of the core, with declarations that hand on the core's. */
  readonly isAlias: boolean
}

/**
 * The entry points, as package.json lists them: the core first.
 *
 * @param root - the folder of package.json.
 */
export function entryPoints(root: string): EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>
  }
  return Object.entries(exports).flatMap(([subpath, target]) =>
    // Files such as package.json have no types.
    typeof target === 'string'
      ? []
      : [
          {
            subpath,
            declarations: join(root, target.types),
            isAlias: /^\.\/(cjs|umd)$/.test(subpath),
          },
        ],
  )
}
