import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { ViewUpdate } from '#shared/contract/tenants.ts'
import { TransientError } from '#shared/errors.ts'
import { Authority } from '../../../src/main/authority/authority.ts'
import { AUTHORITY_MIGRATIONS } from '../../../src/main/authority/migrations.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import type { TenantCalls } from '../../../src/main/router/tenants.ts'
import { TenantBatches } from '../../../src/main/tenants/tenant-batches.ts'
import { TenantClearing } from '../../../src/main/tenants/tenant-clearing.ts'
import { TenantService } from '../../../src/main/tenants/tenant-service.ts'
import { TenantTemplates } from '../../../src/main/tenants/tenant-settings.ts'
import { TenantWiringService } from '../../../src/main/tenants/tenant-wiring-service.ts'
import { noAudit } from '../no-audit.ts'
import { ago, fleetDevices } from './devices.ts'
import type { Scenario } from './state.ts'
import { NEVER } from '#shared/never.ts'

/** Time enough to see that something goes on. */
const PUSH_MS = 250

/** The real tenants over an authority in memory; only servers are played. */
export async function fakeTenants(
  scenario: Scenario,
  names: readonly string[],
): Promise<TenantCalls> {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of AUTHORITY_MIGRATIONS) database.exec(sql)
  const keys = new Map<string, string>()
  const log = silentLogger()
  const mesh = { broken: false, slow: false }
  const authority = new Authority({
    database,
    keychain: {
      get: (key) => Promise.resolve(keys.get(key)),
      set: (key, seed) => Promise.resolve(void keys.set(key, seed)),
      delete: (key) => Promise.resolve(void keys.delete(key)),
    },
    publisher: {
      maxPayloadBytes: () => 1_048_576,
      publish: async () => {
        if (mesh.slow) await new Promise((resolve) => setTimeout(resolve, PUSH_MS))
        if (mesh.broken) throw notConnected()
      },
      withdraw: () => (mesh.broken ? Promise.reject(notConnected()) : Promise.resolve()),
    },
    audit: noAudit,
    log,
  })
  const now = () => new Date()
  const templates = new TenantTemplates(database, now)
  const inspector = {
    inEffect: () => Promise.resolve(undefined),
    usage: () =>
      Promise.resolve(
        scenario === 'failing'
          ? null
          : {
              connections: 128,
              subscriptions: 1_034,
              jetStream: { memoryBytes: 0, diskBytes: 48_300_000, streams: 2, consumers: 41 },
            },
      ),
  }
  const { procedures, ledger, tenantAccounts: accounts } = authority
  const batches: TenantBatches = new TenantBatches({
    database,
    accounts,
    issuer: authority,
    ledger,
    procedures,
    endpoints: () => ({ urls: ['tls://192.168.1.20:4222'] }),
    tenants: () => authority.tenants(),
    settings: (source) => service.settingsFrom(source),
    log,
    now,
  })
  const service: TenantService = new TenantService({
    authority,
    log,
    firstRetryDelayMs: 3_600_000,
    held: () => batches.holds(),
    inspector,
    templates,
  })
  const wiring = new TenantWiringService({ accounts, inspector })
  const clearing = new TenantClearing({
    accounts,
    ledger,
    procedures,
    inspector: { inEffect: () => Promise.resolve(undefined) },
    streams: {
      list: () => Promise.resolve([{ name: 'commands', messages: 12, bytes: 18_400 }]),
      remove: () => Promise.resolve([]),
    },
    fleet: { forgetTenant: () => Promise.resolve() },
    dialect: () => 'device-connect',
  })
  await authority.setUp({ dialect: 'device-connect' })
  await furnish({ scenario, names, authority, service, wiring, mesh })
  mesh.slow = true
  return {
    service,
    wiring,
    clearing,
    batches,
    views: { view: (tenant) => fakeView(tenant) },
    create: (name) => service.create(name),
    createWith: (order) => service.createWith(order),
  }
}

