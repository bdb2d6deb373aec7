import { expect, test } from 'vitest'
import { bytes, deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import { FLAP_WINDOW_MS } from './beat-history.ts'
import { toFleetDevice } from './fleet-device.ts'

function observed() {
  const told: string[] = []
  const parts = registryParts({
    feed: {
      changed: ({ deviceId }) => void told.push(deviceId),
      beat: () => undefined,
      removed: () => undefined,
    },
  })
  const { clock, heartbeats, index, presence, registrations } = parts
  presence.resume()
  const register = (changes = {}) =>
    registrations.answer('t', rpc('registerDevice', deviceParams('d', changes)), 'source')
  const beat = (clockOffSeconds = 0) =>
    heartbeats.receive(
      'device-connect.t.d.heartbeat',
      bytes({ ts: clock.epochMs() / 1000 + clockOffSeconds, battery: 80 }),
    )
  const beats = (count: number, everyMs: number, clockOffSeconds = 0) => {
    for (let number = 0; number < count; number += 1) {
      clock.advance(everyMs)
      beat(clockOffSeconds)
    }
  }
  const seen = () => {
    const entry = index.get('t', 'd')
    const facts = entry === undefined ? null : toFleetDevice(entry).presence
    if (facts === null) throw new Error('not known')
    return facts
  }
  /** Lets it fall silent until it is declared offline. */
  const drop = async () => {
    for (let passed = 0; passed < 20_000; passed += 250) {
      clock.advance(250)
      presence.check()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(index.get('t', 'd')?.online).toBe(false)
  }
  // Nothing is pending between server and registry in these tests.
  parts.wire.confirm = async () => undefined
  return { ...parts, told, register, beat, beats, seen, drop }
}

test('its rhythm is learned, and a gap in it counts the heartbeats that did not come', () => {
  const { register, beats, seen, told } = observed()
  register()
  expect(seen().reason).toBe('registered')
  beats(20, 5000)
  expect(seen()).toMatchObject({ reason: 'heard', beatSeconds: 5, missedBeats: 0, reconnects: 0 })
  const before = told.length
  beats(1, 14_900)
  expect(seen()).toMatchObject({ missedBeats: 2 })
  expect(told.length).toBe(before + 1)
  beats(5, 5000)
  expect(told.length).toBe(before + 1)
})

test('a device that beats slower from now on is understood after a while', () => {
  const { register, beats, seen } = observed()
  register({ device_ttl: 60 })
  beats(20, 5000)
  beats(100, 15_000)
  const { missedBeats } = seen()
  beats(50, 15_000)
  expect(seen()).toMatchObject({ missedBeats })
})

test('what the registry could not hear was not missed', () => {
  const { register, beats, seen, presence, clock } = observed()
  register()
  beats(10, 5000)
  presence.pause()
  clock.advance(60_000)
  presence.resume()
  beats(3, 5000)
  expect(seen().missedBeats).toBe(0)
})

test('the skew of its clock is the median of the last five, and told when it moved', () => {
  const { register, beats, seen, told } = observed()
  register()
  expect(seen().skewMs).toBeNull()
  beats(1, 5000, -40)
  expect(seen().skewMs).toBe(-40_000)
  beats(3, 5000, -40)
  beats(1, 5000, 3000)
  expect(seen().skewMs).toBe(-40_000)
  const before = told.length
  beats(20, 5000, -40.2)
  expect(told.length).toBe(before)
  beats(10, 5000, 0)
  expect(seen().skewMs).toBe(0)
  beats(6, 5000, 4e9)
  expect(seen().skewMs).toBe(2 ** 31 - 1)
})

test('coming back counts, whether it was away or registered anew; being asked does not', async () => {
  const { register, beats, drop, registrations, seen } = observed()
  register()
  beats(2, 5000)
  register()
  expect(seen().reconnects).toBe(1)
  const answer = JSON.stringify({ id: 1, result: deviceParams('d') })
  expect(registrations.admitAnswer('t', 'd', answer)).toBe(true)
  expect(seen().reconnects).toBe(1)
  await drop()
  expect(seen().reason).toBe('silent')
  expect(registrations.admitAnswer('t', 'd', answer)).toBe(true)
  expect(seen()).toMatchObject({ reconnects: 2, reason: 'registered', missedBeats: 0 })
})

test('three times offline within ten minutes is marked, until it stayed for a while', async () => {
  const { register, drop, seen, clock } = observed()
  for (let time = 0; time < 3; time += 1) {
    expect(seenOrNone()).toBeNull()
    register()
    await drop()
  }
  const until = Date.parse(seen().flappingUntil ?? '')
  expect(until - clock.epochMs()).toBeGreaterThan(FLAP_WINDOW_MS - 45_000)
  // One more within the window keeps the mark, though three are not within it any more.
  clock.advance(FLAP_WINDOW_MS - 90_000)
  register()
  await drop()
  expect(Date.parse(seen().flappingUntil ?? '')).toBeGreaterThan(clock.epochMs())
  clock.advance(FLAP_WINDOW_MS)
  register()
  await drop()
  expect(Date.parse(seen().flappingUntil ?? '')).toBeLessThan(clock.epochMs())

  function seenOrNone() {
    try {
      return seen().flappingUntil
    } catch {
      return null
    }
  }
})

test('one that was online before a restart and is not heard since says so', async () => {
  const { registrar, seen, drop } = observed()
  registrar.restore({
    tenant: 't',
    deviceId: 'd',
    document: JSON.stringify(deviceParams('d')),
    status: '{}',
    sinceEpochMs: 1,
    lastSeenEpochMs: 2,
    offlineAtEpochMs: null,
  })
  expect(seen().reason).toBe('restored')
  await drop()
  expect(seen().reason).toBe('unheard-since-restart')
})
