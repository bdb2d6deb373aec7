import type { InternalUser, InternalUserRequest, MeshAuthority } from './collaborators.ts'
import type { CredentialsSource, UserCredentials } from './user-credentials.ts'

/** How long a credential for one of the app's own connections lives. */
const INTERNAL_TTL_MS = 24 * 60 * 60 * 1000

/** A request without what is the same for all of the app's own users. */
export type OwnUser = InternalUserRequest extends infer Request
  ? Request extends InternalUserRequest
    ? Omit<Request, 'ttlMs' | 'delivery' | 'publicKey'>
    : never
  : never

/**
 * Credentials for one of the app's own connections. The first issue makes the key, later ones renew
 * the JWT for it: the key decides the inbox prefix, which a connection can't change. What was
 * issued is handed out again during the first half of its life, unless asked for afresh. The seed
 * stays in the memory of this closure.
 */
export function ownUserSource(authority: MeshAuthority, user: OwnUser): CredentialsSource {
  let held:
    | { readonly seed: string; readonly issued: InternalUser; readonly at: number }
    | undefined
  return async (signal, fresh) => {
    signal.throwIfAborted()
    if (held !== undefined && !fresh && isYoung(held.issued, held.at)) {
      return credentialsOf(held.issued, held.seed)
    }
    const request = {
      ...user,
      ttlMs: INTERNAL_TTL_MS,
      delivery: 'internal',
      ...(held === undefined ? {} : { publicKey: held.issued.publicKey }),
    } as const
    const issued = await authority.issueUser(request)
    const seed = issued.seed ?? held?.seed ?? ''
    held = { seed, issued, at: Date.now() }
    return credentialsOf(issued, seed)
  }
}

function isYoung(issued: InternalUser, at: number): boolean {
  const lifeMs = issued.expiresAt.getTime() - at
  return issued.expiresAt.getTime() - Date.now() > lifeMs / 2
}

function credentialsOf(issued: InternalUser, seed: string): UserCredentials {
  const { jwt, inboxPrefix, expiresAt } = issued
  return { jwt, seed, inboxPrefix, expiresAt }
}
