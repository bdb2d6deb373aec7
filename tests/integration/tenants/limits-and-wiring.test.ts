import type { NatsConnection } from '@nats-io/transport-node'
import { AckPolicy, jetstreamManager, StorageType } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_LIMITS, startTenancy, type TenancyUnderTest } from './support/tenancy.ts'
import { NEVER } from '#shared/never.ts'

let under: TenancyUnderTest

beforeAll(async () => {
  under = await startTenancy()
  const { service } = under.tenancy
  for (const name of ['alpha', 'beta', 'gamma']) await service.create(name)
})

afterAll(() => under.close())

function service() {
  return under.tenancy.service
}

function wiring() {
  return under.tenancy.calls.wiring
}

async function errorOf(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return work.then(
    () => ({ message: 'nothing was refused' }),
    (error: unknown) => error as { code?: string; message: string },
  )
}

/** Subscribes in `to` and publishes in `from` until it arrives, or says what was refused. */
async function crosses(
  from: NatsConnection,
  published: string,
  to: NatsConnection,
  heard: string,
): Promise<string> {
  const subscription = to.subscribe(heard, { max: 1 })
  await to.flush()
  from.publish(published, 'hello')
  for await (const message of subscription) return message.subject
  return 'nothing'
}

test('a limit of connections is what the server lets in', async () => {
  await service().setLimits('gamma', { ...NO_LIMITS, connections: 2 }, NEVER)
  const first = await under.deployment.device('gamma', 'one')
  await under.deployment.device('gamma', 'two')
  // The server may have closed the socket before its reason is read.
  await expect(under.deployment.device('gamma', 'three')).rejects.toThrow()
  expect(under.deployment.server.output()).toContain('maximum account active connections exceeded')
  await first.close()
  await service().setLimits('gamma', NO_LIMITS, NEVER)
  await under.deployment.device('gamma', 'three')
})

test('limits of payload and subscriptions are enforced, and lowering them counts at once', async () => {
  const limits = { ...NO_LIMITS, payloadBytes: 1_000, subscriptions: 2 }
  const tenant = await service().setLimits('gamma', limits, NEVER)
  expect(tenant.limits).toEqual(limits)
  const device = await under.deployment.device('gamma', 'limited')
  expect(device.info?.max_payload).toBe(1_000)
  expect(() => device.publish('device-connect.gamma.x.heartbeat', new Uint8Array(1_001))).toThrow(
    /max_payload/iu,
  )
  await service().setLimits('gamma', { ...limits, subscriptions: 1 }, NEVER)
  const other = await under.deployment.device('gamma', 'other')
  const errors = other.status()
  for (const name of ['a', 'b', 'c']) other.subscribe(`device-connect.gamma.${name}`)
  for await (const status of errors) {
    if (status.type !== 'error') continue
    expect(status.error.message).toBe('maximum subscriptions exceeded')
    break
  }
  await service().setLimits('gamma', NO_LIMITS, NEVER)
})

/** A user of a tenant who may do anything in its account, as a program with streams of its own. */
async function programOf(tenant: string): Promise<NatsConnection> {
  const { deployment } = under
  const user = await deployment.authority.issueUser({
    account: { tenant },
    role: 'orchestrator',
    name: 'program',
    ttlMs: 3_600_000,
    delivery: 'file',
    permissions: () => ({ pub: { allow: ['>'] }, sub: { allow: ['>'] } }),
  })
  return deployment.connectAs(user)
}

test('limits of JetStream are enforced: memory, disk, streams, consumers; and off is off', async () => {
  const jetStream = { memoryBytes: 0, diskBytes: 100_000, streams: 1, consumers: 1 }
  await service().setLimits('alpha', { ...NO_LIMITS, jetStream }, NEVER)
  const manager = await jetstreamManager(await programOf('alpha'))
  const usage = (await service().detail('alpha', NEVER)).usage
  expect(usage?.jetStream).toEqual({ memoryBytes: 0, diskBytes: 0, streams: 0, consumers: 0 })

  const readings = { name: 'readings', subjects: ['readings.>'] }
  const inMemory = manager.streams.add({ ...readings, storage: StorageType.Memory })
  await expect(inMemory).rejects.toThrow(/insufficient|resource limits|no JetStream/iu)
  await expect(manager.streams.add({ ...readings, max_bytes: 200_000 })).rejects.toThrow(
    /insufficient storage/iu,
  )
  await manager.streams.add(readings)
  await expect(manager.streams.add({ name: 'second', subjects: ['second.>'] })).rejects.toThrow(
    /maximum number of streams/iu,
  )

  const stream = manager.jetstream()
  const fill = async () => {
    for (let count = 0; count < 30; count += 1) {
      await stream.publish('readings.one', new Uint8Array(10_000))
    }
  }
  await expect(fill()).rejects.toThrow(/resource limits exceeded/iu)
  const kept = (await service().detail('alpha', NEVER)).usage?.jetStream
  expect(kept).toMatchObject({ streams: 1 })
  expect(kept?.diskBytes).toBeGreaterThan(50_000)
  expect(kept?.diskBytes).toBeLessThanOrEqual(110_000)

  const consumer = (name: string) =>
    manager.consumers.add('readings', { durable_name: name, ack_policy: AckPolicy.Explicit })
  await consumer('one')
  expect((await service().detail('alpha', NEVER)).usage?.jetStream?.consumers).toBe(1)
  await expect(consumer('two')).rejects.toThrow(/maximum consumers limit/iu)

  // More room counts at once, for what is connected already.
  await service().setLimits(
    'alpha',
    { ...NO_LIMITS, jetStream: { ...jetStream, diskBytes: 1_000_000, streams: 2, consumers: 2 } },
    NEVER,
  )
  await stream.publish('readings.one', new Uint8Array(10_000))
  await manager.streams.add({ name: 'second', subjects: ['second.>'] })
  await consumer('two')
  const off = await service().setLimits('alpha', { ...NO_LIMITS, jetStream: null }, NEVER)
  expect(off.limits?.jetStream).toBeNull()
  await expect
    .poll(async () => (await service().detail('alpha', NEVER)).usage?.jetStream)
    .toBeNull()
})

