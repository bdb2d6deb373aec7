import type { DatabaseSync } from 'node:sqlite'
import type { CredentialSummary, DeviceAddress } from '#shared/contract/fleet.ts'
import type { Notice } from '#shared/contract/health.ts'
import type { QueuedCommand } from '#shared/contract/queue.ts'
import type { TenantLimits } from '#shared/contract/tenants.ts'
import { commandStream, pullSubject } from '#shared/protocol/queue.ts'
import { isCovered } from '#shared/protocol/subject-patterns.ts'
import { actorHere } from '../audit/actor.ts'
import { limitsOf } from '../authority/account-limits.ts'
import type { Authority } from '../authority/authority.ts'
import type { Permissions } from '../authority/permissions.ts'
import { Pace } from '../events/pace.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import { TenantPool } from '../mesh/tenant-pool.ts'
import { CommandStore } from '../queue/command-store.ts'
import type { QueueTiming } from '../queue/device-commands.ts'
import { QueueService, type QueueTenants } from '../queue/queue-service.ts'
import { limitedUserSource } from '../tenants/tenant-access.ts'
import type { TenantService } from '../tenants/tenant-service.ts'

/** How long a credential for the connection to a tenant's queue lives. */
const CREDENTIAL_TTL_MS = 24 * 60 * 60 * 1000
/** Credentials come and go by the hundred; they are looked at together. */
const LEDGER_PAUSE_MS = 1_000
const USABLE: ReadonlySet<CredentialSummary['state']> = new Set(['active', 'pending'])
const MEBIBYTE = 1024 * 1024
/** What a tenant gets whose account had no JetStream: room for the queue, its answers, and little else. */
const QUEUE_LIMITS = {
  memoryBytes: 0,
  diskBytes: 64 * MEBIBYTE,
  streams: 8,
  consumers: 5_000,
} as const

export interface QueueParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly mesh: Pick<
    MeshService,
    'placeOf' | 'ours' | 'tenantConnections' | 'dialect' | 'onSwitch' | 'connections'
  >
  readonly fleet: Pick<FleetService, 'onForgotten'>
  readonly tenants: Pick<TenantService, 'setLimits'>
  readonly log: Logger
  readonly notify: (notice: Omit<Notice, 'id' | 'at'>) => void
  readonly timing?: QueueTiming
  readonly now?: () => Date
}

/** Commands that wait for devices, on the mesh in use. */
export function composeQueue(parts: QueueParts): {
  readonly queue: QueueService
  close(): Promise<void>
} {
  const { database, authority, mesh, fleet, log, timing, now } = parts
  const pool = new TenantPool(log, {
    serves: () => mesh.ours(),
    targetOf: (tenant) => {
      const place = mesh.placeOf('muster queue')
      return place === undefined || !mesh.ours()
        ? undefined
        : { ...place, credentials: queueUser(parts, tenant) }
    },
  })
  const actor = actorHere()
  const queue = new QueueService({
    store: new CommandStore(database, () => meshId(mesh)),
    // Elsewhere the login of that mesh is all there is.
    connections: {
      subscribe: (tenant, listener) =>
        mesh.ours()
          ? pool.subscribe(tenant, listener)
          : mesh.tenantConnections.subscribe(tenant, listener),
      connectionFor: (tenant, signal) =>
        mesh.ours()
          ? pool.connectionFor(tenant, signal)
          : mesh.tenantConnections.connectionFor(tenant, signal),
    },
    tenants: tenantsOf(parts),
    dialect: () => mesh.dialect(),
    mayFetch: (address) => (mesh.ours() ? mayFetch(authority, address) : null),
    onDead: tellDead(parts.notify),
    actor: `${actor.user}@${actor.host}`,
    log: log.part('queue'),
    ...(timing === undefined ? {} : { timing }),
    ...(now === undefined ? {} : { now }),
  })
  const unsubscribe = mesh.onSwitch(() => {
    void pool.retarget().then(() => queue.reset())
  })
  const remove = async (address: DeviceAddress, why: string) => {
    try {
      await queue.removeDevice(address, why)
    } catch (error) {
      log.warn('commands of a device that is gone stay in its queue', { ...address, error })
    }
  }
  const forgotten = fleet.onForgotten((address) => {
    void remove(address, 'The device was removed from the fleet.')
  })
  const tenants = authority.subscribeTenants(() => {
    if (queue.prune()) void pool.retarget()
  })
  const revocations = watchRevocations(authority, queue, remove)
  return {
    queue,
    close: async () => {
      unsubscribe()
      forgotten()
      tenants()
      revocations.close()
      queue.close()
      await pool.close()
    },
  }
}

function tellDead(notify: QueueParts['notify']) {
  return ({ functionName, deviceId, tenant }: QueuedCommand) =>
    notify({
      level: 'warning',
      title: 'A queued command failed too often',
      text: `${deviceId} in ${tenant} got ${functionName} as often as it may and never finished it. The Queue tab of the device says why, and lets you queue it again or discard it.`,
    })
}

