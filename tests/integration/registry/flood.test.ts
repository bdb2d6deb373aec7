import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { FloodLane } from '../../../src/main/registry/flood-lane.ts'
import { Subscriptions } from '../../../src/main/registry/subscriptions.ts'
import { TenantMeters } from '../../../src/main/registry/tenant-meters.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { standStill } from '../../support/processes.ts'
import { StillClock } from '../../support/registry-parts.ts'
import { until } from '../../support/until.ts'

const DIALECT = dialectOf('device-connect')

let server: NatsServer
const closing: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  server = await startNatsServer()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => server.stop())

async function lane() {
  const clock = new StillClock()
  const meters = new TenantMeters()
  /** Which connection heard which tenant. */
  const heard: string[] = []
  const begun: string[] = []
  const calmed: string[] = []
  const hear = (by: string) => (message: { subject: string }) => {
    heard.push(`${by} ${message.subject.split('.')[1]}`)
  }
  const open = async () => {
    const nats = await connect({ servers: server.url })
    closing.push(() => nats.close())
    return nats
  }
  const [mainConnection, sender] = [await open(), await open()]
  const ignore = () => undefined
  const main = new Subscriptions(mainConnection, {
    dialect: DIALECT,
    handlers: { registry: ignore, discovery: ignore, heartbeat: hear('main') },
    logger: silentLogger(),
    tenants: undefined,
    knownTenants: [],
  })
  let lanes = 0
  const flood = new FloodLane({
    dialect: DIALECT,
    clock,
    logger: silentLogger(),
    meters,
    main,
    devicesOf: () => 10,
    open: async () => {
      const nats = await open()
      lanes += 1
      return { nats, close: () => nats.close() }
    },
    handle: hear('lane'),
    begun: (tenant) => void begun.push(tenant),
    calmed: (tenant) => void calmed.push(tenant),
  })
  closing.push(() => flood.close())
  /** Half a second in which tenants send so many heartbeats. */
  const pass = (sent: Readonly<Record<string, number>>) => {
    for (const [tenant, count] of Object.entries(sent)) meters.of(tenant).heartbeats += count
    clock.advance(500)
    flood.check()
  }
  /** Who hears a heartbeat of each tenant now. */
  const hearers = async (tenants: readonly string[]) => {
    heard.length = 0
    for (const tenant of tenants) sender.publish(`device-connect.${tenant}.d.heartbeat`, '{}')
    await sender.flush()
    await mainConnection.flush()
    return [...heard].sort()
  }
  const settled = async (tenants: readonly string[], wanted: readonly string[]) =>
    until(`heard so: ${wanted.join(', ')}`, async () => {
      const by = await hearers(tenants)
      return JSON.stringify(by) === JSON.stringify(wanted)
    })
  return { flood, pass, settled, begun, calmed, lanes: () => lanes }
}

test('a tenant that floods is heard over a connection of its own, until it was calm for a while', async () => {
  const { pass, settled, flood, begun, calmed, lanes } = await lane()
  pass({ calm: 100, noisy: 100 })
  await settled(['calm', 'noisy', 'new'], ['main calm', 'main new', 'main noisy'])

  pass({ calm: 100, noisy: 50_000 })
  expect(flood.isFlooding('noisy')).toBe(true)
  expect(flood.isFlooding('calm')).toBe(false)
  await settled(['calm', 'noisy'], ['lane noisy', 'main calm'])

  // One that came meanwhile is heard by name as soon as it is known.
  pass({ noisy: 50_000, late: 1 })
  await settled(['calm', 'late', 'noisy'], ['lane noisy', 'main calm', 'main late'])

  for (let passed = 0; passed < 16_000; passed += 500) pass({ calm: 100, noisy: 100 })
  expect(begun).toEqual(['noisy'])
  expect(calmed).toEqual(['noisy'])
  await settled(['calm', 'noisy', 'new'], ['main calm', 'main new', 'main noisy'])
  expect(lanes()).toBe(1)
})

test('a tenant that is alone is in nobody’s way', async () => {
  const { pass, flood, lanes } = await lane()
  pass({ only: 500_000 })
  expect(flood.isFlooding('only')).toBe(false)
  expect(lanes()).toBe(0)
})

test('of two that flood, the one that calms first goes back first', async () => {
  const { pass, settled, flood } = await lane()
  pass({ calm: 1, one: 50_000, two: 50_000 })
  await settled(['calm', 'one', 'two'], ['lane one', 'lane two', 'main calm'])
  for (let passed = 0; passed < 16_000; passed += 500) pass({ one: 1, two: 50_000 })
  expect(flood.isFlooding('one')).toBe(false)
  await settled(['calm', 'one', 'two'], ['lane two', 'main calm', 'main one'])
})

test('a server that stands still does not keep it from closing', async () => {
  const { pass, settled, flood } = await lane()
  pass({ calm: 1, noisy: 50_000 })
  await settled(['calm', 'noisy'], ['lane noisy', 'main calm'])
  await standStill(server.pid)
  try {
    pass({ noisy: 50_000 })
    // Until it waits for the server.
    await nextTurn()
    await flood.close()
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
})