test('the limit of data stands in the account and is no limit to nats-server, as the window says', async () => {
  const tenant = await service().setLimits('gamma', { ...NO_LIMITS, dataBytes: 1_000 }, NEVER)
  expect(tenant.limits?.dataBytes).toBe(1_000)
  const device = await under.deployment.device('gamma', 'talkative')
  for (let count = 0; count < 5; count += 1) {
    device.publish('device-connect.gamma.talkative.event.noise', new Uint8Array(500))
  }
  await device.flush()
  expect(device.isClosed()).toBe(false)
  await service().setLimits('gamma', NO_LIMITS, NEVER)
})

test('the panel tells what an account uses now', async () => {
  await under.deployment.device('beta', 'counted')
  const detail = await service().detail('beta', NEVER)
  expect(detail.usage?.connections).toBe(1)
  expect(detail.credentials.usable).toBe(1)
  expect(detail.jwtBytes).toBeGreaterThan(500)
  expect(detail.maxPayloadBytes).toBe(1_048_576)
})

test('what one tenant offers and another takes crosses, under its own subject', async () => {
  const after = await wiring().addImport(
    'beta',
    {
      name: 'weather',
      from: 'alpha',
      subject: 'device-connect.alpha.*.event.>',
      type: 'stream',
      localSubject: 'device-connect.beta.from.alpha.$1.event.>',
      offer: true,
    },
    NEVER,
  )
  expect(after.imports.find(({ ours }) => !ours)).toEqual({
    name: 'weather',
    from: 'alpha',
    subject: 'device-connect.alpha.*.event.>',
    type: 'stream',
    ours: false,
    localSubject: 'device-connect.beta.from.alpha.*.event.>',
  })
  const alpha = await under.deployment.device('alpha', 'station')
  const beta = await under.deployment.device('beta', 'listener')
  expect(
    await crosses(
      alpha,
      'device-connect.alpha.station.event.rain',
      beta,
      'device-connect.beta.from.alpha.station.event.>',
    ),
  ).toBe('device-connect.beta.from.alpha.station.event.rain')
  const offered = wiring()
    .wiring('alpha')
    .exports.find(({ subject }) => subject === 'device-connect.alpha.*.event.>')
  expect(offered).toMatchObject({ ours: true, importedBy: ['REGISTRY', 'beta'] })
  const id = { from: 'alpha', subject: 'device-connect.alpha.*.event.>', type: 'stream' } as const
  expect((await wiring().removeImport('beta', id, NEVER)).imports.some(({ ours }) => !ours)).toBe(
    false,
  )
})

test('a service of one tenant answers another', async () => {
  await wiring().addImport(
    'beta',
    {
      name: 'time',
      from: 'alpha',
      subject: 'device-connect.alpha.clock.time',
      type: 'service',
      localSubject: 'device-connect.beta.clock.time',
      offer: true,
    },
    NEVER,
  )
  const alpha = await under.deployment.device('alpha', 'clock')
  alpha.subscribe('device-connect.alpha.clock.time', {
    callback: (_error, message) => void message.respond('noon'),
  })
  await alpha.flush()
  const beta = await under.deployment.device('beta', 'asker')
  expect((await beta.request('device-connect.beta.clock.time', '')).string()).toBe('noon')
  const offered = { subject: 'device-connect.alpha.clock.time', type: 'service' } as const
  await wiring().removeExport('alpha', offered, NEVER)
  expect(
    wiring()
      .wiring('beta')
      .imports.some(({ name }) => name === 'time'),
  ).toBe(false)
  expect((await errorOf(beta.request('device-connect.beta.clock.time', ''))).message).toMatch(
    /no responders/iu,
  )
})

