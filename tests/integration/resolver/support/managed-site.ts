import { join } from 'node:path'
import type { NewManagedMesh, ResolverReport } from '../../../../src/shared/contract/resolver.ts'
import type { IssuedUser } from '../../../../src/main/authority/user-issue.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import { AccountHistory } from '../../../../src/main/resolver/account-history.ts'
import { ResolverService } from '../../../../src/main/resolver/resolver-service.ts'
import { freeTcpPort } from '../../../support/free-tcp-port.ts'
import { startNatsServer, type NatsServer } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { TestProfile, type TestApp } from '../../mesh/support/test-app.ts'
import { NEVER } from '#shared/never.ts'

export function order(more: Partial<NewManagedMesh> & { urls: string[] }): NewManagedMesh {
  return {
    name: 'Plant 7',
    dialect: 'device-connect',
    caPem: null,
    tenant: 'north',
    resolver: 'full',
    configPath: null,
    pidFile: null,
    accounts: null,
    registry: false,
    ...more,
  }
}

/** A server that the app manages, ready, with its first tenant. */
export interface ManagedSite {
  readonly id: string
  server: NatsServer
  /** Starts it again on the same port, in a new folder, with the configuration of now. */
  restart(config?: string): Promise<void>
}

/** Saves a managed mesh, starts its server with what Muster says, and connects. */
export async function manage(
  app: TestApp,
  more: Partial<NewManagedMesh> = {},
  options: { binary?: string; rest?: string } = {},
): Promise<ManagedSite> {
  const port = await freeTcpPort()
  const { id } = await app.mesh.addManaged(order({ urls: [`nats://127.0.0.1:${port}`], ...more }))
  const start = async (config?: string) =>
    startNatsServer({
      config: config ?? `${await app.mesh.configuration(id)}${options.rest ?? ''}`,
      port,
      ...(options.binary === undefined ? {} : { binary: options.binary }),
    })
  const site: ManagedSite = {
    id,
    server: await start(),
    restart: async (config) => {
      site.server = await start(config)
    },
  }
  await app.mesh.use(id)
  await ready(app)
  return site
}

/** Connected, and the first tenant made. */
export async function ready(app: TestApp): Promise<void> {
  await until('the mesh', () => app.mesh.state().state === 'connected')
  await until('the tenant', () => app.tenants.list()[0]?.state === 'ready')
}

export function resolverOf(app: TestApp): ResolverService {
  return new ResolverService({
    publisher: app.publisher,
    authority: app.authority,
    history: new AccountHistory(app.database),
    mesh: () => ({ name: 'Plant 7', ours: true }),
    log: silentLogger(),
  })
}

/** A credential for a device of the first tenant, with its own seed. */
export function issueDevice(app: TestApp, name: string): Promise<IssuedUser> {
  return app.authority.issueUser({
    account: { tenant: 'north' },
    role: 'device',
    name,
    deviceId: name,
    ttlMs: 3_600_000,
    delivery: 'commissioning',
  })
}

/** How an account stands, by its name. */
export function standingOf(report: ResolverReport, name: string): string | undefined {
  return report.accounts.find((account) => account.name === name)?.standing
}

export function accountOf(app: TestApp, tenant = 'north'): string {
  return app.tenants.list().find(({ name }) => name === tenant)?.account ?? ''
}

/** A change of a tenant's account, as any. */
export async function limitConnections(app: TestApp, tenant: string, connections: number) {
  await app.authority.tenantAccounts.edit(
    'a limit',
    (book) => {
      const { publicKey } = book.accountOf(tenant)
      const claims = book.claimsOf(publicKey)
      if (claims === undefined) return new Map()
      return new Map([[publicKey, { ...claims, limits: { ...claims.limits, conn: connections } }]])
    },
    NEVER,
  )
}

/** Another Muster with the same keys, from a backup of this one. */
export async function twin(app: TestApp, keychain: ReadonlyMap<string, string>) {
  const profile = await TestProfile.create()
  app.database.exec(`VACUUM INTO '${join(profile.folder, 'muster.db')}'`)
  for (const [account, secret] of keychain) profile.secrets.set(account, secret)
  return profile
}
