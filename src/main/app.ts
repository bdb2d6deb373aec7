import { composeBundles } from './app/bundles.ts'
import { composeCredentials } from './app/credentials.ts'
import { composeDoctor } from './app/doctor.ts'
import { Endings } from './app/endings.ts'
import { composeEnrollment } from './app/enrollment.ts'
import { composeFoundation, type Foundation } from './app/foundation.ts'
import { composeIsolation } from './app/isolation.ts'
import { connectKeychain } from './app/keychain-health.ts'
import { composeKeys } from './app/keys.ts'
import { composeNsc } from './app/nsc.ts'
import { composeQueue } from './app/queue.ts'
import type { RegistryLink } from './app/registry-link.ts'
import { composeRegistryStore } from './app/registry-store.ts'
import { composeRecovery } from './app/recovery.ts'
import { composeRenewal } from './app/renewal.ts'
import { composeResolver } from './app/resolver.ts'
import { SwitchingDiscovery } from './app/switching-discovery.ts'
import { DeviceCredentials } from './authority/device-credentials.ts'
import { CommissioningService } from './commissioning/commissioning-service.ts'
import { DeviceHttp } from './commissioning/device-http.ts'
import { EventsService } from './events/events-service.ts'
import { watchMesh } from './health/watch-mesh.ts'
import { watchRegistry } from './health/watch-registry.ts'
import type { AppHost } from './host.ts'
import type { Logger } from './log/logger.ts'
import type { MeshService } from './mesh/mesh-service.ts'
import { PathService } from './paths/path-service.ts'
import type { Profile } from './profile/profile.ts'
import { createRouter, type AppRouter } from './router/router.ts'
import type { Services } from './router/services.ts'
import { RpcService } from './rpc/rpc-service.ts'

export interface AppOptions {
  readonly host: AppHost
  readonly profile: Profile
  /** Secrets in memory only; refused when packaged. */
  readonly demo: boolean
  /** Addresses of the interfaces to look for devices on. */
  readonly discoverOn: 'all' | readonly string[]
}

export interface App {
  readonly router: AppRouter
  readonly log: Logger
  /** Ends everything in the reverse order of its beginning; the profile is free afterwards. */
  close(): Promise<void>
}

/**
 * Composes the app for one host and one profile: here and in `app/` alone stands `new`. Returns as soon
 * as the window can be shown; keychain, mesh and registry go on starting and tell their state.
 * @throws ConflictError `PROFILE_IN_USE`, RejectedError `PROFILE_UNREADABLE`,
 *   `DATABASE_UNREADABLE`, `DATABASE_TOO_NEW`, `KEYCHAIN_MEMORY_REFUSED`.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const endings = new Endings()
  try {
    const base = composeFoundation(options, endings)
    const domains = composeDomains(base, options, endings)
    follow(base, domains, endings)
    const { log } = base
    const router = createRouter(servicesOf(base, domains, options), {
      onInternalError: (error, path) => log.error('A call failed unexpectedly', { path, error }),
    })
    const { version, kind } = options.host
    log.info('Muster started', { version, host: kind, demo: options.demo })
    return { router, log, close: () => endings.end(log) }
  } catch (error) {
    await endings.end()
    throw error
  }
}

type Domains = ReturnType<typeof composeDomains>

/** What is done with the foundation, domain by domain. */
function composeDomains(base: Foundation, options: AppOptions, endings: Endings) {
  const { authority, mesh, fleet, settings, health, link, log } = base
  const dialect = () => mesh.dialect()
  const http = new DeviceHttp()
  const discovery = endings.own(
    new SwitchingDiscovery({ dialect, interfaces: options.discoverOn, http, health, log }),
  )
  const commissioning = endings.own(
    new CommissioningService({
      directory: discovery,
      issuer: new DeviceCredentials({ authority, endpoints: () => mesh.deviceEndpoint() }),
      proof: mesh,
      presence: fleet,
      settings,
      http,
      log,
    }),
  )
  const events = endings.own(
    new EventsService({ connections: mesh.tenantConnections, dialect, log }),
  )
  const rpc = new RpcService({ connections: mesh, dialect })
  const credentials = endings.own(composeCredentials(base))
  const keys = endings.own(composeKeys(base))
  const { nsc, contexts } = composeNsc(base)
  endings.own(nsc)
  const renewal = endings.own(composeRenewal({ ...base, rpc }))
  const bundles = endings.own(composeBundles(base))
  const enrollment = endings.own(
    composeEnrollment({ ...base, bundles: bundles.service, credentials }),
  )
  const { queue } = endings.own(composeQueue({ ...base, tenants: base.tenancy.service }))
  const doctor = endings.own(composeDoctor(base))
  const isolation = endings.own(composeIsolation(base))
  endings.add(watchMesh(health, mesh), watchRegistry(health, base.registry))
  const { recovery, startOver } = endings.own(
    composeRecovery({
      ...base,
      identities: authority.keys,
      startMesh: () => mesh.startActive(),
      connected: async (signal) => void (await link.connected(signal, true)),
      keys: authority.keys,
    }),
  )
  return {
    discovery,
    commissioning,
    events,
    rpc,
    credentials,
    keys,
    nsc,
    contexts,
    renewal,
    bundles,
    enrollment,
    queue,
    doctor,
    isolation,
    recovery,
    startOver,
  }
}

