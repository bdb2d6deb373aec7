import { sign } from 'node:crypto'
import type { Auth } from '@nats-io/nats-core'
import { privateKeyOf } from '../authority/nkey.ts'
import type { ClientCertificate } from './transport.ts'

/** What a NATS user proves itself with. `jwt` and `seed` are secrets. */
export interface UserCredentials {
  readonly jwt: string
  readonly seed: string
  /** `_INBOX`, or a prefix of the user's own where its permissions say so. */
  readonly inboxPrefix: string
  /** null where the JWT never expires. */
  readonly expiresAt: Date | null
  /** Instead of a JWT and a key, on a mesh of others that is not in operator mode. Secret. */
  readonly login?:
    | { readonly user: string; readonly pass: string }
    | { readonly auth_token: string }
  /** For servers that ask this user for a certificate. Secret. */
  readonly clientCertificate?: ClientCertificate
}

/**
 * Gives the credentials to connect with. Asked with `fresh` when those it gave before ran out or
 * were refused. The key must stay the same, since the inbox prefix hangs on it.
 */
export type CredentialsSource = (signal: AbortSignal, fresh: boolean) => Promise<UserCredentials>

/** Answers a server's challenge; Node signs in microseconds where `@nats-io/nkeys` takes 25 ms. */
export function answerChallenge(credentials: UserCredentials, nonce: string | undefined): Auth {
  if (credentials.login !== undefined) return credentials.login
  const { publicKey, key } = privateKeyOf(credentials.seed)
  return {
    // A server without an operator knows the key alone.
    ...(credentials.jwt === '' ? {} : { jwt: credentials.jwt }),
    nkey: publicKey,
    sig: nonce === undefined ? '' : sign(null, Buffer.from(nonce), key).toString('base64url'),
  }
}
