import { offerOf, type DeviceOffer } from './device-offer.ts'
import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'

/** What discovery and the console need of a record without its status; text as the device sent it. */
export interface DeviceFacts {
  readonly deviceType: string | null
  readonly manufacturer: string | null
  readonly model: string | null
  readonly firmwareVersion: string | null
  readonly functionCount: number
  readonly eventCount: number
  readonly ttlSeconds: number
  readonly registeredAt: string | null
  /** What selectors look at. */
  readonly offer: DeviceOffer
}

/** The same of its status. */
export interface StatusFacts {
  readonly location: string | null
  readonly availability: string | null
  readonly busyScore: number | null
  readonly battery: number | null
  readonly errorState: string | null
}

/** Facts of a parsed record. Wrong types read as absent: a store may hold what others wrote. */
export function deviceFacts(
  record: JsonObject,
  fallbackTtlSeconds: number,
  offer: DeviceOffer = offerOf(record['capabilities']),
): DeviceFacts {
  const identity = objectOf(record['identity'])
  const capabilities = objectOf(record['capabilities'])
  const ttl = record['device_ttl']
  return {
    deviceType: textOf(identity['device_type']),
    manufacturer: textOf(identity['manufacturer']),
    model: textOf(identity['model']),
    firmwareVersion: textOf(identity['firmware_version']),
    functionCount: lengthOf(capabilities['functions']),
    eventCount: lengthOf(capabilities['events']),
    ttlSeconds: typeof ttl === 'number' && ttl > 0 ? ttl : fallbackTtlSeconds,
    registeredAt: textOf(objectOf(record['registry'])['registered_at']),
    offer,
  }
}

/** @param before of the same device: texts that are still the same are kept once */
export function statusFacts(status: JsonObject, before: StatusFacts = NO_STATUS): StatusFacts {
  return {
    location: sameOr(before.location, textOf(status['location'])),
    availability: sameOr(before.availability, textOf(status['availability'])),
    busyScore: numberOf(status['busy_score']),
    battery: numberOf(status['battery']),
    errorState: sameOr(before.errorState, textOf(status['error_state'])),
  }
}

const NO_STATUS: StatusFacts = {
  location: null,
  availability: null,
  busyScore: null,
  battery: null,
  errorState: null,
}

/** Equal texts are not the same piece of memory, and the older one is past its youth. */
function sameOr(before: string | null, now: string | null): string | null {
  return before === now ? before : now
}

const NOTHING: JsonObject = {}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : NOTHING
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}
