import type { NatsConnection } from '@nats-io/nats-core'
import { messageOf } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { createNkey } from '../authority/nkey.ts'
import type { Logger } from '../log/logger.ts'
import { openMeshConnection, type MeshConnection } from '../mesh/connection.ts'
import type { UserCredentials } from '../mesh/user-credentials.ts'
import type { AccountServer } from './account-server.ts'
import type { FleetFeed } from './fleet-feed.ts'
import type { HealthServer, HealthServerOptions } from './health-server.ts'
import type { Impostor } from './identity-guard.ts'
import { watchHeap } from './heap-thrift.ts'
import { closeLink, openLink } from './mesh-link.ts'
import { openStore } from './open-store.ts'
import { openRegistry, type Registry } from './registry.ts'
import { RegistryReadings } from './registry-readings.ts'
import type { SidecarConfig, SidecarConnection, SidecarCredentials } from './sidecar-messages.ts'
import type { RegistryStore } from './store.ts'

export interface SidecarRunOptions {
  readonly config: SidecarConfig
  readonly logger: Logger
  readonly feed?: FleetFeed | undefined
  readonly onConnection: (connection: SidecarConnection) => void
  readonly onImpostor?: ((impostor: Impostor) => void) | undefined
  readonly onFlood?: ((tenant: string) => void) | undefined
  /** Gives later credentials of the same key; undefined where those of the config are all. */
  readonly renewCredentials?: (signal: AbortSignal) => Promise<SidecarCredentials | null>
}

/** A registry with its store and its connection. */
export interface SidecarRun {
  readonly registry: Registry
  /** Where a damaged database was set aside. */
  readonly setAside: string | undefined
  /** Resolves when the connection was closed for good, which only `close` or a fault does. */
  readonly ended: Promise<void>
  /** Stops serving, saves what is pending, closes the connection. */
  close(): Promise<void>
}

/**
 * Opens the store, loads the known devices, then connects in the background for as long as it
 * takes: what is known can be shown while the mesh is away.
 * @throws RejectedError `DATABASE_UNREADABLE`, `DATABASE_TOO_NEW`
 */
export async function runSidecar(options: SidecarRunOptions): Promise<SidecarRun> {
  const { config, logger } = options
  const stopping = new AbortController()
  const { store, setAside } = await openStore(config, logger)
  const registry = await openFrom(store, options, stopping.signal)
  const unwatchHeap = watchHeap(() => registry.stats().devicesKnown)
  let connection: MeshConnection | undefined
  let link: SidecarConnection = { state: 'connecting', error: null }
  const serveUntilClosed = async () => {
    const { servers, caPem, clientCertificate } = config
    const to = {
      name: 'muster-registry',
      servers,
      ...(caPem === null ? {} : { caPem }),
      ...(clientCertificate === null ? {} : { clientCertificate }),
      credentials: (signal: AbortSignal, fresh: boolean) => credentialsOf(options, signal, fresh),
      log: logger,
      report: (state: SidecarConnection) => {
        link = state
        options.onConnection(state)
      },
      serve: (nats: NatsConnection) =>
        registry.serve(nats, (signal) =>
          openMeshConnection({ ...to, name: 'muster-registry-lane' }, signal),
        ),
    }
    try {
      connection = await openLink(to, stopping.signal)
      logger.info('the registry serves', { server: connection.nats.getServer() })
      await connection.nats.closed()
    } catch (error) {
      if (!stopping.signal.aborted) throw error
      logger.debug('stopped before it was connected', { why: messageOf(error) })
    }
  }
  // Not after the connection: a nats-server that fetches its accounts here can't start before.
  const accounts = await openAccountServer(config, logger)
  const readings =
    config.http === undefined
      ? undefined
      : new RegistryReadings(registry, () => link.state === 'connected')
  const ended = serveUntilClosed()
  const health =
    readings &&
    (await openHealthServer(config, logger, {
      problem: () =>
        stopping.signal.aborted
          ? 'The registry stops.'
          : (problemOf(link) ?? registry.storeTrouble()),
      metrics: () => readings.metrics(),
    }))
  return {
    registry,
    setAside,
    ended,
    close: async () => {
      stopping.abort()
      unwatchHeap()
      await accounts?.close()
      await registry.close()
      if (connection !== undefined) await closeLink(connection)
      await store.close()
      // Last: until now it says that the registry stops.
      readings?.close()
      await health?.close()
    },
  }
}

// Loaded where they are asked for: with `node:http` Node loads all that `fetch` is made of.

async function openHealthServer(
  { http }: SidecarConfig,
  logger: Logger,
  answers: Pick<HealthServerOptions, 'problem' | 'metrics'>,
): Promise<HealthServer | undefined> {
  if (http === undefined) return undefined
  const { HealthServer } = await import('./health-server.ts')
  return new HealthServer({ ...http, logger, ...answers })
}

async function openAccountServer(
  { accountServer }: SidecarConfig,
  logger: Logger,
): Promise<AccountServer | undefined> {
  if (accountServer === undefined) return undefined
  const { AccountServer } = await import('./account-server.ts')
  return new AccountServer({ ...accountServer, logger })
}

/** Why the registry does not serve; undefined while it does. */
function problemOf({ state, error }: SidecarConnection): string | undefined {
  if (state === 'connected') return undefined
  return error === null
    ? 'The registry is not connected to NATS.'
    : `The registry is not connected to NATS: ${error}`
}

async function openFrom(
  store: RegistryStore,
  { config, logger, feed, onImpostor, onFlood }: SidecarRunOptions,
  signal: AbortSignal,
): Promise<Registry> {
  const startedAt = performance.now()
  try {
    const registry = await openRegistry(
      {
        dialect: dialectOf(config.dialect),
        store,
        logger,
        feed,
        tenants: config.tenants ?? undefined,
        knownTenants: config.knownTenants,
        listMaxLimit: config.listMaxLimit,
        fallbackTtlSeconds: config.deviceTtlSeconds,
        accessLists: config.accessLists,
        limits: config.limits,
        trustsRequesters: config.trustsRequesters,
        onImpostor,
        onFlood,
      },
      signal,
    )
    logger.info('known devices loaded', {
      devices: registry.stats().devicesKnown,
      durationMs: Math.round(performance.now() - startedAt),
    })
    return registry
  } catch (error) {
    await store.close()
    throw error
  }
}

async function credentialsOf(
  { config, renewCredentials }: SidecarRunOptions,
  signal: AbortSignal,
  fresh: boolean,
): Promise<UserCredentials> {
  const renewed = fresh ? await renewCredentials?.(signal) : undefined
  const credentials = renewed ?? config.credentials
  if (credentials === null) return anonymous()
  const { expiresAt } = credentials
  return { ...credentials, expiresAt: expiresAt === null ? null : new Date(expiresAt) }
}

/** For a server without authentication: it does not look at what it is shown. */
function anonymous(): UserCredentials {
  const { seed } = createNkey('user')
  return { jwt: '', seed, inboxPrefix: '_INBOX', expiresAt: null }
}
