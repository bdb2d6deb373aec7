import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { connect } from '@nats-io/transport-node'
import type { Revocation, RevocationTarget } from '#shared/contract/credentials.ts'
import type { DeviceRecord } from '#shared/contract/fleet.ts'
import type { IssuedUser, UserRequest } from '../../../../src/main/authority/user-issue.ts'
import { CREDENTIAL_MIGRATIONS } from '../../../../src/main/credentials/migrations.ts'
import { CredentialsService } from '../../../../src/main/credentials/credentials-service.ts'
import type { ProbeParts } from '../../../../src/main/credentials/login-probe.ts'
import type { SystemConnection } from '../../../../src/main/credentials/server-view.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import { explainConnectionError } from '../../../../src/main/mesh/connection-error.ts'
import { notConnected } from '../../../../src/main/mesh/kept-connection.ts'
import { authenticatorOf } from '../../../support/log-in.ts'
import {
  startDeployment,
  type Deployment,
  type DeploymentOptions,
} from '../../authority/support/deployment.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const PATIENCE_MS = 60_000

/** A deployment with the credentials service on it, as the app composes it. */
export interface CredentialsSite extends Deployment {
  readonly service: CredentialsService
  /** Records of the registry, by `tenant/device`. */
  readonly records: Map<string, DeviceRecord>
  /** Titles of what the person was told. */
  readonly notices: string[]
  /** Another service on the same profile and server. */
  open(authority?: Deployment['authority']): CredentialsService
  issue(name: string, more?: Partial<UserRequest>): Promise<IssuedUser>
  /** Revokes and waits until it has ended, or waits for something. */
  revoke(target: RevocationTarget, reason?: string): Promise<Revocation>
}

export interface SiteOptions extends DeploymentOptions {
  readonly rotateFrom?: number
}

export async function startSite(options: SiteOptions = {}): Promise<CredentialsSite> {
  const deployment = await startDeployment(options)
  for (const { sql } of CREDENTIAL_MIGRATIONS) deployment.database.exec(sql)
  await deployment.authority.createTenant('acme', { isolation: 'account' })
  const records = new Map<string, DeviceRecord>()
  const services: CredentialsService[] = []
  const notices: string[] = []
  const open = (authority = deployment.authority) => {
    const service = new CredentialsService({
      database: deployment.database,
      authority,
      system: systemOf(deployment),
      login: { tryLogin: loginAt(() => deployment.server.url) },
      fleet: {
        record: ({ tenant, deviceId }) =>
          Promise.resolve(records.get(`${tenant}/${deviceId}`) ?? null),
      },
      notify: ({ title }) => notices.push(title),
      log: silentLogger(),
      ...(options.rotateFrom === undefined ? {} : { rotateFrom: options.rotateFrom }),
      ...(options.now === undefined ? {} : { now: options.now }),
    })
    services.push(service)
    return service
  }
  const service = open()
  return {
    ...deployment,
    service,
    records,
    notices,
    open,
    issue: (name, more = {}) =>
      deployment.authority.issueUser({
        account: { tenant: 'acme' },
        role: 'device',
        name,
        deviceId: name,
        ttlMs: DAY_MS,
        delivery: 'commissioning',
        ...more,
      } as UserRequest),
    revoke: async (target, reason = 'It was stolen.') => {
      const [revocation] = service.revoke(target, reason)
      if (revocation === undefined) throw new Error('nothing was begun')
      return settled(service, revocation.id)
    },
    close: async () => {
      for (const one of services) await one.close()
      await deployment.close()
    },
  }
}

/** The revocation once it no longer runs. */
export function settled(service: CredentialsService, id: string): Promise<Revocation> {
  return seen(service, id, ({ state }) => state !== 'running')
}

/** The revocation once it is so. */
export async function seen(
  service: CredentialsService,
  id: string,
  is: (revocation: Revocation) => boolean,
): Promise<Revocation> {
  const { promise, resolve, reject } = Promise.withResolvers<Revocation>()
  let last: Revocation | undefined
  const timer = setTimeout(
    () => reject(new Error(`never so: ${JSON.stringify(last)}`)),
    PATIENCE_MS,
  )
  const stop = service.subscribeRevocations((update) => {
    const all = update.type === 'snapshot' ? update.revocations : [update.revocation]
    for (const one of all) {
      if (one.id !== id) continue
      last = one
      if (is(one)) resolve(one)
    }
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    stop()
  }
}

/** The publisher's own connection, as the system account's. */
export function systemOf({ publisher }: Pick<Deployment, 'publisher'>): SystemConnection {
  return {
    connected: () => {
      const { connection } = publisher
      return connection === undefined || connection.isClosed()
        ? Promise.reject(notConnected())
        : Promise.resolve(connection)
    },
  }
}

/** One login, as `MeshService.tryLogin` does it. */
export function loginAt(url: () => string): ProbeParts['tryLogin'] {
  return async ({ jwt, seed, inboxPrefix }) => {
    let connection: NatsConnection
    try {
      const options: ConnectionOptions = {
        servers: url(),
        authenticator: authenticatorOf({ jwt, seed }),
        inboxPrefix,
        reconnect: false,
      }
      connection = await connect(options)
    } catch (error) {
      throw explainConnectionError(error, [url()])
    }
    await connection.close()
  }
}
