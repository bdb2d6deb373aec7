import type { ExpiryStatus } from '#shared/contract/renewal.ts'

/** A credential is due for renewal for the last fifth of its lifetime: once 80 % of it is over. */
const DUE_FRACTION = 5

export interface Lifetime {
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** When a credential becomes due. One that expires before it was issued is due at once. */
export function dueAt({ issuedAt, expiresAt }: Lifetime): Date {
  const lifeMs = Math.max(0, expiresAt.getTime() - issuedAt.getTime())
  return new Date(expiresAt.getTime() - Math.floor(lifeMs / DUE_FRACTION))
}

export function statusOf(life: Lifetime, now: Date): ExpiryStatus {
  if (life.expiresAt <= now) return 'expired'
  return dueAt(life) <= now ? 'due' : 'ok'
}
