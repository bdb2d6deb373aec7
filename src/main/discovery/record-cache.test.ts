import { describe, expect, test } from 'vitest'
import { RecordCache } from './record-cache.ts'
import type { ServiceRecord } from './service-records.ts'

const SERVICE = '_device-connect._tcp.local'
const PUMP = `pump.${SERVICE}`

function pointer(change: Partial<ServiceRecord> = {}): ServiceRecord {
  const ptr = { type: 'PTR', name: SERVICE, instance: PUMP, label: 'pump' } as const
  return { ...ptr, ttlMs: 100_000, flush: false, identity: PUMP, ...change } as ServiceRecord
}

function address(ip: string, change: Partial<ServiceRecord> = {}): ServiceRecord {
  const base = { type: 'A', name: 'pump.local', address: ip, identity: ip } as const
  return { ...base, ttlMs: 120_000, flush: true, ...change } as ServiceRecord
}

function addresses(cache: RecordCache): string[] {
  return cache.get('A', 'pump.local').map((cached) => cached.record.address)
}

/** Moves time in small steps and notes when something happened, in seconds. */
function run(cache: RecordCache, untilMs: number) {
  const due: number[] = []
  const expired: number[] = []
  for (let now = 0; now <= untilMs; now += 100) {
    const result = cache.advance(now)
    due.push(...result.due.map(() => now / 1000))
    expired.push(...result.expired.map(() => now / 1000))
  }
  return { due, expired }
}

describe('the record cache', () => {
  test('asks for a record again at 80, 85, 90 and 95 % of its life, then lets it go', () => {
    const cache = new RecordCache(() => 0)
    cache.put(pointer(), 0)
    expect(run(cache, 120_000)).toEqual({ due: [80, 85, 90, 95], expired: [100] })
    expect(cache.get('PTR', PUMP)).toEqual([])
  })

  test('asks up to 2 % later, at random', () => {
    const cache = new RecordCache(() => 1)
    cache.put(pointer(), 0)
    expect(run(cache, 120_000).due).toEqual([82, 87, 92, 97])
  })

  test('gives a record that is heard again a new life', () => {
    const cache = new RecordCache(() => 0)
    expect(cache.put(pointer(), 0)).toBe('added')
    expect(cache.put(pointer(), 50_000)).toBe('refreshed')
    expect(run(cache, 140_000)).toEqual({ due: [130, 135, 140], expired: [] })
  })

  test('keeps a record that says goodbye for one second', () => {
    const cache = new RecordCache(() => 0)
    cache.put(pointer(), 0)
    expect(cache.put(pointer({ ttlMs: 0 }), 5000)).toBe('leaving')
    expect(run(cache, 10_000)).toEqual({ due: [], expired: [6] })
  })

  test('takes a goodbye back when the record is announced again within the second', () => {
    const cache = new RecordCache(() => 0)
    cache.put(pointer(), 0)
    cache.put(pointer({ ttlMs: 0 }), 5000)
    cache.put(pointer(), 5500)
    expect(run(cache, 10_000).expired).toEqual([])
  })

  test('does not take in a goodbye of something unknown', () => {
    const cache = new RecordCache(() => 0)
    expect(cache.put(pointer({ ttlMs: 0 }), 0)).toBe('none')
    expect(cache.get('PTR', PUMP)).toEqual([])
  })

  test('lets older records go one second after a record with the flush bit', () => {
    const cache = new RecordCache(() => 0)
    cache.put(address('192.0.2.1'), 0)
    cache.put(address('192.0.2.2'), 5000)
    cache.advance(5999)
    expect(addresses(cache)).toEqual(['192.0.2.1', '192.0.2.2'])
    cache.advance(6000)
    expect(addresses(cache)).toEqual(['192.0.2.2'])
  })

  test('keeps records that came within the last second in spite of the flush bit', () => {
    const cache = new RecordCache(() => 0)
    cache.put(address('192.0.2.1'), 0)
    cache.put(address('192.0.2.2'), 800)
    cache.advance(60_000)
    expect(addresses(cache)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  test('keeps both of two records that are announced together again', () => {
    const cache = new RecordCache(() => 0)
    for (const at of [0, 10_000]) {
      cache.put(address('192.0.2.1'), at)
      cache.put(address('192.0.2.2'), at)
    }
    cache.advance(60_000)
    expect(addresses(cache)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  test('does not flush on a goodbye: the other address may still be good', () => {
    const cache = new RecordCache(() => 0)
    cache.put(address('192.0.2.1'), 0)
    cache.put(address('192.0.2.2'), 500)
    cache.put(address('192.0.2.2', { ttlMs: 0 }), 20_000)
    cache.advance(30_000)
    expect(addresses(cache)).toEqual(['192.0.2.1'])
  })

  test('asks for a doubted record at once, three times more, and drops it after 10 s', () => {
    const cache = new RecordCache(() => 0)
    cache.put(pointer({ ttlMs: 4_500_000 }), 0)
    cache.reconfirm(cache.get('PTR', PUMP)[0]!, 2000)
    expect(run(cache, 20_000)).toEqual({ due: [2, 3, 5, 8], expired: [12] })
  })

  test('keeps at most eight records of a name, the newest', () => {
    const cache = new RecordCache(() => 0)
    for (let i = 0; i < 20; i++) cache.put(address(`192.0.2.${i}`), 0)
    expect(addresses(cache)).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((i) => `192.0.2.${i}`))
  })
})
