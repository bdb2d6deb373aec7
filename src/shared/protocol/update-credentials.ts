/**
 * Names of the open extension by which a device is given a new credential over the mesh
 * (docs/extensions/update-credentials.md).
 */

/** Function of the device, on `P.T.D.cmd`. */
export const UPDATE_CREDENTIALS = 'updateCredentials'

/** Event of the device, once it is settled which credential it goes on with. */
export const CREDENTIALS_UPDATED_EVENT = 'credentialsUpdated'

/** `outcome` of the event: the new one is in use, or the device went back to the old one. */
export const IN_USE = 'in-use'
export const KEPT_OLD = 'kept-old'
