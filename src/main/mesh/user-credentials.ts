import { sign } from 'node:crypto'
import type { Auth } from '@nats-io/nats-core'
import { privateKeyOf } from '../authority/nkey.ts'

/** What a NATS user proves itself with. `jwt` and `seed` are secrets. */
export interface UserCredentials {
  readonly jwt: string
  readonly seed: string
  /** `_INBOX`, or a prefix of the user's own where its permissions say so. */
  readonly inboxPrefix: string
  /** null where the JWT never expires. */
  readonly expiresAt: Date | null
}

/**
 * Gives the credentials to connect with. Asked with `fresh` when those it gave before ran out or
 * were refused. The key must stay the same, since the inbox prefix hangs on it.
 */
export type CredentialsSource = (signal: AbortSignal, fresh: boolean) => Promise<UserCredentials>

/** Answers a server's challenge; Node signs in microseconds where `@nats-io/nkeys` takes 25 ms. */
export function answerChallenge(credentials: UserCredentials, nonce: string | undefined): Auth {
  const { publicKey, key } = privateKeyOf(credentials.seed)
  return {
    jwt: credentials.jwt,
    nkey: publicKey,
    sig: nonce === undefined ? '' : sign(null, Buffer.from(nonce), key).toString('base64url'),
  }
}
