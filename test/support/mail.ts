import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

import type { PocketBase } from '../../src/index.ts'

/** A mail as it came in. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly html: string
}

/** A mail server that keeps what it gets. */
export interface Mailbox extends AsyncDisposable {
  readonly port: number
  /** All mails so far. */
  readonly mails: readonly Mail[]
  /** The next mail to an address that nobody has taken yet: waits for it. */
  next(to: string): Promise<Mail>
}

/** Starts a mail server on a free port. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: Mail[] = []
  const taken = new Set<Mail>()
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      void simpleParser(stream).then(({ to, subject = '', html }) => {
        const address = Array.isArray(to) ? to[0] : to
        mails.push({ to: address?.value[0]?.address ?? '', subject, html: html || '' })
        for (const look of waiting) look()
      })
      stream.on('end', () => done())
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    next: async (to) =>
      new Promise((resolve) => {
        const look = (): void => {
          const mail = mails.find((other) => other.to === to && !taken.has(other))
          if (!mail) return
          waiting.delete(look)
          taken.add(mail)
          resolve(mail)
        }
        waiting.add(look)
        look()
      }),
    async [Symbol.asyncDispose]() {
      const closed = once(server.server, 'close')
      server.close()
      await closed
    },
  }
}

/** Has a PocketBase send its mails to a mailbox. */
export async function sendMailsTo(admin: PocketBase, { port }: Mailbox): Promise<void> {
  await admin.settings.update({
    meta: { senderAddress: 'app@pb.test' },
    smtp: { enabled: true, host: '127.0.0.1', port, tls: false },
  })
}

/** The token in the link of a mail. */
export function tokenOf({ html }: Mail): string {
  const [token] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(html) ?? []
  if (!token) throw new Error(`No token in the mail: ${html}`)
  return token
}

/** The one-time password in a mail. */
export function codeOf({ html }: Mail): string {
  const [code] = /(?<=<strong>)\d+(?=<\/strong>)/.exec(html) ?? []
  if (!code) throw new Error(`No code in the mail: ${html}`)
  return code
}
