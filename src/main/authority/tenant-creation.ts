import { ConflictError, InternalError, toMusterError } from '#shared/errors.ts'
import type { AuthorityParts } from './account-changes.ts'
import type { TenantRecord } from './authority-store.ts'

/**
 * The account of all tenants with isolation `shared`. Within it only user permissions separate them,
 * and `_INBOX.>` is common: a client of one can read the answers that another one gets.
 */
export const SHARED_ACCOUNT_NAME = 'DEVICES'

/** Keeps with a tenant why it is not ready. */
export function noteProblem(parts: AuthorityParts, name: string, thrown: unknown): void {
  const { kind, code, message, advice, details } = toMusterError(thrown)
  try {
    parts.store.setTenantProblem(name, { kind, code, message, advice, details: { ...details } })
  } catch (error) {
    // The problem that is thrown matters more than that it could not be written down.
    parts.log.warn('the problem of a tenant could not be recorded', { tenant: name, error })
  }
}

export function requireTenant({ store }: AuthorityParts, name: string): TenantRecord {
  const tenant = store.tenant(name)
  if (tenant !== undefined) return tenant
  throw new InternalError({
    code: 'TENANT_LOST',
    message: `The tenant ${name} was recorded and is not there.`,
    advice: 'Report this.',
  })
}

export function isolationFixed({ name, isolation }: TenantRecord): ConflictError {
  return new ConflictError({
    code: 'TENANT_ISOLATION_FIXED',
    message:
      isolation === 'account'
        ? `The tenant ${name} has an account of its own; it can not move into the shared one.`
        : `The tenant ${name} lives in the shared account; it can not get one of its own under that name.`,
    advice: 'Create a tenant with another name.',
    details: { tenant: name, isolation },
  })
}
