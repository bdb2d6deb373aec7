import type { DatabaseSync } from 'node:sqlite'
import type { Dialect } from '#shared/protocol/dialect.ts'
import type { Authority } from '../authority/authority.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import type { HealthService } from '../health/health-service.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { SystemLink } from '../mesh/system-link.ts'
import { ConnectionWitness } from '../renewal/connection-witness.ts'
import { ExpiryMonitor } from '../renewal/expiry-monitor.ts'
import { ExpiryStore } from '../renewal/expiry-store.ts'
import { FileDelivery } from '../renewal/file-delivery.ts'
import { MeshDelivery } from '../renewal/mesh-delivery.ts'
import { AuthorityRenewals } from '../renewal/renewal-issuer.ts'
import { renewalProcedures } from '../renewal/renewal-procedure.ts'
import { RenewalService } from '../renewal/renewal-service.ts'
import { RenewalStore } from '../renewal/renewal-store.ts'
import type { RpcService } from '../rpc/rpc-service.ts'

/** How long a device may take to come back with a renewed credential. It only reconnects. */
const COME_BACK_DEADLINE_MS = 5 * 60_000

export interface RenewalParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly link: SystemLink
  readonly mesh: MeshService
  readonly fleet: FleetService
  readonly rpc: RpcService
  readonly health: HealthService
  readonly log: Logger
}

/** What expires, and its renewal. */
export function composeRenewal(parts: RenewalParts): RenewalService {
  const { authority, database, fleet, health, link, mesh, rpc } = parts
  const log = parts.log.part('renewal')
  const now = () => new Date()
  const dialect = (): Dialect => mesh.dialect()
  const store = new RenewalStore(database)
  const expiry = new ExpiryStore(database)
  const witness = new ConnectionWitness({ system: link, log })
  const devices = {
    isOnline: (tenant: string, deviceId: string) => fleet.isOnline(tenant, deviceId),
    record: (...of: Parameters<FleetService['record']>) => fleet.record(...of),
  }
  const monitor = new ExpiryMonitor({
    store: expiry,
    ledger: authority.ledger,
    report: (report) => health.report('credentials', report),
    now,
  })
  return new RenewalService({
    store,
    expiry,
    monitor,
    devices,
    witness,
    issuer: new AuthorityRenewals({ authority, endpoints: () => mesh.deviceEndpoint() }),
    deliveries: {
      mesh: new MeshDelivery({ devices, rpc, connections: mesh.tenantConnections, dialect, now }),
      file: new FileDelivery({ folderOf: (jobId) => store.job(jobId)?.folder ?? null }),
    },
    whenReady: async (signal) => void (await link.connected(signal, true)),
    procedures: renewalProcedures(authority.procedures),
    notify: (notice) => health.notify(notice),
    deadlineMs: () => COME_BACK_DEADLINE_MS,
    now,
    log,
  })
}
