import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import ts from 'typescript-5.9'

import { strictOptions } from './compilers.ts'
import { root } from './readme.ts'

/** An editor with one file open. */
export interface Editor {
  /** What is offered where `|` stands in the code, which follows `header`. */
  completions(code: string): Promise<string[]>
  /** What is shown for the name that begins after `|`, as text. */
  hover(code: string): Promise<string>
  close(): void
}

/** Opens code in the language service of TypeScript 5.9. */
export function openOlder(folder: string, header: string): Editor {
  const file = join(folder, 'main.ts')
  const { options } = ts.convertCompilerOptionsFromJson(strictOptions, folder)
  let text = header
  let version = 0
  const service = ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => options,
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [file],
    getScriptVersion: (name) => (name === file ? String(version) : '0'),
    getScriptSnapshot(name) {
      const content = name === file ? text : ts.sys.readFile(name)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
  })
  const show = (code: string): number => {
    text = header + code.replace('|', '')
    version += 1
    return header.length + code.indexOf('|')
  }
  return {
    async completions(code) {
      const found = service.getCompletionsAtPosition(file, show(code), {})
      return (found?.entries ?? []).map(({ name }) => name)
    },
    async hover(code) {
      const parts = service.getQuickInfoAtPosition(file, show(code))?.displayParts
      return ts.displayPartsToString(parts)
    },
    close: () => service.dispose(),
  }
}

interface Message {
  id?: number
  method?: string
  params?: { items: unknown[] }
  result?: any
}

/** Opens code in the language server of TypeScript 7. */
export async function openNewer(folder: string, header: string): Promise<Editor> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const server = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { cwd: folder })
  const waiting = new Map<number, (result: any) => void>()
  let received = Buffer.alloc(0)
  let lastId = 0
  let version = 1

  const write = (message: object): void => {
    const content = JSON.stringify({ jsonrpc: '2.0', ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`)
  }
  const request = async (method: string, params: object): Promise<any> =>
    new Promise((done) => {
      lastId += 1
      waiting.set(lastId, done)
      write({ id: lastId, method, params })
    })
  const heard = ({ id, method, params, result }: Message): void => {
    if (id === undefined) return
    // It asks for settings: there are none.
    if (method) write({ id, result: params?.items?.map(() => null) ?? null })
    else waiting.get(id)?.(result)
  }
  server.stdout.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    for (;;) {
      const [head, length] =
        /^[^]*?Content-Length: (\d+)[^]*?\r\n\r\n/.exec(received.toString('latin1')) ?? []
      if (!head || received.length < head.length + Number(length)) return
      const end = head.length + Number(length)
      heard(JSON.parse(received.subarray(head.length, end).toString()) as Message)
      received = received.subarray(end)
    }
  })

  const rootUri = pathToFileURL(folder).href
  const uri = `${rootUri}/main.ts`
  await request('initialize', {
    processId: process.pid,
    rootUri,
    capabilities: { textDocument: { hover: { contentFormat: ['plaintext'] }, completion: {} } },
    workspaceFolders: [{ uri: rootUri, name: 'code' }],
  })
  write({ method: 'initialized', params: {} })
  write({
    method: 'textDocument/didOpen',
    params: { textDocument: { uri, languageId: 'typescript', version, text: header } },
  })
  const show = (code: string): object => {
    version += 1
    const contentChanges = [{ text: header + code.replace('|', '') }]
    write({
      method: 'textDocument/didChange',
      params: { textDocument: { uri, version }, contentChanges },
    })
    const before = (header + code.slice(0, code.indexOf('|'))).split('\n')
    const position = { line: before.length - 1, character: before.at(-1)!.length }
    return { textDocument: { uri }, position }
  }
  return {
    async completions(code) {
      const found = await request('textDocument/completion', show(code))
      const items: { label: string }[] = found?.items ?? found ?? []
      // `expand?` for an optional member.
      return items.map(({ label }) => label.replace(/\?$/, ''))
    },
    async hover(code) {
      const found = await request('textDocument/hover', show(code))
      return found?.contents?.value ?? ''
    },
    close: () => void server.kill(),
  }
}
