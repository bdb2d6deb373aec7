import type { RevocationProbe } from '#shared/contract/credentials.ts'
import { MusterError, toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'

/** How long one login may take. */
const LOGIN_TIMEOUT_MS = 5_000
/** A throw-away credential is good for no longer than this. */
const PROBE_TTL_MS = 10 * 60_000

/** A user whose seed is in memory only. */
export interface ProbeUser {
  readonly ledgerId: string
  readonly publicKey: string
  readonly jwt: string
  readonly seed?: string
  readonly expiresAt: Date
  readonly inboxPrefix: string
}

/** What a login with a throw-away key takes. */
export interface ProbeParts {
  /** Issues a user of the tenant, with a key of its own. */
  issueUser(request: {
    readonly account: { readonly tenant: string }
    readonly role: 'console'
    readonly name: string
    readonly ttlMs: number
    readonly delivery: 'internal'
  }): Promise<ProbeUser>
  /** Logs in once on the mesh in use and leaves again. @throws MusterError that says why not */
  tryLogin(
    credentials: {
      readonly jwt: string
      readonly seed: string
      readonly inboxPrefix: string
      readonly expiresAt: Date | null
    },
    signal: AbortSignal,
  ): Promise<void>
}

/** A user of the tenant to be revoked in the same push, or, after it, one that is not. */
export function issueProbe(
  parts: ProbeParts,
  tenant: string,
  kind: 'revoked' | 'fresh',
): Promise<ProbeUser> {
  return parts.issueUser({
    account: { tenant },
    role: 'console',
    name: kind === 'revoked' ? 'Muster revocation probe' : 'Muster revocation check',
    ttlMs: PROBE_TTL_MS,
    delivery: 'internal',
  })
}

/**
 * Tries to log in with the user that was revoked in the same push, then with a fresh one: the servers
 * enforce the list that holds both the probe and what the person revoked.
 */
export async function probeLogins(
  parts: ProbeParts,
  tenant: string,
  revoked: ProbeUser,
  now: () => Date,
  signal: AbortSignal,
): Promise<RevocationProbe> {
  const first = await tryOnce(parts, revoked, signal)
  const fresh = await issueProbe(parts, tenant, 'fresh').catch((error: unknown) =>
    toMusterError(error),
  )
  const second =
    fresh instanceof MusterError
      ? { outcome: 'unclear' as const, error: fresh }
      : await tryOnce(parts, fresh, signal)
  // Where it came out as it should there is nothing to explain.
  const problem = first.outcome === 'refused' ? second.error : (first.error ?? second.error)
  return {
    revokedKey: first.outcome,
    freshKey: second.outcome,
    at: now().toISOString(),
    problem: problem === undefined ? null : problemOf(problem),
  }
}

async function tryOnce(
  parts: ProbeParts,
  user: ProbeUser,
  signal: AbortSignal,
): Promise<{ outcome: 'let-in' | 'refused' | 'unclear'; error?: MusterError }> {
  const { jwt, seed = '', inboxPrefix, expiresAt } = user
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOGIN_TIMEOUT_MS)])
  try {
    await parts.tryLogin({ jwt, seed, inboxPrefix, expiresAt }, deadline)
    return { outcome: 'let-in' }
  } catch (thrown) {
    signal.throwIfAborted()
    const error = toMusterError(thrown)
    return { outcome: error.code === 'MESH_AUTH_REFUSED' ? 'refused' : 'unclear', error }
  }
}