test('a mapping leads messages elsewhere within the account', async () => {
  const mapping = {
    subject: 'device-connect.alpha.*.alarm.*',
    destinations: [{ subject: 'device-connect.alpha.alarms.$2.$1', weight: 100 }],
  }
  const after = await wiring().setMapping('alpha', mapping, NEVER)
  expect(after.mappings).toEqual([mapping])
  const sender = await under.deployment.device('alpha', 'sender')
  const listener = await under.deployment.device('alpha', 'listener')
  expect(
    await crosses(
      sender,
      'device-connect.alpha.gate.alarm.fire',
      listener,
      'device-connect.alpha.alarms.>',
    ),
  ).toBe('device-connect.alpha.alarms.fire.gate')
  const removed = await wiring().removeMapping('alpha', mapping.subject, NEVER)
  expect(removed.mappings).toEqual([])
  expect(
    await crosses(
      sender,
      'device-connect.alpha.gate.alarm.fire',
      listener,
      'device-connect.alpha.gate.>',
    ),
  ).toBe('device-connect.alpha.gate.alarm.fire')
})

test.each([
  ['_INBOX.>', 'SUBJECT_RESERVED'],
  ['$SYS.>', 'SUBJECT_RESERVED'],
  ['>', 'SUBJECT_RESERVED'],
  ['a..b', 'SUBJECT_INVALID'],
  ['device-connect.alpha.robot.event.motion', 'EXPORT_OVERLAPS'],
])('refuses to offer %s', async (subject, code) => {
  const offer = { name: 'x', subject, type: 'stream' } as const
  expect(await errorOf(wiring().addExport('alpha', offer, NEVER))).toMatchObject({ code })
})

test.each([
  [{ from: 'alpha', subject: 'device-connect.alpha.secret', offer: false }, 'IMPORT_NOT_EXPORTED'],
  [{ from: 'beta', subject: 'device-connect.beta.*.event.>', offer: true }, 'IMPORT_FROM_ITSELF'],
  [{ from: 'nobody', subject: 'a.b', offer: true }, 'TENANT_UNKNOWN'],
  [
    {
      from: 'alpha',
      subject: 'device-connect.alpha.*.event.>',
      localSubject: 'device-connect.beta.x.>',
      offer: true,
    },
    'LOCAL_SUBJECT',
  ],
])('refuses to take %j', async (wanted, code) => {
  const added = { name: 'x', type: 'stream', localSubject: null, ...wanted } as const
  expect(await errorOf(wiring().addImport('beta', added, NEVER))).toMatchObject({ code })
  expect(
    wiring()
      .wiring('beta')
      .imports.every(({ ours }) => ours),
  ).toBe(true)
})

test('refuses an import that would go round in a circle, which the server drops in silence', async () => {
  const to = (tenant: string, from: string) => ({
    name: 'loop',
    from,
    subject: 'shared.news',
    type: 'stream' as const,
    localSubject: null,
    offer: true,
    tenant,
  })
  const { tenant, ...first } = to('beta', 'alpha')
  await wiring().addImport(tenant, first, NEVER)
  expect(await errorOf(wiring().addImport('alpha', to('alpha', 'beta'), NEVER))).toMatchObject({
    code: 'IMPORT_CYCLE',
  })
  await wiring().removeExport('alpha', { subject: 'shared.news', type: 'stream' }, NEVER)
})

test("the way to the registry can't be removed", async () => {
  const id = { subject: 'device-connect.alpha.*.heartbeat', type: 'stream' } as const
  expect(await errorOf(wiring().removeExport('alpha', id, NEVER))).toMatchObject({
    code: 'WIRING_OURS',
  })
  const taken = {
    subject: 'device-connect.alpha.registry',
    type: 'service',
    from: 'REGISTRY',
  } as const
  expect(await errorOf(wiring().removeImport('alpha', taken, NEVER))).toMatchObject({
    code: 'WIRING_OURS',
  })
})

test('a template and a copy give a new tenant limits and mappings of its own', async () => {
  const limits = { ...NO_LIMITS, connections: 7, jetStream: null }
  await service().setLimits('alpha', limits, NEVER)
  await wiring().setMapping(
    'alpha',
    {
      subject: 'device-connect.alpha.old',
      destinations: [{ subject: 'device-connect.alpha.new', weight: 100 }],
    },
    NEVER,
  )
  const settings = service().settings('alpha')
  expect(settings.mappings[0]?.subject).toBe('device-connect.{tenant}.old')
  service().saveTemplate('small', settings)
  const copy = await service().createWith({
    name: 'copy',
    isolation: 'account',
    settings: { from: 'tenant', tenant: 'alpha' },
  })
  const templated = await service().createWith({
    name: 'templated',
    isolation: 'account',
    settings: { from: 'template', template: 'small' },
  })
  expect([copy.limits, templated.limits]).toEqual([limits, limits])
  const device = await under.deployment.device('templated', 'robot')
  const listener = await under.deployment.device('templated', 'listener')
  expect(
    await crosses(device, 'device-connect.templated.old', listener, 'device-connect.templated.new'),
  ).toBe('device-connect.templated.new')
})
