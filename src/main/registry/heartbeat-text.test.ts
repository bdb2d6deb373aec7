import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeviceEntry } from './device-entry.ts'
import { deviceFacts, statusFacts } from './device-facts.ts'
import { isSameBeat, numberOfTopLevelKey, rememberBeat } from './heartbeat-text.ts'
import { TextArena } from './text-arena.ts'

function entryAfter(beat: string): DeviceEntry {
  const entry = new DeviceEntry({
    tenant: 't',
    deviceId: 'd',
    texts: new TextArena(),
    status: '{}',
    facts: deviceFacts({}, 15),
    statusFacts: statusFacts({}),
  })
  rememberBeat(entry, Buffer.from(beat))
  return entry
}

const same = (before: string, after: string) => isSameBeat(entryAfter(before), Buffer.from(after))

test('a heartbeat that differs in ts only is the same beat', () => {
  expect(same('{"device_id":"d","ts":1.5,"a":1}', '{"device_id":"d","ts":1718000.25,"a":1}')).toBe(
    true,
  )
  expect(same('{"ts": 5}', '{"ts": 61}')).toBe(true)
})

test('it notes the clock of the device', () => {
  const entry = entryAfter('{"ts": 1.5}')
  isSameBeat(entry, Buffer.from('{"ts": 1718000.25}'))
  expect(entry.deviceClockSeconds).toBeCloseTo(1718000.25, 6)
})

test.each([
  ['another value', '{"ts":1,"a":1}', '{"ts":2,"a":2}'],
  ['a value that begins alike', '{"ts":1,"a":1}', '{"ts":2,"a":12}'],
  ['a further field', '{"ts":1}', '{"ts":2,"a":1}'],
  ['a field less', '{"ts":1,"a":1}', '{"ts":2}'],
  ['a change before ts', '{"a":1,"ts":1}', '{"a":2,"ts":1}'],
  ['ts that is no number', '{"ts":1}', '{"ts":"1"}'],
  ['ts without digits behind the dot', '{"ts":1.5}', '{"ts":1.}'],
  ['ts with an exponent', '{"ts":1}', '{"ts":1e9}'],
  ['no ts', '{"ts":1}', '{}'],
  ['a first beat without ts', '{"a":1}', '{"a":1}'],
  ['nothing', '{"ts":1}', ''],
])('%s is not the same beat', (_what, before, after) => {
  expect(same(before, after)).toBe(false)
})

test('ts inside another object or in a text is not taken for the time of the beat', () => {
  const found = (text: string) => numberOfTopLevelKey(Buffer.from(text), Buffer.from('ts'))
  expect(found('{"a":{"ts":1},"ts":22}')).toEqual({ start: 19, end: 21 })
  expect(found(String.raw`{"a":"\"ts\":1","b":["ts",2]}`)).toBeUndefined()
})

test('whatever is the same beat parses to the same but for ts', () => {
  const beat = fc.record({ device_id: fc.constant('d'), a: fc.jsonValue(), b: fc.jsonValue() })
  const time = fc.double({ min: 0, max: 4e9, noNaN: true })
  fc.assert(
    fc.property(beat, beat, time, time, fc.boolean(), (first, other, ts, later, changed) => {
      const before = JSON.stringify({ ...first, ts })
      const after = JSON.stringify({ ...(changed ? other : first), ts: later })
      if (!same(before, after)) return
      expect({ ...JSON.parse(after), ts: 0 }).toEqual({ ...JSON.parse(before), ts: 0 })
    }),
    { numRuns: 500 },
  )
})

test('bytes of any kind are compared without harm', () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: 200 }), (key, data) => {
      const entry = entryAfter(JSON.stringify({ [key]: 1, ts: 5 }))
      isSameBeat(entry, data)
      rememberBeat(entry, data)
      isSameBeat(entry, data)
    }),
    { numRuns: 500 },
  )
})
