/**
 * What the registry counted since it started. Plain numbers, so that the hot path can add to them
 * without a call; the sidecar sends a copy every few seconds.
 */
export interface RegistryCounters {
  heartbeats: number
  /** Of these, equal to the one before but for `ts`. */
  heartbeatsUnchanged: number
  /** Of these, changing a field of the status. */
  heartbeatsChanged: number
  registrations: number
  registrationsRefused: number
  recoveriesAsked: number
  recoveriesFailed: number
  wentOffline: number
  discoveryRequests: number
  discoveryRefused: number
  /** Messages dropped because they are not what the protocol says. */
  malformed: number
  oversize: number
  unsafeNames: number
  /** Heartbeats whose `device_id` is not the one of their subject. */
  misattributed: number
  /** Heartbeats that found no room in the queue of recoveries. */
  recoveriesPostponed: number
  /** Heartbeats of a device that changes its status too often: they count as life signs only. */
  throttled: number
  /** Heartbeats from unknown devices of a tenant that sends too many of them. */
  flooded: number
  /** Registrations refused since the device registers too often, or its tenant is full. */
  registrationsThrottled: number
  /** Registrations refused since the credential is another device's. */
  impostors: number
  /** Requests that waited for their tenant's turn. */
  requestsDelayed: number
  /** Requests refused since too many of their tenant waited. */
  requestsRefused: number
  /** Times that this process was found to have been suspended or cut off. */
  gracePeriods: number
}

export function newCounters(): RegistryCounters {
  return {
    heartbeats: 0,
    heartbeatsUnchanged: 0,
    heartbeatsChanged: 0,
    registrations: 0,
    registrationsRefused: 0,
    recoveriesAsked: 0,
    recoveriesFailed: 0,
    wentOffline: 0,
    discoveryRequests: 0,
    discoveryRefused: 0,
    malformed: 0,
    oversize: 0,
    unsafeNames: 0,
    misattributed: 0,
    recoveriesPostponed: 0,
    throttled: 0,
    flooded: 0,
    registrationsThrottled: 0,
    impostors: 0,
    requestsDelayed: 0,
    requestsRefused: 0,
    gracePeriods: 0,
  }
}