/** A device whose every credential was revoked can't fetch what waits; another in its place shall not. */
function watchRevocations(
  { ledger }: Authority,
  queue: QueueService,
  remove: (address: DeviceAddress, why: string) => Promise<void>,
): { close(): void } {
  const pace = new Pace(LEDGER_PAUSE_MS, () => {
    for (const address of queue.devicesWithCommands()) {
      const states = ledger.credentialsOf(address).map(({ state }) => state)
      const isOut = states.includes('revoked') && !states.some((state) => USABLE.has(state))
      if (isOut) void remove(address, 'The credential of the device was revoked.')
    }
  })
  const unsubscribe = ledger.subscribe(() => pace.request())
  return {
    close: () => {
      unsubscribe()
      pace.close()
    },
  }
}

/** Tenants of the same name on different meshes are different ones. */
function meshId(mesh: QueueParts['mesh']): string {
  return mesh.connections().find(({ active }) => active)?.id ?? 'local'
}

function tenantsOf({ authority, mesh, tenants }: QueueParts): QueueTenants {
  const record = (tenant: string) => authority.tenants().find(({ name }) => name === tenant)
  const accountOf = (tenant: string) => record(tenant)?.account
  return {
    names: () => (mesh.ours() ? authority.tenants().map(({ name }) => name) : undefined),
    isAlone: (tenant) => mesh.ours() && record(tenant)?.isolation === 'account',
    hasJetStream: (tenant) => {
      const account = accountOf(tenant)
      if (!mesh.ours() || account === undefined) return undefined
      const claims = authority.tenantAccounts.book().claimsOf(account)
      return claims === undefined ? undefined : limitsOf(claims.limits).jetStream !== null
    },
    sharedWith: (tenant) => {
      const account = accountOf(tenant)
      if (!mesh.ours() || account === undefined) return []
      const names = authority.tenantAccounts.book().tenantsIn(account)
      return names.filter((name) => name !== tenant)
    },
    enable: async (tenant, signal) => {
      const account = authority.tenantAccounts.book().accountOf(tenant)
      const claims = authority.tenantAccounts.book().claimsOf(account.publicKey)
      if (claims === undefined) return
      const limits: TenantLimits = { ...limitsOf(claims.limits), jetStream: QUEUE_LIMITS }
      await tenants.setLimits(tenant, limits, signal)
    },
  }
}

/** A user that may manage the queue of one tenant, and put commands into it. */
function queueUser({ authority, mesh }: QueueParts, tenant: string) {
  return limitedUserSource(authority, {
    tenant,
    name: 'Muster queue',
    reason: `Commands are queued for devices of ${tenant}, and followed.`,
    ttlMs: CREDENTIAL_TTL_MS,
    permissions: (inboxPrefix) =>
      queuePermissions(`${mesh.dialect().subjectRoot}.${tenant}`, inboxPrefix),
  })
}

/**
 * In an account that tenants share the stream may be one that others made, so that no name can stand here; the
 * credential stays in this process.
 */
function queuePermissions(root: string, inboxPrefix: string): Permissions {
  const streams = ['CREATE', 'UPDATE', 'INFO', 'PURGE', 'MSG.GET', 'MSG.DELETE']
  const api = [
    'INFO',
    'STREAM.NAMES',
    ...streams.map((verb) => `STREAM.${verb}.*`),
    'CONSUMER.CREATE.>',
    'CONSUMER.DURABLE.CREATE.*.*',
    'CONSUMER.INFO.*.*',
    'CONSUMER.DELETE.*.*',
    'CONSUMER.LIST.*',
  ]
  return {
    pub: {
      allow: [
        ...api.map((subject) => `$JS.API.${subject}`),
        `${root}.*.queue`,
        `${root}.*.event.async_reply.*`,
      ],
    },
    sub: {
      allow: [
        `${inboxPrefix}.>`,
        `${root}.*.queue`,
        `${root}.*.event.async_reply.*`,
        '$JS.EVENT.ADVISORY.CONSUMER.>',
        '$JS.EVENT.METRIC.CONSUMER.ACK.>',
      ],
    },
  }
}

/** Whether any credential of a device that is in force lets it fetch; null where it has none from here. */
function mayFetch({ ledger }: Authority, { tenant, deviceId }: DeviceAddress): boolean | null {
  const wanted = pullSubject(tenant, deviceId, commandStream(tenant))
  const inForce = ledger
    .credentialsOf({ tenant, deviceId })
    .filter(({ state }) => USABLE.has(state))
    .flatMap(({ id }) => ledger.entry(id) ?? [])
  if (inForce.length === 0) return null
  return inForce.some(
    ({ permissions: { pub } }) =>
      (pub.allow.length === 0 || pub.allow.some((allow) => isCovered(wanted, allow))) &&
      !(pub.deny ?? []).some((deny) => isCovered(wanted, deny)),
  )
}
