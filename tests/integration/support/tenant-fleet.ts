import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { DiscoveryFleetSource } from '../../../src/main/fleet/discovery-fleet-source.ts'
import { FleetService } from '../../../src/main/fleet/fleet-service.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { openRegistry } from '../../../src/main/registry/registry.ts'
import { openSqliteStore } from '../../../src/main/registry/sqlite-store.ts'
import type { Deployment } from '../authority/support/deployment.ts'
import { NEVER } from '#shared/never.ts'

/** A tenant with an account of its own, its registry, and the fleet that Muster sees of it. */
export interface TenantFleet {
  readonly fleet: FleetService
  /** Muster's own connection in the tenant. */
  readonly console: NatsConnection
  close(): Promise<void>
}

export async function startTenantFleet(
  deployment: Deployment,
  tenant: string,
): Promise<TenantFleet> {
  const { authority } = deployment
  await authority.createTenant(tenant, { isolation: 'account' }, NEVER)
  const folder = await mkdtemp(join(tmpdir(), 'muster-registry-'))
  const store = openSqliteStore(join(folder, 'registry.db'))
  const dialect = dialectOf('device-connect')
  const log = silentLogger()
  const registry = await openRegistry({ dialect, store, logger: log }, NEVER)
  const registryConnection = await deployment.registry()
  registry.serve(registryConnection)
  await registryConnection.flush()
  const console = await deployment.console(tenant)
  const source = new DiscoveryFleetSource({
    tenant,
    dialect,
    log,
    connections: {
      subscribe: (_tenant, listener) => {
        listener(console)
        return () => undefined
      },
    },
  })
  const fleet = new FleetService({ ledger: authority.ledger })
  fleet.use(source)
  return {
    fleet,
    console,
    close: async () => {
      fleet.close()
      source.close()
      await registry.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
