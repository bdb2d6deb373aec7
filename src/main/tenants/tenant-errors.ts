import { ConflictError, RejectedError } from '#shared/errors.ts'

export function settingsOfShared(): RejectedError {
  return new RejectedError({
    code: 'SETTINGS_OF_SHARED',
    message:
      'The shared account is there already, with limits and mappings that count for all who live in it; a new tenant can not bring its own.',
    advice: 'Create it without settings, and change those of the shared account.',
  })
}

export function tenantUnknown(tenant: string): RejectedError {
  return new RejectedError({
    code: 'TENANT_UNKNOWN',
    message: `There is no tenant ${tenant} in this profile.`,
    advice: 'It may have been cleared meanwhile. Choose another one.',
    details: { tenant },
  })
}

export function tenantExists(name: string): ConflictError {
  return new ConflictError({
    code: 'TENANT_EXISTS',
    message: `There is a tenant ${name} already.`,
    advice: 'Choose another name, or use the tenant that is there.',
    details: { tenant: name },
  })
}

export function notOurs(): RejectedError {
  return new RejectedError({
    code: 'TENANTS_NOT_OURS',
    message:
      'The mesh in use belongs to somebody else: this profile does not hold the keys that create tenants on it.',
    advice: 'Switch to your local mesh, or ask the admin of this one.',
  })
}
