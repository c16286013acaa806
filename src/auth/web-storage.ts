import { BaseAuthStore, parseState } from './store.ts'
import type { AuthRecord } from './store.ts'

/**
 * Keeps who is signed in in the browser's `localStorage`, and follows sign-ins and sign-outs of other tabs. Where storage is
 * missing or blocked it keeps it in memory instead; it never throws for that.
 */
export class LocalAuthStore<R = AuthRecord> extends BaseAuthStore<R> {
  declare private readonly storageKey: string
  /** What the fields of the base hold, as stored. */
  private loaded: string | null = null
  private isBlocked = false
  /** What the listeners know, as stored. */
  private told: string | null = null

  /** @param storageKey - one key, one identity: use two for two clients that sign in as different records. */
  constructor(storageKey = 'pocketbase_auth') {
    super()
    this.storageKey = storageKey
    this.read()
    this.told = this.loaded
    globalThis.addEventListener?.('storage', () => {
      this.read()
      if (this.loaded !== this.told) this.triggerChange()
    })
  }

  override get token(): string {
    this.read()
    return this.baseToken
  }

  override get record(): R {
    this.read()
    return this.baseModel
  }

  override save(token: string, record?: R): void {
    this.write(JSON.stringify({ token, record: record ?? null }))
    super.save(token, record)
  }

  override clear(): void {
    this.write(null)
    super.clear()
  }

  protected override triggerChange(): void {
    this.told = this.loaded
    super.triggerChange()
  }

  /** Takes over what another tab has stored meanwhile. */
  private read(): void {
    let stored = this.loaded
    try {
      if (!this.isBlocked) stored = localStorage.getItem(this.storageKey)
    } catch {
      // Blocked: memory counts.
    }
    if (stored === this.loaded) return
    this.loaded = stored
    const { token, record } = parseState<R>(stored)
    this.baseToken = token
    this.baseModel = record
  }

  private write(text: string | null): void {
    this.loaded = text
    try {
      if (text === null) localStorage.removeItem(this.storageKey)
      else localStorage.setItem(this.storageKey, text)
      this.isBlocked = false
    } catch {
      // Full: then no older identity may stay there.
      if (text !== null) this.write(null)
      // Blocked or full: what is in memory counts from now on.
      this.loaded = text
      this.isBlocked = true
    }
  }
}
