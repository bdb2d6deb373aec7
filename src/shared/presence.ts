import type { FleetDevice } from './contract/fleet.ts'

/** A clock that is off by less is as good as right: messages take their time, too. */
const SKEW_WORTH_SAYING_MS = 5000
/** Beyond this the registry does not count, and no person cares. */
const SKEW_WITHOUT_NUMBER_MS = 24 * 24 * 3_600_000
/** Later than this many usual pauses, a heartbeat is overdue. */
const OVERDUE = 1.5
/** Devices beat three times a TTL unless told otherwise (protocol.md, "Recovery"). */
const BEATS_A_TTL = 3
const DAY_MS = 24 * 3_600_000

type Observed = Pick<FleetDevice, 'state' | 'since' | 'lastSeenAt' | 'ttlSeconds' | 'presence'>

/** Whether the device is marked as one that comes and goes. */
export function isFlapping({ presence }: Pick<FleetDevice, 'presence'>, nowMs: number): boolean {
  const until = presence?.flappingUntil ?? null
  return until !== null && nowMs < Date.parse(until)
}

/** How far the device's clock is off, in words such as `40 s behind`; null where it is right. */
export function skewText({ presence }: Pick<FleetDevice, 'presence'>): string | null {
  const skewMs = presence?.skewMs ?? null
  if (skewMs === null || Math.abs(skewMs) < SKEW_WORTH_SAYING_MS) return null
  const direction = skewMs > 0 ? 'ahead' : 'behind'
  const off = Math.abs(skewMs)
  return `${off >= SKEW_WITHOUT_NUMBER_MS ? 'weeks or more' : span(off)} ${direction}`
}

/** Milliseconds of its TTL that an online device has left; null where that is not known. */
export function ttlLeftMs(device: Observed, nowMs: number): number | null {
  const { state, lastSeenAt, ttlSeconds } = device
  if (state !== 'online' || lastSeenAt === null || ttlSeconds === null) return null
  return Math.max(0, Date.parse(lastSeenAt) + ttlSeconds * 1000 - nowMs)
}

/** Why the device is in its state, in one sentence; moments in the zone of who reads it. */
export function presenceSentence(device: Observed, nowMs: number): string {
  if (device.state === 'pending')
    return 'Pending: it holds a credential, and has not connected yet.'
  if (device.state === 'offline') return offlineSentence(device, nowMs)
  const skew = skewText(device)
  const online = skew === null ? 'Online' : `Online, but its clock is ${skew}`
  return `${online}: ${onlineReason(device, nowMs)}.`
}

function offlineSentence(device: Observed, nowMs: number): string {
  const since = `Offline since ${moment(Date.parse(device.since), nowMs)}`
  if (device.presence?.reason === 'unheard-since-restart') {
    return `${since}: the registry restarted, and the device was not heard since.`
  }
  const { ttlSeconds } = device
  if (ttlSeconds === null) return `${since}: the registry says so.`
  return `${since}: no heartbeat for its ${ttlSeconds} s TTL.`
}

function onlineReason(device: Observed, nowMs: number): string {
  const { presence, lastSeenAt, ttlSeconds } = device
  if (presence?.reason === 'restored') {
    const time = ttlSeconds === null ? 'one TTL' : `its TTL of ${ttlSeconds} s`
    return `it was before the registry restarted, and has ${time} to be heard again`
  }
  if (lastSeenAt === null) return 'the registry lists it'
  const age = Math.max(0, nowMs - Date.parse(lastSeenAt))
  const pause = pauseMs(device)
  if (presence?.reason === 'registered') {
    return `it registered ${ago(age)}, and has not sent a heartbeat yet`
  }
  if (pause === null) return `last heartbeat ${ago(age)}`
  if (age <= pause * OVERDUE) {
    return `last heartbeat ${ago(age)}, next expected within ${span(Math.max(1000, pause - age), Math.ceil)}`
  }
  const left = ttlLeftMs(device, nowMs) ?? 0
  if (left > 0)
    return `last heartbeat ${ago(age)}, overdue; offline in ${span(left, Math.ceil)} unless heard`
  return `last heartbeat ${ago(age)}, and a whole TTL more since the registry could not listen`
}

function pauseMs({ presence, ttlSeconds }: Observed): number | null {
  const observed = presence?.beatSeconds ?? null
  if (observed !== null) return observed * 1000
  return ttlSeconds === null ? null : (ttlSeconds * 1000) / BEATS_A_TTL
}

function ago(milliseconds: number): string {
  return milliseconds < 1000 ? 'just now' : `${span(milliseconds, Math.floor)} ago`
}

/** A stretch of time in its largest unit: `40 s`, `3 min`, `2 h`, `5 days`. */
function span(milliseconds: number, whole: (number: number) => number = Math.round): string {
  const seconds = whole(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${whole(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${whole(seconds / 3600)} h`
  return `${whole(seconds / (24 * 3600))} days`
}

/** The time of day, with the day where it is not within the last. */
function moment(at: number, nowMs: number): string {
  const time = { hour: '2-digit', minute: '2-digit' } as const
  const day = nowMs - at < DAY_MS ? {} : ({ day: 'numeric', month: 'short' } as const)
  return new Intl.DateTimeFormat(undefined, { ...day, ...time }).format(at)
}
