import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { until } from '../support/until.ts'
import { ask, comparable, startTwoRegistries, type TwoRegistries } from './two-registries.ts'
import { describeWithReference } from './with-reference.ts'

const TENANT = 'parity'
const REGISTRY = `device-connect.${TENANT}.registry`
const DISCOVERY = `device-connect.${TENANT}.discovery`

type Values = Readonly<Record<string, unknown>>

const request = (method: string, params?: unknown, id: unknown = 'r-1') =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

/** As the reference's runtime registers a device. */
function device(deviceId: string, changes: Values = {}): Values {
  return {
    device_id: deviceId,
    device_ttl: 60,
    capabilities: {
      description: 'A camera',
      functions: [
        { name: 'shoot', description: '', parameters: { type: 'object' }, labels: null, tags: [] },
      ],
      events: [{ name: 'moved', description: '', payload_schema: null, labels: null, tags: [] }],
      labels: null,
    },
    identity: { device_type: 'Camera', manufacturer: 'Acme' },
    status: { ts: '2026-01-01T00:00:00Z', location: 'Hall', busy_score: 0.5 },
    ...changes,
  }
}

const registration = (deviceId: string, changes: Values = {}) =>
  request('registerDevice', device(deviceId, changes))

const withStatus = (deviceId: string, status: Values) =>
  registration(deviceId, { status: { ts: 'now', ...status } })

/** What a reply comes down to: messages are each registry's own. */
function verdict(reply: Values | undefined): unknown {
  if (reply === undefined) return 'no answer'
  const { id, error, result } = reply as { id: unknown; error?: Values; result?: Values }
  if (error !== undefined) return { id, code: error['code'] }
  const { devices } = result as { devices?: readonly Values[] }
  const found = devices?.map((found) => found['device_id'])
  return { id, result: found === undefined ? result : { ...result, devices: found } }
}

interface DeviceRecord {
  readonly identity: Values
  readonly status: Values
}

/** The record in an answer to `discovery/getDevice`. */
function recordIn(reply: Values | undefined): DeviceRecord {
  const { result } = reply as { result: { device: DeviceRecord } }
  return result.device
}

/** A record without the fields that the reference's registry invents. */
function withoutDefaults({ identity, status, ...rest }: DeviceRecord): unknown {
  const given = (values: Values) => Object.entries(values).filter(([, value]) => value !== null)
  const invented = new Set(['arch', 'host_cpu', 'dram_mb', 'capabilities'])
  return {
    ...rest,
    identity: Object.fromEntries(given(identity).filter(([name]) => !invented.has(name))),
    status: Object.fromEntries(given(status)),
  }
}

