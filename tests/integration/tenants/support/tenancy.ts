import type { DatabaseSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { TenantLimits } from '#shared/contract/tenants.ts'
import { composeTenants, type Tenancy } from '../../../../src/main/app/tenants.ts'
import type { Authority } from '../../../../src/main/authority/authority.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import type { ResolverPublisher } from '../../authority/support/resolver-publisher.ts'
import {
  startDeployment,
  type Deployment,
  type DeploymentOptions,
} from '../../authority/support/deployment.ts'

export const NO_LIMITS: TenantLimits = {
  connections: null,
  subscriptions: null,
  payloadBytes: null,
  dataBytes: null,
  jetStream: { memoryBytes: null, diskBytes: null, streams: null, consumers: null },
}

/** Tenants over an authority that is connected to its server. */
export function tenancyOn(world: {
  readonly authority: Authority
  readonly database: DatabaseSync
  readonly publisher: ResolverPublisher
}): Tenancy {
  const { authority, database, publisher } = world
  const url = () => publisher.connection?.getServer() ?? ''
  return composeTenants({
    database,
    authority,
    link: {
      request: async (subject, payload) => {
        const answer = await publisher.connection?.request(subject, payload, { timeout: 20_000 })
        return answer?.string() ?? ''
      },
    },
    mesh: () => ({
      placeOf: (name) => ({ name, servers: [url()] }),
      deviceEndpoint: () => ({ urls: [url()] }),
      onSwitch: () => () => undefined,
      dialect: () => dialectOf('device-connect'),
      confirmTenant: () => Promise.resolve(),
    }),
    fleet: () => ({ subscribe: () => () => undefined, forget: () => Promise.resolve() }),
    log: silentLogger(),
  })
}

/** Tenants over a real server, with a folder for credential files. */
export interface TenancyUnderTest {
  readonly deployment: Deployment
  readonly tenancy: Tenancy
  readonly folder: string
  /** The same over another authority of the profile, as after a restart of the app. */
  open(authority: Authority): Tenancy
  close(): Promise<void>
}

export async function startTenancy(options: DeploymentOptions = {}): Promise<TenancyUnderTest> {
  const deployment = await startDeployment(options)
  const folder = await mkdtemp(join(tmpdir(), 'muster-tenants-'))
  const opened: Tenancy[] = []
  const open = (authority: Authority): Tenancy => {
    const tenancy = tenancyOn({ ...deployment, authority })
    opened.push(tenancy)
    return tenancy
  }
  const tenancy = open(deployment.authority)
  return {
    deployment,
    tenancy,
    folder,
    open,
    close: async () => {
      for (const each of opened) await each.close()
      await deployment.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
