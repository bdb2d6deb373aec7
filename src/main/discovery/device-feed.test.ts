import { beforeEach, expect, test } from 'vitest'
import type { DiscoveredDevice, DiscoveryUpdate } from '#shared/contract/discovery.ts'
import { silentLogger } from '../log/logger.ts'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import { DeviceFeed } from './device-feed.ts'

let clock: ManualClock
let list: DiscoveredDevice[]
let error: string | null
let built: number
let feed: DeviceFeed
let updates: DiscoveryUpdate[]

beforeEach(() => {
  clock = new ManualClock()
  list = []
  error = null
  built = 0
  updates = []
  feed = new DeviceFeed({
    clock,
    log: silentLogger(),
    build: () => {
      built++
      return list
    },
    health: () => ({ interfaces: [{ name: 'eth0', address: '192.0.2.9', error }] }),
  })
})

function device(deviceId: string, change: Partial<DiscoveredDevice> = {}): DiscoveredDevice {
  return {
    key: `mdns:${deviceId}`,
    deviceId,
    deviceType: null,
    state: 'uncommissioned',
    host: `${deviceId}.local`,
    port: 5540,
    addresses: ['192.0.2.7'],
    interfaces: ['eth0'],
    source: 'mdns',
    reachable: true,
    conflict: false,
    firstSeenAt: new Date(0).toISOString(),
    lastSeenAt: new Date(clock.wallNow()).toISOString(),
    ...change,
  }
}

function watch(): void {
  feed.subscribe((update) => updates.push(update))
}

test('a listener gets the whole list at once, then what changed', () => {
  list = [device('a'), device('b')]
  feed.touch()
  watch()
  list = [device('a', { state: 'commissioned' }), device('c')]
  feed.touch()
  clock.advance(50)
  expect(updates).toMatchObject([
    { type: 'snapshot', devices: [{ deviceId: 'a' }, { deviceId: 'b' }] },
    {
      type: 'changed',
      upserted: [{ deviceId: 'a', state: 'commissioned' }, { deviceId: 'c' }],
      removedKeys: ['mdns:b'],
      health: { interfaces: [{ name: 'eth0', error: null }] },
    },
  ])
})

test('the first change is told at once and a storm at most 20 times a second', () => {
  watch()
  for (let i = 0; i < 1000; i++) {
    list = [device('a', { port: 1000 + i })]
    feed.touch()
    clock.advance(1)
  }
  clock.advance(100)
  expect(updates.length - 1).toBeLessThanOrEqual(21)
  expect(built).toBeLessThanOrEqual(21)
  expect(updates.at(-1)).toMatchObject({ upserted: [{ port: 1999 }] })
})

test('a device that is merely heard again is told only every 10 s', () => {
  list = [device('a')]
  feed.touch()
  watch()
  for (let i = 0; i < 25; i++) {
    clock.advance(1000)
    list = [device('a')]
    feed.touch()
  }
  clock.advance(100)
  expect(updates).toHaveLength(3)
})

test('an interface that fails is told without any device', () => {
  feed.touch()
  clock.advance(0)
  watch()
  error = 'EADDRINUSE'
  feed.touch()
  clock.advance(50)
  expect(updates.at(-1)).toEqual({
    type: 'changed',
    upserted: [],
    removedKeys: [],
    health: { interfaces: [{ name: 'eth0', address: '192.0.2.9', error: 'EADDRINUSE' }] },
  })
})

test('a listener that throws does not keep the others from hearing', () => {
  feed.subscribe(() => {
    throw new RangeError('listener')
  })
  watch()
  list = [device('a')]
  feed.touch()
  clock.advance(0)
  expect(updates).toHaveLength(2)
})

test('nobody is told after the end, and no timer is left', () => {
  watch()
  feed.touch()
  feed.close()
  feed.touch()
  clock.advance(1000)
  expect(updates).toHaveLength(1)
  expect(clock.waiting).toBe(0)
})