describeWithReference("our registry next to the reference's", (python) => {
  let registries: TwoRegistries

  beforeAll(async () => {
    registries = await startTwoRegistries(python)
  })

  afterAll(() => registries?.close())

  const both = async <T>(work: (connection: NatsConnection) => Promise<T>): Promise<[T, T]> =>
    Promise.all([work(registries.theirs), work(registries.ours)])

  const askBoth = (subject: string, payload: string) =>
    both((connection) => ask(connection, subject, payload))

  test.each([
    ['a registration', registration('a')],
    ['one with a number as id', request('registerDevice', device('b'), 7)],
    ['one with no id', JSON.stringify({ method: 'registerDevice', params: device('c') })],
    ['a TTL as text', registration('d', { device_ttl: '60' })],
    ['a TTL of 60.0', registration('d').replace('60', '60.0')],
    ['a TTL of zero', registration('x', { device_ttl: 0 })],
    ['a TTL of one and a half', registration('x', { device_ttl: 1.5 })],
    ['no capabilities', registration('x', { capabilities: undefined })],
    ['empty capabilities', registration('e', { capabilities: {} })],
    ['a function without a name', registration('x', { capabilities: { functions: [{}] } })],
    ['an empty name', registration('f', { capabilities: { functions: [{ name: '' }] } })],
    ['labels that are numbers', registration('x', { capabilities: { labels: { a: 1 } } })],
    ['an empty identity', registration('g', { identity: {} })],
    ['a serial number that is a number', registration('x', { identity: { serial_number: 7 } })],
    ['a battery as text', withStatus('h', { battery: '50' })],
    ['a battery of 150', withStatus('i', { battery: 150 })],
    ['online as text', withStatus('j', { online: 'yes' })],
    ['a time as number', withStatus('x', { ts: 5 })],
    ['no status', registration('x', { status: undefined })],
    ['an unknown method', request('unregister')],
    ['no method', '{}'],
    ['no JSON', 'nope'],
  ])('answers the same to %s', async (_what, payload) => {
    const [theirs, ours] = await askBoth(REGISTRY, payload)
    expect(verdict(ours)).toEqual(verdict(theirs))
  })

  test.each([
    ['the whole fleet', {}],
    ['no params', undefined],
    ['null as params', null],
    ['the first page', { limit: 3 }],
    ['the second page', { limit: 3, offset: 3 }],
    ['a page beyond the end', { limit: 3, offset: 99 }],
    ['a limit as text', { limit: '3' }],
    ['no limit', { limit: null }],
    ['an offset without a limit', { offset: 3 }],
    ['a limit of zero', { limit: 0 }],
    ['a negative limit', { limit: -1 }],
    ['a limit in words', { limit: 'all' }],
    ['a negative offset', { offset: -1 }],
    ['an offset in words', { offset: 'two' }],
    ['a type, whatever its case', { device_type: 'cAM' }],
    ['a location, whatever its case', { location: 'hAL' }],
    ['both', { device_type: 'camera', location: 'hall' }],
    ['a location where nothing is', { location: 'barn' }],
  ])('lists the same for %s', async (_what, params) => {
    const [theirs, ours] = await askBoth(DISCOVERY, request('discovery/listDevices', params))
    expect(verdict(ours)).toEqual(verdict(theirs))
  })

  test('hands out the same records, but for fields that nobody sent', async () => {
    const [theirs, ours] = await askBoth(
      DISCOVERY,
      request('discovery/getDevice', { device_id: 'a' }),
    )
    expect(withoutDefaults(recordIn(ours))).toEqual(withoutDefaults(recordIn(theirs)))
  })

  test.each([
    ['an unknown device', 'discovery/getDevice', { device_id: 'nobody' }],
    ['no device', 'discovery/getDevice', {}],
    ['the fleet in numbers', 'discovery/describeFleet', undefined],
  ])('answers the same to a question for %s', async (_what, method, params) => {
    const [theirs, ours] = await askBoth(DISCOVERY, request(method, params))
    expect(verdict(ours)).toEqual(verdict(theirs))
  })

  test('merges the same heartbeats', async () => {
    const [theirs, ours] = await both(async (connection) => {
      const beat = { device_id: 'a', ts: 1.5, battery: 3, custom: { x: 1 }, location: null }
      const subject = `device-connect.${TENANT}.a.heartbeat`
      connection.publish(subject, JSON.stringify(beat))
      let status: Values = {}
      await until('the heartbeat to be merged', async () => {
        const question = request('discovery/getDevice', { device_id: 'a' })
        const reply = await ask(connection, DISCOVERY, question)
        status = recordIn(reply).status
        return status['battery'] === 3
      })
      return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null))
    })
    expect(ours).toEqual(theirs)
  })

  test('announces, misses and asks again in the same words', async () => {
    const [theirs, ours] = await both(lifeOf)
    expect(ours).toEqual(theirs)
    expect(ours.map(([subject]) => subject)).toEqual([
      `device-connect.${TENANT}.device.online`,
      `device-connect.${TENANT}.device.offline`,
      `device-connect.${TENANT}.brief.cmd`,
      `device-connect.${TENANT}.device.online`,
    ])
  })

  /** What is said about a device that registers, falls silent, and beats again. */
  async function lifeOf(connection: NatsConnection): Promise<(readonly [string, unknown])[]> {
    const said: (readonly [string, unknown])[] = []
    const params = device('brief', { device_ttl: 2 })
    const hear = (_error: Error | null, message: Msg) => {
      const content = comparable(message.json()) as { params?: Values }
      const about = content.params?.['device_id'] ?? 'brief'
      if (about === 'brief') said.push([message.subject, content])
    }
    const lifecycle = connection.subscribe(`device-connect.${TENANT}.device.*`, { callback: hear })
    const commands = connection.subscribe(`device-connect.${TENANT}.brief.cmd`, {
      callback: (error, message) => {
        hear(error, message)
        const { id } = message.json<{ id: string }>()
        message.respond(JSON.stringify({ jsonrpc: '2.0', id, result: params }))
      },
    })
    const beat = () =>
      connection.publish(
        `device-connect.${TENANT}.brief.heartbeat`,
        JSON.stringify({ device_id: 'brief', ts: Date.now() / 1000 }),
      )
    await ask(connection, REGISTRY, request('registerDevice', params))
    await until('the device to be missed', () => said.length >= 2)
    // The reference believes in a lease for a while after it missed the device.
    await until('the device to be back', () => {
      if (said.length < 4) beat()
      return said.length >= 4
    })
    lifecycle.unsubscribe()
    commands.unsubscribe()
    return said
  }

  test.each<[string, string, string, unknown, unknown]>([
    [
      'a device id that is no subject token, which nothing could be sent to',
      REGISTRY,
      registration('a b'),
      { id: 'r-1', result: { status: 'registered', device_registration_id: 'ID' } },
      { id: 'r-1', code: -32602 },
    ],
    [
      'null where the field demands text or a list',
      REGISTRY,
      registration('null', { capabilities: { description: null, functions: [] } }),
      { id: 'r-1', code: -32602 },
      { id: 'r-1', result: { status: 'registered', device_registration_id: 'ID' } },
    ],
    [
      'an event name with a dot',
      REGISTRY,
      registration('dotted', { capabilities: { events: [{ name: 'a.b' }] } }),
      { id: 'r-1', code: -32602 },
      { id: 'r-1', result: { status: 'registered', device_registration_id: 'ID' } },
    ],
    [
      'params that are no object',
      REGISTRY,
      request('registerDevice', []),
      { id: 'r-1', code: -32603 },
      { id: 'r-1', code: -32602 },
    ],
    [
      'a discovery method that it does not know',
      DISCOVERY,
      request('discovery/findDevice'),
      'no answer',
      { id: 'r-1', code: -32601 },
    ],
    [
      'no JSON for discovery',
      DISCOVERY,
      'nope',
      { id: null, code: -32000 },
      { id: null, code: -32602 },
    ],
  ])('differs, as docs/interop.md says, on %s', async (_what, subject, payload, theirs, ours) => {
    const replies = await askBoth(subject, payload)
    expect(replies.map(verdict)).toEqual([theirs, ours])
  })
})
