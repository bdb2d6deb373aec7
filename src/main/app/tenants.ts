import type { DatabaseSync } from 'node:sqlite'
import type { Authority } from '../authority/authority.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { TenantCalls } from '../router/tenants.ts'
import { AccountInspector, type SystemRequests } from '../tenants/account-inspector.ts'
import { ClearedDevices, type ForgettableFleet } from '../tenants/fleet-forgetter.ts'
import { TenantBatches } from '../tenants/tenant-batches.ts'
import { TenantClearing } from '../tenants/tenant-clearing.ts'
import { TenantService } from '../tenants/tenant-service.ts'
import { TenantTemplates } from '../tenants/tenant-settings.ts'
import { TenantStreams } from '../tenants/tenant-streams.ts'
import { TenantViews } from '../tenants/tenant-views.ts'
import { TenantWiringService } from '../tenants/tenant-wiring-service.ts'

/** How long a login with a fresh credential of a new tenant may take. */
const CONFIRM_TIMEOUT_MS = 10_000

export interface TenantParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly link: SystemRequests
  /** Made after the tenants, which it follows. */
  readonly mesh: () => Pick<
    MeshService,
    'placeOf' | 'deviceEndpoint' | 'onSwitch' | 'dialect' | 'confirmTenant'
  >
  readonly fleet: () => ForgettableFleet
  readonly log: Logger
  readonly now?: () => Date
}

/** Tenants with all that is done to them. */
export interface Tenancy {
  readonly service: TenantService
  readonly calls: TenantCalls
  readonly batches: TenantBatches
  close(): Promise<void>
}

/** Composes what has to do with tenants; procedures that a crash left are known from here on. */
export function composeTenants(parts: TenantParts): Tenancy {
  const { database, authority, link, mesh, fleet, log, now = () => new Date() } = parts
  const accounts = authority.tenantAccounts
  const inspector = new AccountInspector(link, log)
  const place = (name: string) => mesh().placeOf(name)
  const templates = new TenantTemplates(database, now)
  const devices = new ClearedDevices(fleet, log)
  const batches: TenantBatches = new TenantBatches({
    database,
    accounts,
    issuer: authority,
    ledger: authority.ledger,
    procedures: authority.procedures,
    endpoints: () => mesh().deviceEndpoint(),
    tenants: () => authority.tenants(),
    settings: (source) => service.settingsFrom(source),
    log,
    now,
  })
  const service: TenantService = new TenantService({
    authority,
    log,
    held: () => batches.holds(),
    inspector,
    templates,
  })
  const wiring = new TenantWiringService({ accounts, inspector })
  const clearing = new TenantClearing({
    accounts,
    ledger: authority.ledger,
    procedures: authority.procedures,
    inspector,
    streams: new TenantStreams({ issuer: authority, place, log }),
    fleet: devices,
    dialect: () => authority.operator()?.dialect ?? 'device-connect',
  })
  const views = new TenantViews({
    issuer: authority,
    place,
    onSwitch: (listener) => mesh().onSwitch(listener),
    dialect: () => mesh().dialect(),
    log,
    now,
  })
  const confirm = (name: string) =>
    mesh().confirmTenant(name, AbortSignal.timeout(CONFIRM_TIMEOUT_MS))
  return {
    service,
    batches,
    calls: {
      service,
      wiring,
      clearing,
      batches,
      views,
      // A new tenant counts only once somebody could log in to its account.
      create: async (name) => {
        const tenant = await service.create(name)
        await confirm(name)
        return tenant
      },
      createWith: async (order) => {
        const tenant = await service.createWith(order)
        await confirm(order.name)
        return tenant
      },
    },
    close: async () => {
      views.close()
      devices.close()
      await batches.close()
      await service.close()
    },
  }
}
