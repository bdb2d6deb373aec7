import { ConflictError, RejectedError } from '#shared/errors.ts'

export function localExists(): ConflictError {
  return new ConflictError({
    code: 'LOCAL_MESH_EXISTS',
    message: 'This profile has a local mesh already.',
    advice: 'Use it, or start Muster on another profile folder for a second one.',
  })
}

export function noLocalMesh(): RejectedError {
  return new RejectedError({
    code: 'NO_LOCAL_MESH',
    message: 'This profile has no local mesh.',
    advice: 'Set one up first.',
  })
}

export function connectionUnknown(): RejectedError {
  return new RejectedError({
    code: 'CONNECTION_UNKNOWN',
    message: 'There is no saved connection of that kind (any more).',
    advice: 'Choose one from the list, or add it again.',
  })
}

export function noMesh(): RejectedError {
  return new RejectedError({
    code: 'NO_MESH',
    message: 'Muster has no mesh that devices could join.',
    advice: 'Set up a local mesh, or connect to one.',
  })
}

export function notOurs(): RejectedError {
  return new RejectedError({
    code: 'MESH_NOT_OURS',
    message:
      'This mesh is run by others: Muster holds none of its signing keys and can not take devices into it.',
    advice: 'Ask its admin for the credentials of the device, or switch to your own mesh.',
  })
}

export function tenantUnknown(tenant: string): RejectedError {
  return new RejectedError({
    code: 'TENANT_UNKNOWN',
    message: `Muster does not know the account of the tenant ${tenant.slice(0, 64)}, so it can not see who connects there.`,
    advice: 'Switch to the mesh that has this tenant.',
  })
}
