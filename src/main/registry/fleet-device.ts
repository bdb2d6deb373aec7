import type { DevicePresence, FleetDevice } from '#shared/contract/fleet.ts'
import { withoutMisleading } from '#shared/plain-text.ts'
import { HEARD, REGISTERED, RESTORED, SILENT, UNHEARD, type Beating } from './beat-history.ts'
import type { DeviceEntry } from './device-entry.ts'

const MAX_TEXT = 200
const MAX_NAME = 256

/** The small projection of a device that lists show; text from the device made safe to show. */
export function toFleetDevice(entry: DeviceEntry): FleetDevice {
  const { facts, statusFacts } = entry
  return {
    tenant: entry.tenant.slice(0, MAX_NAME),
    deviceId: entry.deviceId.slice(0, MAX_NAME),
    deviceType: shown(facts.deviceType),
    manufacturer: shown(facts.manufacturer),
    model: shown(facts.model),
    firmwareVersion: shown(facts.firmwareVersion),
    location: shown(statusFacts.location),
    availability: shown(statusFacts.availability),
    busyScore: within(statusFacts.busyScore, 0, 1),
    battery: within(statusFacts.battery, 0, 100),
    errorState: shown(statusFacts.errorState),
    functionCount: facts.functionCount,
    eventCount: facts.eventCount,
    state: entry.online ? 'online' : 'offline',
    since: instant(entry.sinceEpochMs),
    lastSeenAt: entry.lastSeenEpochMs === 0 ? null : instant(entry.lastSeenEpochMs),
    ttlSeconds: facts.ttlSeconds,
    registeredAt: validInstant(facts.registeredAt),
    presence: presenceOf(entry),
  }
}

const REASONS: Readonly<Record<number, DevicePresence['reason']>> = {
  [HEARD]: 'heard',
  [REGISTERED]: 'registered',
  [RESTORED]: 'restored',
  [SILENT]: 'silent',
  [UNHEARD]: 'unheard-since-restart',
}

/** What was observed of a device, as people are told. */
export function presenceOf(entry: Beating): DevicePresence {
  return {
    reason: REASONS[entry.reason] ?? 'silent',
    beatSeconds: entry.beatMs === 0 ? null : entry.beatMs / 1000,
    missedBeats: entry.missedBeats,
    skewMs: entry.skewSamples === 0 ? null : entry.skewMs,
    reconnects: entry.reconnects,
    flappingUntil: entry.flappingUntilMs === 0 ? null : instant(entry.flappingUntilMs),
  }
}

function shown(text: string | null): string | null {
  if (text === null) return null
  return withoutMisleading(text.slice(0, MAX_TEXT).toWellFormed())
}

function within(value: number | null, least: number, most: number): number | null {
  return value === null || !(value >= least && value <= most) ? null : value
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

function validInstant(text: string | null): string | null {
  const epochMs = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(epochMs) ? null : instant(epochMs)
}