/** Who goes on when the mesh changes or the keychain opens. */
function follow(base: Foundation, domains: Domains, endings: Endings): void {
  const { authority, auditLog, mesh, registry } = base
  const { discovery, events, recovery } = domains
  endings.add(
    mesh.onSwitch(() => {
      discovery.follow()
      events.reset()
      void registry.follow()
    }),
    connectKeychain(base, async () => {
      await authority.takeUp('keychain')
      void auditLog.start()
      await mesh.startActive()
      await recovery.remind()
      domains.commissioning.resume()
      domains.renewal.resume()
      domains.queue.resume()
      domains.enrollment.resume()
      domains.credentials.resume()
    }),
  )
  discovery.follow()
}

function servicesOf(base: Foundation, domains: Domains, options: AppOptions): Services {
  const { host, profile, demo } = options
  return {
    ...domains,
    app: {
      info: () => ({
        version: host.version,
        host: host.kind,
        platform: process.platform,
        profileFolder: profile.folder,
        logFolder: profile.logFolder,
        demo,
      }),
    },
    audit: base.auditLog,
    bundles: domains.bundles.calls,
    keychain: base.keychain,
    mesh: meshWithRegistry(base.mesh, base.registry),
    tenants: base.tenancy.calls,
    fleet: base.fleet,
    paths: new PathService({ choosePath: host.choosePath }),
    resolver: composeResolver(base),
    registryStore: composeRegistryStore(base),
    health: base.health,
    settings: base.settings,
  }
}

/** How long making a mesh waits for its registry; a device that is early tries again anyway. */
const REGISTRY_TIMEOUT_MS = 10_000

/**
 * The mesh as the window knows it: made once its registry serves too, so that the first device
 * that is commissioned need not try twice.
 */
function meshWithRegistry(mesh: MeshService, registry: RegistryLink): Services['mesh'] {
  return {
    subscribe: (listener) => mesh.subscribe(listener),
    networkAddresses: () => mesh.networkAddresses(),
    createLocal: async (request) => {
      await mesh.createLocal(request)
      await registry.whenRunning(AbortSignal.timeout(REGISTRY_TIMEOUT_MS))
      return mesh.state()
    },
    setReach: (reach) => mesh.setReach(reach),
    connections: () => mesh.connections(),
    addRemote: (connection) => mesh.addRemote(connection),
    removeRemote: (id) => mesh.removeRemote(id),
    use: (id) => mesh.use(id),
  }
}
