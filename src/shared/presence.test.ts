import { expect, test } from 'vitest'
import type { DevicePresence } from './contract/fleet.ts'
import { isFlapping, presenceSentence, skewText } from './presence.ts'

const NOW = Date.parse('2026-03-03T12:00:00Z')
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString()

const PRESENCE: DevicePresence = {
  reason: 'heard',
  beatSeconds: 5,
  missedBeats: 0,
  skewMs: 20,
  reconnects: 0,
  flappingUntil: null,
}

function sentence(
  seenSecondsAgo: number,
  presence: Partial<DevicePresence> | null = {},
  state: 'online' | 'offline' | 'pending' = 'online',
) {
  const device = {
    state,
    since: at(seenSecondsAgo),
    lastSeenAt: at(seenSecondsAgo),
    ttlSeconds: 15,
    presence: presence === null ? null : { ...PRESENCE, ...presence },
  }
  return presenceSentence(device, NOW)
}

test('an online device says when it was heard, and when it should be heard next', () => {
  expect(sentence(3)).toBe('Online: last heartbeat 3 s ago, next expected within 2 s.')
  expect(sentence(3, null)).toBe('Online: last heartbeat 3 s ago, next expected within 2 s.')
  expect(sentence(9)).toBe('Online: last heartbeat 9 s ago, overdue; offline in 6 s unless heard.')
  expect(sentence(20)).toContain('a whole TTL more since the registry could not listen')
})

test('what is online without a heartbeat says why', () => {
  expect(sentence(2, { reason: 'registered' })).toBe(
    'Online: it registered 2 s ago, and has not sent a heartbeat yet.',
  )
  expect(sentence(90, { reason: 'restored' })).toBe(
    'Online: it was before the registry restarted, and has its TTL of 15 s to be heard again.',
  )
})

test('a clock that is off is said, one that is a little off is not', () => {
  expect(sentence(3, { skewMs: -40_000 })).toMatch(/^Online, but its clock is 40 s behind: last/u)
  expect(skewText({ presence: { ...PRESENCE, skewMs: 7_200_000 } })).toBe('2 h ahead')
  expect(skewText({ presence: { ...PRESENCE, skewMs: 2 ** 31 - 1 } })).toBe('weeks or more ahead')
  expect(skewText({ presence: { ...PRESENCE, skewMs: -4999 } })).toBeNull()
  expect(skewText({ presence: null })).toBeNull()
})

test('an offline device says since when and for what reason', () => {
  expect(sentence(30, { reason: 'silent' }, 'offline')).toMatch(
    /^Offline since .*\d\d.*: no heartbeat for its 15 s TTL\.$/u,
  )
  expect(sentence(30, { reason: 'unheard-since-restart' }, 'offline')).toMatch(
    /: the registry restarted, and the device was not heard since\.$/u,
  )
  expect(sentence(200_000, {}, 'offline')).toMatch(/Mar|1/u)
})

test('the mark of one that comes and goes ends at its time', () => {
  const flapping = { presence: { ...PRESENCE, flappingUntil: at(-60) } }
  expect(isFlapping(flapping, NOW)).toBe(true)
  expect(isFlapping(flapping, NOW + 61_000)).toBe(false)
  expect(isFlapping({ presence: null }, NOW)).toBe(false)
})
