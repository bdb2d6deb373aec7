import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import { fitsFilter, parseSelector } from '#shared/protocol/selectors.ts'
import { deviceParams, registryParts, rpc } from '../../../tests/support/registry-parts.ts'
import { NO_LIMITS } from './registry-limits.ts'

/** Cases for each handler. A failure prints its seed and path, with which it comes again. */
const RUNS = { numRuns: 10_000 }
/** No single message may take more of the processor, on whatever machine this runs. */
const STALL_MS = 500
const MICROSECONDS_A_MILLISECOND = 1000

/** On a machine that is busy with other suites. */
const SLOW = { timeout: 30_000 }

const TENANT = 't'
const SUBJECT = 'device-connect.t.d.heartbeat'

/** What devices and tools really send; most of what is hostile is nearly that. */
const TEMPLATES = [
  rpc('registerDevice', deviceParams('d')),
  rpc('registerDevice', {
    ...deviceParams('d'),
    device_ttl: '1e400',
    identity: { ['__proto__']: {} },
  }),
  rpc('discovery/listDevices', { device_type: 'soil', location: 'green', offset: 0, limit: 10 }),
  rpc('discovery/getDevice', { device_id: 'd' }),
  rpc('discovery/describeFleet'),
  rpc('discovery/discover', { selector: 'device(category:[a,b*],d?).function(x:*)', limit: 3 }),
  rpc('discovery/discoverLabels', { key: 'device.location', offset: 1 }),
  Buffer.from('{"device_id":"d","ts":1.5,"battery":80,"location":"greenhouse","x":NaN}'),
  Buffer.from('{"ts":-0,"a":[[[[]]]],"constructor":1}'),
  Buffer.from(''),
  Buffer.from('[1,"\\ud800"]'),
]

/** A template with some bytes set, cut off or doubled. */
const nearly = fc
  .tuple(
    fc.nat(TEMPLATES.length - 1),
    fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 5 }),
    fc.nat(9),
  )
  .map(([which, changes, ending]) => {
    const bytes = Buffer.from(TEMPLATES[which] ?? '')
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
    if (ending === 0) return bytes.subarray(0, bytes.length >> 1)
    return ending === 1 ? Buffer.concat([bytes, bytes]) : bytes
  })
const anything = fc.oneof(
  { weight: 6, arbitrary: nearly },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc
      .json({ maxDepth: 3 })
      .map((params) => Buffer.from(`{"id":7,"method":"discovery/discover","params":${params}}`)),
  },
)

/** Runs it on every case, and sees that none takes long. */
function never<Case>(cases: fc.Arbitrary<Case>, run: (one: Case) => void): void {
  let slowest = 0
  fc.assert(
    fc.property(cases, (one) => {
      // Not time as it passes: a busy machine lets others run meanwhile.
      const before = process.threadCpuUsage()
      run(one)
      const { user, system } = process.threadCpuUsage(before)
      slowest = Math.max(slowest, (user + system) / MICROSECONDS_A_MILLISECOND)
    }),
    RUNS,
  )
  expect(slowest).toBeLessThan(STALL_MS)
}

/** A reply is JSON-RPC, and an error says what kind it is. */
function expectReply(reply: unknown): void {
  if (typeof reply !== 'string') throw new Error('a reply that has to wait for nothing waits')
  const { jsonrpc, result, error } = JSON.parse(reply)
  const isTyped =
    error === undefined || (Number.isInteger(error.code) && typeof error.message === 'string')
  if (jsonrpc !== '2.0' || (result === undefined) === (error === undefined) || !isTyped) {
    throw new Error(`not JSON-RPC: ${reply}`)
  }
}

test('whatever comes as a registration is answered', SLOW, () => {
  let parts = registryParts({ limits: NO_LIMITS })
  never(anything, (data) => {
    // Made-up devices that got in are not what this is about.
    if (parts.index.size > 100) parts = registryParts({ limits: NO_LIMITS })
    expectReply(parts.registrations.answer(TENANT, data, 'source'))
  })
})

test('whatever is asked of discovery is answered', SLOW, () => {
  const { discovery, registrations } = registryParts()
  for (let number = 0; number < 20; number += 1) {
    void registrations.answer(TENANT, rpc('registerDevice', deviceParams(`d${number}`)), 'source')
  }
  never(anything, (data) => expectReply(discovery.answer(TENANT, data, 'source')))
})

test('whatever comes as a heartbeat leaves a record that can be read', SLOW, () => {
  let { heartbeats, index } = fresh()
  const subjects = fc.constantFrom(
    SUBJECT,
    SUBJECT,
    SUBJECT,
    'device-connect.t.*.heartbeat',
    '',
    'x',
  )
  never(fc.tuple(subjects, anything), ([subject, data]) => {
    heartbeats.receive(subject, data)
    const entry = index.get(TENANT, 'd')
    const { device_id: deviceId, status } = JSON.parse(entry?.record() ?? '{}')
    if (deviceId !== 'd' || typeof status !== 'object') throw new Error('the record is damaged')
    if ((entry?.status.length ?? 0) > 4000) ({ heartbeats, index } = fresh())
  })

  function fresh() {
    const parts = registryParts({ limits: NO_LIMITS })
    void parts.registrations.answer(TENANT, rpc('registerDevice', deviceParams('d')), 'source')
    return parts
  }
})

test('whatever is given as a selector is one, or refused at a position', SLOW, () => {
  const pieces = [
    'device',
    'function',
    'event',
    '(',
    ')',
    '[',
    ']',
    ',',
    ':',
    '*',
    '?',
    '.',
    ' ',
    '!',
    'a',
    'ü',
    '😀',
    '',
  ]
  const text = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join('')),
    fc
      .array(fc.constantFrom(...pieces), { maxLength: 12 })
      .map((parts) => `device(${parts.join('')})`),
    fc.string({ maxLength: 40 }),
  )
  never(text, (selectorText) => {
    try {
      const selector = parseSelector(selectorText)
      fitsFilter(selector.device, 'a'.repeat(200), () => ['a'.repeat(200), 'ü'])
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error
      const position = Number(error.details['position'])
      if (!(position >= 0 && position <= selectorText.length)) throw error
    }
  })
})
