import { ConflictError, RejectedError } from '#shared/errors.ts'

export function alreadyRevoked(): ConflictError {
  return new ConflictError({
    code: 'CREDENTIAL_REVOKED',
    message: 'What you chose is revoked already, so there is nothing to do.',
    advice: 'Look at the credential for when it was revoked and what was seen.',
  })
}

export function nothingIssued(tenant: string): RejectedError {
  return new RejectedError({
    code: 'NOTHING_ISSUED',
    message: `Nothing that the account of ${tenant} issued up to then is still in force.`,
    advice: 'Choose a later time.',
    details: { tenant },
  })
}

export function tenantUnknown(tenant: string): RejectedError {
  return new RejectedError({
    code: 'TENANT_UNKNOWN',
    message: `There is no tenant ${tenant} in this profile.`,
    advice: 'Choose a tenant of this deployment.',
    details: { tenant },
  })
}

export function revocationUnknown(): RejectedError {
  return new RejectedError({
    code: 'REVOCATION_UNKNOWN',
    message: 'There is no such revocation in this profile.',
    advice: 'Open the list of credentials again.',
  })
}

export function alreadySent(): RejectedError {
  return new RejectedError({
    code: 'REVOCATION_SENT',
    message: 'The revocation was sent to the servers already, so it can not be called off.',
    advice:
      'Renew the credential for the same key where it should work again; that is possible at once.',
  })
}

export function calledOff(): RejectedError {
  return new RejectedError({
    code: 'REVOCATION_CALLED_OFF',
    message: 'The revocation was called off before anything was sent.',
    advice: 'Start it again when you want it.',
  })
}
