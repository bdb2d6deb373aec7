import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const TOKEN_BYTES = 32
/** Links that may be open at once; the oldest is withdrawn. */
const MAX_OPEN_LINKS = 8
/** Windows that may hold a session at once; the oldest is signed out. */
const MAX_SESSIONS = 32

/**
 * One-time links and the sessions that they are exchanged for. A link's token works once; a
 * session lives as long as this process. Only hashes are kept, so that a memory dump of the
 * tables opens nothing.
 */
export class Sessions {
  readonly #links: Buffer[] = []
  readonly #sessions: Buffer[] = []

  /** A new one-time token, base64url. */
  mintLink(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    remember(this.#links, token, MAX_OPEN_LINKS)
    return token
  }

  /** A session for a token that was not used before; undefined otherwise. */
  exchange(token: string): string | undefined {
    const index = indexOf(this.#links, token)
    if (index < 0) return undefined
    this.#links.splice(index, 1)
    const session = randomBytes(TOKEN_BYTES).toString('base64url')
    remember(this.#sessions, session, MAX_SESSIONS)
    return session
  }

  /** Whether a cookie's value is a session of this process. */
  holds(session: string | undefined): boolean {
    return session !== undefined && indexOf(this.#sessions, session) >= 0
  }
}

function remember(table: Buffer[], secret: string, limit: number): void {
  table.push(hashOf(secret))
  if (table.length > limit) table.shift()
}

function indexOf(table: readonly Buffer[], secret: string): number {
  const hash = hashOf(secret)
  return table.findIndex((entry) => timingSafeEqual(entry, hash))
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
