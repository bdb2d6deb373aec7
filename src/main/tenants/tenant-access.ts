import type { Permissions } from '../authority/permissions.ts'
import type { IssuedUser, UserRequest } from '../authority/user-issue.ts'
import type { ConnectionTarget } from '../mesh/kept-connection.ts'
import type { CredentialsSource } from '../mesh/user-credentials.ts'

/** Where connections go; undefined while there is no mesh. */
export type MeshPlace = (
  name: string,
) => Pick<ConnectionTarget, 'name' | 'servers' | 'caPem'> | undefined

export interface TenantUserIssuer {
  issueUser(request: UserRequest): Promise<IssuedUser>
}

/**
 * Credentials of a user of this app that may do exactly what `permissions` say, in one tenant. The
 * first issue makes the key, later ones renew the JWT for it; the seed stays in this closure.
 */
export function limitedUserSource(
  issuer: TenantUserIssuer,
  user: {
    readonly tenant: string
    readonly name: string
    readonly reason: string
    readonly ttlMs: number
    readonly permissions: (inboxPrefix: string) => Permissions
  },
): CredentialsSource {
  let key: { readonly publicKey: string; readonly seed: string } | undefined
  return async (signal) => {
    signal.throwIfAborted()
    const { tenant, ...rest } = user
    const issued = await issuer.issueUser({
      ...rest,
      account: { tenant },
      role: 'console',
      delivery: 'internal',
      inbox: 'private',
      ...(key === undefined ? {} : { publicKey: key.publicKey }),
    })
    key = { publicKey: issued.publicKey, seed: issued.seed ?? key?.seed ?? '' }
    const { jwt, inboxPrefix, expiresAt } = issued
    return { jwt, seed: key.seed, inboxPrefix, expiresAt }
  }
}
