import { expect, test } from 'vitest'
import { StillClock } from '../../../tests/support/registry-parts.ts'
import { silentLogger } from '../log/logger.ts'
import { newCounters } from './counters.ts'
import { DeviceEntry } from './device-entry.ts'
import { deviceFacts, statusFacts } from './device-facts.ts'
import { PRESENCE_TICK_MS, PresenceMonitor } from './presence-monitor.ts'
import { TextArena } from './text-arena.ts'

function monitor() {
  const clock = new StillClock()
  const counters = newCounters()
  const offline: string[] = []
  const server = { confirm: async () => {} }
  const presence = new PresenceMonitor({
    clock,
    counters,
    history: { graceFromMs: 0 },
    logger: silentLogger(),
    confirm: () => server.confirm(),
    mayJudge: () => true,
    declareOffline: (entry) => {
      entry.online = false
      offline.push(entry.deviceId)
    },
  })
  presence.resume()
  const online = (deviceId: string, ttlSeconds = 15) => {
    const entry = new DeviceEntry({
      tenant: 't',
      deviceId,
      texts: new TextArena(),
      status: '{}',
      facts: deviceFacts({ device_ttl: ttlSeconds }, 15),
      statusFacts: statusFacts({}),
    })
    entry.online = true
    entry.lastBeatMs = clock.monotonicMs()
    presence.watch(entry)
    return entry
  }
  /** Lets time pass tick by tick, as the interval does. */
  const pass = async (ms: number, each: () => void = () => undefined) => {
    for (let passed = 0; passed < ms; passed += PRESENCE_TICK_MS) {
      clock.advance(PRESENCE_TICK_MS)
      each()
      presence.check()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { clock, counters, offline, server, presence, online, pass }
}

test('a device is offline once its ttl passed without a heartbeat, and not before', async () => {
  const { offline, online, pass } = monitor()
  online('d')
  await pass(14_500)
  expect(offline).toEqual([])
  await pass(1500)
  expect(offline).toEqual(['d'])
})

test('a device that beats stays online, also with a ttl beyond a turn of the wheel', async () => {
  const { clock, offline, online, pass } = monitor()
  const beating = [online('short', 1), online('long', 200)]
  await pass(300_000, () => {
    for (const entry of beating) entry.lastBeatMs = clock.monotonicMs()
  })
  expect(offline).toEqual([])
  await pass(199_000)
  expect(offline).toEqual(['short'])
  await pass(2000)
  expect(offline).toEqual(['short', 'long'])
})

test('each of many devices that fall silent at once is declared once', async () => {
  const { offline, online, pass } = monitor()
  for (let index = 0; index < 5000; index += 1) online(`d${index}`)
  await pass(20_000)
  expect(new Set(offline).size).toBe(5000)
  expect(offline.length).toBe(5000)
})

test('after this process stood still everybody has a whole ttl again', async () => {
  const { clock, counters, offline, online, pass } = monitor()
  online('d')
  await pass(10_000)
  clock.advance(60_000)
  await pass(14_000)
  expect(offline).toEqual([])
  expect(counters.gracePeriods).toBe(1)
  await pass(2000)
  expect(offline).toEqual(['d'])
})

test('a wall clock that jumps while the monotonic one stood (a laptop asleep) gives grace', async () => {
  const { clock, offline, online, pass } = monitor()
  online('d')
  await pass(10_000)
  clock.wall += 3_600_000
  await pass(14_000)
  expect(offline).toEqual([])
})

test('a wall clock set back harms nobody', async () => {
  const { clock, offline, online, pass } = monitor()
  online('d')
  clock.wall -= 3_600_000
  await pass(14_000)
  expect(offline).toEqual([])
  await pass(2000)
  expect(offline).toEqual(['d'])
})

test('while the connection is down nobody goes offline, and afterwards all have a ttl', async () => {
  const { offline, online, pass, presence } = monitor()
  online('d')
  presence.pause()
  await pass(60_000)
  expect(offline).toEqual([])
  presence.resume()
  await pass(14_000)
  expect(offline).toEqual([])
  await pass(2000)
  expect(offline).toEqual(['d'])
})

test('a heartbeat that the server still held when the ttl ended saves the device', async () => {
  const { clock, offline, online, server, pass } = monitor()
  const entry = online('d')
  server.confirm = async () => {
    entry.lastBeatMs = clock.monotonicMs()
  }
  await pass(60_000)
  expect(offline).toEqual([])
})

test('a server that stood still costs no device that it had no time to hear', async () => {
  const { clock, offline, online, server, pass } = monitor()
  const entry = online('d')
  await pass(13_000)
  const stopped = Promise.withResolvers<void>()
  server.confirm = () => stopped.promise
  await pass(3000)
  server.confirm = async () => {}
  stopped.resolve()
  await pass(1000)
  entry.lastBeatMs = clock.monotonicMs()
  await pass(14_000)
  expect(offline).toEqual([])
  await pass(2000)
  expect(offline).toEqual(['d'])
})

test('without confirmation of the server there is no verdict', async () => {
  const { offline, online, server, pass } = monitor()
  online('d')
  server.confirm = () => Promise.reject(new Error('disconnected'))
  await pass(60_000)
  expect(offline).toEqual([])
  server.confirm = async () => {}
  await pass(1000)
  expect(offline).toEqual(['d'])
})

test('a device that registers again during the verdict is watched once', async () => {
  const { clock, offline, online, server, presence, pass } = monitor()
  const entry = online('d')
  const { promise, resolve } = Promise.withResolvers<void>()
  server.confirm = () => promise
  await pass(16_000)
  entry.lastBeatMs = clock.monotonicMs()
  presence.watch(entry)
  resolve()
  await pass(16_000)
  expect(offline).toEqual(['d'])
})

test('a device that registers with a shorter ttl is not watched by the longer one', async () => {
  const { clock, offline, online, presence, pass } = monitor()
  const entry = online('d', 60)
  await pass(1000)
  for (const ttl of [2, 2, 3]) {
    entry.facts = deviceFacts({ device_ttl: ttl }, 15)
    entry.lastBeatMs = clock.monotonicMs()
    presence.watch(entry)
    await pass(500)
  }
  await pass(2000)
  expect(offline).toEqual([])
  await pass(1000)
  expect(offline).toEqual(['d'])
  await pass(120_000)
  expect(offline).toEqual(['d'])
})