interface Furnished {
  readonly scenario: Scenario
  readonly names: readonly string[]
  readonly authority: Authority
  readonly service: TenantService
  readonly wiring: TenantWiringService
  readonly mesh: { broken: boolean }
}

async function furnish({
  scenario,
  names,
  authority,
  service,
  wiring,
  mesh,
}: Furnished): Promise<void> {
  const more =
    scenario === 'full'
      ? Array.from({ length: 36 }, (_none, index) => `site-${String(index + 1).padStart(2, '0')}`)
      : []
  const orders = [...names, ...more].map((name) => ({
    name,
    isolation: name === 'research' ? ('shared' as const) : ('account' as const),
    wanted: null,
  }))
  await authority.tenantAccounts.plan(orders, { keys: [], save: () => undefined }, NEVER)
  await authority.tenantAccounts.wire([...names, ...more], NEVER)
  if (scenario !== 'full' && scenario !== 'failing') return
  const limits = { connections: 500, subscriptions: 20_000, payloadBytes: 65_536, dataBytes: null }
  const jetStream = { memoryBytes: 0, diskBytes: 1_073_741_824, streams: 10, consumers: null }
  await service.setLimits('north-farm', { ...limits, jetStream }, NEVER)
  await wiring.setMapping(
    'north-farm',
    {
      subject: 'device-connect.north-farm.*.event.alarm',
      destinations: [{ subject: 'device-connect.north-farm.alarms.$1', weight: 100 }],
    },
    NEVER,
  )
  await wiring.addImport(
    'north-farm',
    {
      name: 'weather',
      from: 'south-farm',
      subject: 'device-connect.south-farm.weather-1.event.>',
      type: 'stream',
      localSubject: 'device-connect.north-farm.from.south-farm.weather-1.event.>',
      offer: false,
    },
    NEVER,
  )
  service.saveTemplate('small-site', {
    limits: { ...limits, jetStream: null },
    mappings: [],
  })
  await authority.issueUsers(
    names.slice(0, 2).flatMap((tenant) =>
      Array.from({ length: 12 }, (_none, index) => ({
        account: { tenant },
        role: 'device' as const,
        name: `device-${index + 1}`,
        ttlMs: 90 * 24 * 3_600_000,
        delivery: 'file' as const,
      })),
    ),
  )
  if (scenario !== 'failing') return
  mesh.broken = true
  await service.create('west-farm').catch(() => undefined)
}

function fakeView(tenant: string) {
  return (listener: (update: ViewUpdate) => void) => {
    const devices = fleetDevices(24).map((device) => ({ ...device, tenant }))
    listener({
      type: 'session',
      session: {
        tenant,
        state: 'connected',
        problem: null,
        publish: [`device-connect.${tenant}.discovery`],
        subscribe: [`device-connect.${tenant}.>`],
      },
    })
    listener({ type: 'fleet', update: { type: 'snapshot', devices, stale: false } })
    listener({
      type: 'events',
      update: {
        type: 'snapshot',
        events: devices.slice(0, 8).map(({ deviceId }, index) => ({
          sequence: index + 1,
          tenant,
          deviceId,
          name: index % 2 === 0 ? 'moisture' : 'flow_changed',
          at: ago(index * 4_000),
          payload: JSON.stringify({ percent: 31 + index, id: randomUUID() }),
          truncated: false,
        })),
      },
    })
    listener({
      type: 'subjects',
      more: 0,
      subjects: devices.slice(0, 12).map(({ deviceId }, index) => ({
        subject: `device-connect.${tenant}.${deviceId}.${index % 3 === 0 ? 'event.moisture' : 'heartbeat'}`,
        messages: 40 + index * 7,
        bytes: 5_000 + index * 812,
        lastAt: ago(index * 1_000),
      })),
    })
    return () => undefined
  }
}

function notConnected(): TransientError {
  return new TransientError({
    code: 'MESH_NOT_CONNECTED',
    message: 'Muster is not connected to a mesh now.',
    advice: 'Wait until the mesh is connected, or look at Health for what hinders it.',
  })
}
