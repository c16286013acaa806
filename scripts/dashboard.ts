/** Builds the page of the hooks pack: one file that needs no other, and may load no other. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { build } from 'esbuild'
import type { Metafile } from 'esbuild'

/** A page, and what the server says in its headers. */
export interface Dashboard {
  readonly html: string
  /** Changes with the page. */
  readonly etag: string
  /** The `Content-Security-Policy`: the page's own script and style run, and no other, and it talks to its server only. */
  readonly policy: string
}

const folder = 'hooks/dashboard/page'

/** The page, and what it is made of. */
export async function buildDashboard(
  root: string,
): Promise<{ dashboard: Dashboard; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`${folder}/main.tsx`, `${folder}/style/index.css`],
    outdir: '.',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    tsconfig: `${folder}/tsconfig.json`,
    legalComments: 'none',
    logLevel: 'warning',
  })
  const textOf = (ending: string): string =>
    outputFiles.find(({ path }) => path.endsWith(ending))!.text.trim()
  const [script, style] = [textOf('.js'), textOf('.css')]
  const html = readFileSync(join(root, folder, 'index.html'), 'utf8')
    .replace(/>\s+</g, '><')
    // A function: `$` means nothing in what it answers.
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`)
  const policy = [
    "default-src 'none'",
    `script-src '${sha256(script)}'`,
    `style-src '${sha256(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return { dashboard: { html, etag: `"${sha256(html).slice(7, 29)}"`, policy }, metafile }
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
