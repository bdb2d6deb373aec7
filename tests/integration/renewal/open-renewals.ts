import type { DatabaseSync } from 'node:sqlite'
import type { NatsConnection } from '@nats-io/transport-node'
import type { DeviceRecord } from '#shared/contract/fleet.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { Authority } from '../../../src/main/authority/authority.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { ConnectionWitness } from '../../../src/main/renewal/connection-witness.ts'
import type { RenewalDelivery } from '../../../src/main/renewal/delivery.ts'
import { ExpiryMonitor } from '../../../src/main/renewal/expiry-monitor.ts'
import { ExpiryStore } from '../../../src/main/renewal/expiry-store.ts'
import { FileDelivery } from '../../../src/main/renewal/file-delivery.ts'
import { MeshDelivery, type DeviceView } from '../../../src/main/renewal/mesh-delivery.ts'
import { AuthorityRenewals, type RenewalIssuer } from '../../../src/main/renewal/renewal-issuer.ts'
import { renewalProcedures } from '../../../src/main/renewal/renewal-procedure.ts'
import {
  RenewalService,
  type RenewalServiceOptions,
} from '../../../src/main/renewal/renewal-service.ts'
import { RenewalStore } from '../../../src/main/renewal/renewal-store.ts'
import { RpcService } from '../../../src/main/rpc/rpc-service.ts'

export interface RenewalParts {
  readonly authority: Authority
  readonly database: DatabaseSync
  /** As the system account's user. */
  readonly system: NatsConnection
  /** As a console user of the tenant. */
  readonly console: NatsConnection
  readonly serverUrl: string
  readonly devices: DeviceView
  readonly deadlineMs?: number
  readonly issuer?: (real: RenewalIssuer) => RenewalIssuer
  readonly delivery?: (real: RenewalDelivery) => RenewalDelivery
  readonly options?: Partial<RenewalServiceOptions>
}

/** The renewal service over real connections, with short waits. */
export function openRenewals(parts: RenewalParts): RenewalService {
  const { authority, database, devices, serverUrl } = parts
  const log = silentLogger()
  const now = () => new Date()
  const dialect = () => dialectOf('device-connect')
  const store = new RenewalStore(database)
  const expiry = new ExpiryStore(database)
  const connections = {
    connectionFor: () => Promise.resolve(parts.console),
    subscribe: (_tenant: string, listener: (connection: NatsConnection) => void) => {
      listener(parts.console)
      return () => undefined
    },
  }
  const mesh = new MeshDelivery({
    devices,
    rpc: new RpcService({ connections, dialect }),
    connections,
    dialect,
    now,
  })
  const issuer = new AuthorityRenewals({ authority, endpoints: () => ({ urls: [serverUrl] }) })
  return new RenewalService({
    store,
    expiry,
    monitor: new ExpiryMonitor({
      store: expiry,
      ledger: authority.ledger,
      report: () => undefined,
      now,
    }),
    devices,
    witness: new ConnectionWitness({
      system: { connected: () => Promise.resolve(parts.system) },
      log,
      lookAgainMs: { soon: 500, later: 500 },
    }),
    issuer: parts.issuer?.(issuer) ?? issuer,
    deliveries: {
      mesh: parts.delivery?.(mesh) ?? mesh,
      file: new FileDelivery({ folderOf: (jobId) => store.job(jobId)?.folder ?? null }),
    },
    whenReady: () => Promise.resolve(),
    procedures: renewalProcedures(authority.procedures),
    deadlineMs: () => parts.deadlineMs ?? 20_000,
    now,
    log,
    ...parts.options,
  })
}

/** The fleet of a test whose devices are all there and offer the function. */
export const allOnline = {
  isOnline: () => true,
  record: async (): Promise<DeviceRecord> => ({
    tenant: '',
    deviceId: '',
    description: '',
    functions: [{ name: 'updateCredentials', description: '', parameters: {}, tags: [] }],
    events: [],
    identity: {},
    status: {},
    labels: {},
    raw: '{}',
  }),
}
