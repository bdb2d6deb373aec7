import type { DatabaseSync } from 'node:sqlite'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { composeAudit } from './app/audit.ts'
import { composeBundles } from './app/bundles.ts'
import { composeCredentials } from './app/credentials.ts'
import { composeDoctor } from './app/doctor.ts'
import { composeEnrollment } from './app/enrollment.ts'
import { composeIsolation } from './app/isolation.ts'
import { connectKeychain } from './app/keychain-health.ts'
import { composeKeys } from './app/keys.ts'
import { composeNsc } from './app/nsc.ts'
import { openProfileDatabase } from './app/profile-database.ts'
import { composeQueue } from './app/queue.ts'
import { RegistryLink } from './app/registry-link.ts'
import { composeRecovery } from './app/recovery.ts'
import { composeRenewal } from './app/renewal.ts'
import { composeTenants } from './app/tenants.ts'
import { composeResolver } from './app/resolver.ts'
import { SwitchingDiscovery } from './app/switching-discovery.ts'
import { Authority } from './authority/authority.ts'
import { DeviceCredentials } from './authority/device-credentials.ts'
import { CommissioningService } from './commissioning/commissioning-service.ts'
import { DeviceHttp } from './commissioning/device-http.ts'
import { EventsService } from './events/events-service.ts'
import { FleetService } from './fleet/fleet-service.ts'
import { HealthService } from './health/health-service.ts'
import { watchMesh } from './health/watch-mesh.ts'
import { watchRegistry } from './health/watch-registry.ts'
import type { AppHost } from './host.ts'
import { KeychainService } from './keychain/keychain-service.ts'
import { openFileLogger, type Logger } from './log/logger.ts'
import { ClaimsPublisher } from './mesh/claims-publisher.ts'
import { MeshService } from './mesh/mesh-service.ts'
import { PushMarks } from './mesh/push-marks.ts'
import { SystemLink } from './mesh/system-link.ts'
import { PathService } from './paths/path-service.ts'
import { lockProfile } from './profile/profile-lock.ts'
import type { Profile } from './profile/profile.ts'
import { LentKeys } from './recovery/lent-keys.ts'
import { createRouter, type AppRouter } from './router/router.ts'
import type { Services } from './router/services.ts'
import { RpcService } from './rpc/rpc-service.ts'
import { SettingsService } from './settings/settings-service.ts'

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
 * Composes the app for one host and one profile: the only place that says `new`. Returns as soon
 * as the window can be shown; keychain, mesh and registry go on starting and tell their state.
 * @throws ConflictError `PROFILE_IN_USE`, RejectedError `PROFILE_UNREADABLE`,
 *   `DATABASE_UNREADABLE`, `DATABASE_TOO_NEW`, `KEYCHAIN_MEMORY_REFUSED`.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { host, profile } = options
  const endings: (() => void | Promise<void>)[] = []
  const owned = <T extends { close(): void | Promise<void> }>(part: T): T => {
    endings.push(() => part.close())
    return part
  }
  const lock = lockProfile(profile.folder)
  endings.push(() => lock.release())
  try {
    const log = openFileLogger(profile.logFolder, 'muster')
    const health = new HealthService()
    const database: DatabaseSync = owned(openProfileDatabase(profile.databasePath, health))
    const settings = new SettingsService({ database, log })
    const keychain = owned(
      new KeychainService({
        folder: profile.folder,
        allowMemory: options.demo,
        packaged: host.packaged,
        log,
      }),
    )
    const link = new SystemLink({ log })
    const publisher = new ClaimsPublisher({ link, log, marks: new PushMarks(database) })
    const { trail: audit, auditLog } = composeAudit({
      database,
      keychain,
      profileFolder: profile.folder,
      saveFile: host.saveFile,
      health,
      log,
    })
    owned(auditLog)
    const lent = owned(new LentKeys(keychain))
    const authority = owned(
      new Authority({
        database,
        keychain: lent,
        publisher,
        audit,
        log,
        profileFolder: profile.folder,
        installer: {
          install: (jwt, signal) => mesh.installOperator(jwt, signal),
          reconnect: (signal) => link.renew(signal),
        },
      }),
    )
    const tenancy = owned(
      composeTenants({ database, authority, link, mesh: () => mesh, fleet: () => fleet, log }),
    )
    const mesh: MeshService = owned(
      new MeshService({
        database,
        keychain,
        link,
        publisher,
        log,
        folder: profile.folder,
        logFolder: profile.logFolder,
        resourcesFolder: host.resourcesFolder,
        natsServerPath: () => settings.get().natsServerPath,
        authority,
        tenants: tenancy.service,
        notify: (notice) => health.notify(notice),
      }),
    )
    const dialect = (): Dialect => mesh.dialect()
    const connections = mesh.tenantConnections
    const fleet: FleetService = owned(new FleetService({ ledger: authority.ledger }))
    const registry = owned(
      new RegistryLink({
        mesh,
        fleet,
        folder: profile.folder,
        logFolder: profile.logFolder,
        ledger: authority.ledger,
        notify: (notice) => health.notify(notice),
        spawn: () => host.spawnRegistry(),
        log: log.part('registry'),
      }),
    )
    const http = new DeviceHttp()
    const discovery = owned(
      new SwitchingDiscovery({ dialect, interfaces: options.discoverOn, http, health, log }),
    )
    const commissioning = owned(
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
    const events = owned(new EventsService({ connections, dialect, log }))
    const rpc = new RpcService({ connections: mesh, dialect })
    const credentials = owned(
      composeCredentials({ database, authority, link, mesh, fleet, health, log }),
    )
    const keys = owned(composeKeys({ authority, link }))
    const { nsc, contexts } = composeNsc({
      database,
      keychain,
      audit,
      authority,
      mesh,
      profileFolder: profile.folder,
    })
    owned(nsc)
    const renewal = owned(
      composeRenewal({ database, authority, link, mesh, fleet, rpc, health, log }),
    )

    const bundles = composeBundles({
      database,
      authority,
      mesh,
      audit,
      saveFile: host.saveFile,
      version: host.version,
      resourcesFolder: host.resourcesFolder,
      log,
    })
    owned(bundles)
    const enrollment = owned(
      composeEnrollment({
        database,
        authority,
        mesh,
        bundles: bundles.service,
        credentials,
        keychain,
        audit,
        log,
      }),
    )

    const queues = owned(
      composeQueue({
        database,
        authority,
        mesh,
        fleet,
        tenants: tenancy.service,
        notify: (notice) => health.notify(notice),
        log,
      }),
    )
    const doctor = owned(composeDoctor({ authority, link, mesh, audit, saveFile: host.saveFile }))
    const isolation = owned(
      composeIsolation({
        database,
        authority,
        link,
        mesh,
        saveFile: host.saveFile,
        version: host.version,
        log,
      }),
    )

    endings.push(watchMesh(health, mesh), watchRegistry(health, registry))
    const recoveryParts = composeRecovery({
      database,
      profile,
      keychain,
      lent,
      audit,
      auditLog,
      health,
      saveFile: host.saveFile,
      identities: authority.keys,
      startMesh: () => mesh.startActive(),
      connected: async (signal) => void (await link.connected(signal, true)),
      keys: authority.keys,
      log,
    })
    const { recovery } = recoveryParts
    owned(recoveryParts)

    endings.push(
      mesh.onSwitch(() => {
        discovery.follow()
        events.reset()
        void registry.follow()
      }),
    )
    endings.push(
      connectKeychain({ keychain, health, log }, async () => {
        await authority.takeUp('keychain')
        void auditLog.start()
        await mesh.startActive()
        await recovery.remind()
        commissioning.resume()
        renewal.resume()
        queues.queue.resume()
        enrollment.resume()
        credentials.resume()
      }),
    )
    discovery.follow()

    const router = createRouter(
      {
        app: {
          info: () => ({
            version: host.version,
            host: host.kind,
            platform: process.platform,
            profileFolder: profile.folder,
            logFolder: profile.logFolder,
            demo: options.demo,
          }),
        },
        audit: auditLog,
        bundles: bundles.calls,
        enrollment,
        keychain,
        mesh: meshWithRegistry(mesh, registry),
        tenants: tenancy.calls,
        doctor,
        discovery,
        commissioning,
        contexts,
        credentials,
        fleet,
        isolation,
        recovery,
        startOver: recoveryParts.startOver,
        keys,
        nsc,
        paths: new PathService({ choosePath: host.choosePath }),
        queue: queues.queue,
        renewal,
        resolver: composeResolver({ database, authority, publisher, mesh, log }),
        rpc,
        events,
        health,
        settings,
      },
      {
        onInternalError: (error, path) => log.error('A call failed unexpectedly', { path, error }),
      },
    )
    log.info('Muster started', { version: host.version, host: host.kind, demo: options.demo })
    return { router, log, close: () => closeAll(endings, log) }
  } catch (error) {
    await closeAll(endings, undefined)
    throw error
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

async function closeAll(
  endings: (() => void | Promise<void>)[],
  log: Logger | undefined,
): Promise<void> {
  for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
    try {
      await end()
    } catch (error) {
      log?.error('A part did not close in good order', { error })
    }
  }
}
