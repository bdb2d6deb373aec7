import type { FleetDevice } from '#shared/contract/fleet.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import { deviceFacts, statusFacts } from '../registry/device-facts.ts'

const MAX_TEXT_LENGTH = 200
/** protocol.md, "Registration": what devices use that say nothing. */
const DEFAULT_TTL_SECONDS = 15

/** What lists show of a device's status, text made safe to show. */
export type StatusProjection = Pick<
  FleetDevice,
  'location' | 'availability' | 'busyScore' | 'battery' | 'errorState'
>

/** The id that a registry record names; undefined where it names none that can be used. */
export function deviceIdOf(record: JsonObject): string | undefined {
  const id = record['device_id']
  return typeof id === 'string' && isSafeToken(id) ? id : undefined
}

/** The small projection of an online device's record, wherever the record comes from. */
export function projectDevice(
  tenant: string,
  deviceId: string,
  record: JsonObject,
  now: Date,
): FleetDevice {
  const facts = deviceFacts(record, DEFAULT_TTL_SECONDS)
  const registeredAt = instantOf(facts.registeredAt)
  return {
    tenant,
    deviceId,
    deviceType: shown(facts.deviceType),
    manufacturer: shown(facts.manufacturer),
    model: shown(facts.model),
    firmwareVersion: shown(facts.firmwareVersion),
    ...projectStatus(isJsonObject(record['status']) ? record['status'] : {}),
    functionCount: facts.functionCount,
    eventCount: facts.eventCount,
    state: 'online',
    since: registeredAt ?? now.toISOString(),
    lastSeenAt: null,
    ttlSeconds: Number.isFinite(facts.ttlSeconds) ? facts.ttlSeconds : null,
    registeredAt,
    presence: null,
  }
}

function projectStatus(status: JsonObject): StatusProjection {
  const facts = statusFacts(status)
  return {
    location: shown(facts.location),
    availability: shown(facts.availability),
    busyScore: within(facts.busyScore, 1),
    battery: within(facts.battery, 100),
    errorState: shown(facts.errorState),
  }
}

/** Only the status fields that a heartbeat carries: it is merged, and says nothing of the others. */
export function projectHeartbeat(heartbeat: JsonObject): Partial<StatusProjection> {
  const all = projectStatus(heartbeat)
  return {
    ...('location' in heartbeat ? { location: all.location } : {}),
    ...('availability' in heartbeat ? { availability: all.availability } : {}),
    ...('busy_score' in heartbeat ? { busyScore: all.busyScore } : {}),
    ...('battery' in heartbeat ? { battery: all.battery } : {}),
    ...('error_state' in heartbeat ? { errorState: all.errorState } : {}),
  }
}

function shown(text: string | null): string | null {
  return text === null ? null : cleanText(text, MAX_TEXT_LENGTH)
}

function within(value: number | null, most: number): number | null {
  return value !== null && value >= 0 && value <= most ? value : null
}

function instantOf(text: string | null): string | null {
  const epochMs = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(epochMs) ? null : new Date(epochMs).toISOString()
}
