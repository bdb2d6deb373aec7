import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'

const IDS = ['a', 'B', 'b-1', 'b-10', 'ü', '\uFF00', '😀', 'c']
const PLACES = ['hall', 'Hall 2', 'barn', null]
const TYPES = ['pump', 'soil sensor', null]

type Step =
  | { kind: 'register'; id: string; type: string | null; place: string | null; label: string }
  | { kind: 'move'; id: string; place: string | null }
  | { kind: 'leave' | 'forget'; id: string }
  | { kind: 'ask' }

const id = fc.constantFrom(...IDS)
const place = fc.constantFrom(...PLACES)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('register' as const),
    id,
    type: fc.constantFrom(...TYPES),
    place,
    label: fc.constantFrom('red', 'blue'),
  }),
  fc.record({ kind: fc.constant('move' as const), id, place }),
  fc.record({ kind: fc.constantFrom('leave' as const, 'forget' as const), id }),
  fc.record({ kind: fc.constant('ask' as const) }),
)

test(
  'pages, filters, selectors and the summary are what a look at every device would find',
  { timeout: 30_000 },
  () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const parts = registryParts()
        const model = new Map<
          string,
          { type: string | null; place: string | null; label: string }
        >()
        for (const taken of [...steps, { kind: 'ask' as const }]) {
          if (taken.kind === 'ask') compare(parts, model)
          else apply(parts, model, taken)
        }
      }),
      { numRuns: 100 },
    )
  },
)

type Parts = ReturnType<typeof registryParts>
type Model = Map<string, { type: string | null; place: string | null; label: string }>

function apply(parts: Parts, model: Model, taken: Exclude<Step, { kind: 'ask' }>): void {
  const entry = parts.index.get('t', taken.id)
  if (taken.kind === 'register') {
    const params = deviceParams(taken.id, {
      identity: { device_type: taken.type },
      status: { ts: '', location: taken.place },
      capabilities: {
        labels: { colour: taken.label },
        functions: [{ name: 'go', labels: { way: [taken.label, 'on'] } }],
      },
    })
    parts.registrations.answer('t', rpc('registerDevice', params), 'source')
    model.set(taken.id, { type: taken.type, place: taken.place, label: taken.label })
  } else if (entry?.online !== true) return
  else if (taken.kind === 'move') {
    const beat = JSON.stringify({ ts: 1, location: taken.place })
    parts.heartbeats.receive(`device-connect.t.${taken.id}.heartbeat`, Buffer.from(beat))
    const known = model.get(taken.id)
    if (known !== undefined) known.place = taken.place
  } else {
    if (taken.kind === 'leave') parts.index.setOnline(entry, false)
    else parts.index.remove(entry)
    model.delete(taken.id)
  }
}

function compare(parts: Parts, model: Model): void {
  const ask = (method: string, params: Record<string, unknown> = {}) =>
    JSON.parse(parts.discovery.answer('t', rpc(`discovery/${method}`, params), 'source')).result
  const idsOf = (rows: readonly { device_id: string }[]) => rows.map(({ device_id }) => device_id)
  const inOrder = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const wanted = (
    fits: (device: { type: string | null; place: string | null; label: string }) => boolean,
  ) => inOrder.filter(([, device]) => fits(device)).map(([deviceId]) => deviceId)

  expect(idsOf(ask('listDevices').devices)).toEqual(wanted(() => true))
  expect(idsOf(ask('listDevices', { location: 'hall' }).devices)).toEqual(
    wanted(({ place: at }) => at?.toLowerCase().includes('hall') === true),
  )
  expect(idsOf(ask('listDevices', { device_type: 'SENSOR', limit: 200 }).devices)).toEqual(
    wanted(({ type }) => type === 'soil sensor'),
  )
  expect(idsOf(ask('discover', { selector: 'device(colour:red)' }).results)).toEqual(
    wanted(({ label }) => label === 'red'),
  )
  expect(idsOf(ask('discover', { selector: 'device(b*,location:*al*)' }).results)).toEqual(
    wanted(({ place: at }) => at?.includes('al') === true).filter((deviceId) =>
      deviceId.startsWith('b'),
    ),
  )
  expect(idsOf(ask('discover', { selector: 'function(way:blue)' }).results)).toEqual(
    wanted(({ label }) => label === 'blue'),
  )
  const summary = ask('describeFleet')
  expect(summary.total_devices).toBe(model.size)
  expect(summary.by_location['hall']?.count ?? 0).toBe(
    wanted(({ place: at }) => at === 'hall').length,
  )
  expect(ask('discoverLabels').device_keys.colour?.values.red ?? 0).toBe(
    wanted(({ label }) => label === 'red').length,
  )
}

test('devices that look alike are one group, and what they offer is kept once', () => {
  const parts = registryParts()
  for (let number = 0; number < 100; number += 1) {
    const params = deviceParams(`d${number}`)
    parts.registrations.answer('t', rpc('registerDevice', params), 'source')
  }
  const groups = [...(parts.index.tenant('t')?.groups() ?? [])]
  expect(groups.map(({ count }) => count)).toEqual([100])
  const offers = new Set([...parts.index.all()].map(({ facts }) => facts.offer))
  expect(offers.size).toBe(1)
})
