import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'

export function proofRunning(): ConflictError {
  return new ConflictError({
    code: 'PROOF_RUNNING',
    message: 'An isolation proof is under way; two at once would get in each other’s way.',
    advice: 'Wait until it is over, or cancel it.',
  })
}

export function tooFewTenants(): RejectedError {
  return new RejectedError({
    code: 'PROOF_TOO_FEW_TENANTS',
    message: 'Isolation is proven between tenants, so it takes at least two of this deployment.',
    advice: 'Choose two tenants or more.',
  })
}

export function tenantNotReady(tenant: string): TransientError {
  return new TransientError({
    code: 'TENANT_NOT_READY',
    message: `The mesh has not confirmed the tenant ${tenant} yet, so nobody could connect for it.`,
    advice: 'Look at its problem on the Tenants page, then start the proof again.',
    details: { tenant },
  })
}

export function proofCancelled(): TransientError {
  return new TransientError({
    code: 'PROOF_CANCELLED',
    message: 'The proof was cancelled.',
    advice: 'Start it again when you want it.',
  })
}

export function proofTooSlow(): TransientError {
  return new TransientError({
    code: 'PROOF_TOO_SLOW',
    message: 'The proof took longer than its credentials live, so it was ended before its end.',
    advice: 'Start it again when the server is less busy, or with fewer tenants.',
  })
}

export function serverLost(): TransientError {
  return new TransientError({
    code: 'PROOF_SERVER_LOST',
    message:
      'The connection to the server was lost during the proof; what came after it is not known.',
    advice: 'Start the proof again once the mesh is steady.',
  })
}

export function connectionsRefused(tenant: string): TransientError {
  return new TransientError({
    code: 'PROOF_CONNECTIONS_REFUSED',
    message: `The server takes no further connection of ${tenant}; a proof needs three. The limit of its account is reached, or that of the server.`,
    advice: 'Raise the limit of connections of the tenant for the proof (Tenants, Limits).',
    details: { tenant },
  })
}
