import type { Tenant, TenantDetail, TenantLimits } from '#shared/contract/tenants.ts'
import type { TenantRecord } from '../authority/authority-store.ts'
import type { LedgerEntry } from '../authority/ledger.ts'

/** A tenant of ours as the window shows it. */
export function tenantOf(
  record: TenantRecord,
  credentials: number,
  limits: TenantLimits | undefined,
): Tenant {
  return {
    name: record.name,
    account: record.account,
    isolation: record.isolation,
    state: record.clearingAt === null ? record.state : 'clearing',
    problem: record.problem,
    createdAt: record.createdAt.toISOString(),
    readyAt: record.readyAt?.toISOString() ?? null,
    changedAt: record.changedAt.toISOString(),
    credentials,
    limits: limits ?? null,
  }
}

/** A tenant that a remote mesh let us see. */
export function foreignTenant(name: string): Tenant {
  return {
    name,
    account: null,
    isolation: 'account',
    state: 'ready',
    problem: null,
    createdAt: null,
    readyAt: null,
    changedAt: null,
    credentials: 0,
    limits: null,
  }
}

/** Muster's own connections are no credentials that anybody manages. */
export function countStates(
  entries: readonly LedgerEntry[],
  now: Date,
): TenantDetail['credentials'] {
  const counts = { usable: 0, pending: 0, expired: 0, ended: 0 }
  for (const { delivery, state, expiresAt } of entries) {
    if (delivery === 'internal') continue
    if (state === 'struck' || state === 'revoked') counts.ended += 1
    else if (expiresAt <= now) counts.expired += 1
    else if (state === 'pending') counts.pending += 1
    else counts.usable += 1
  }
  return counts
}
