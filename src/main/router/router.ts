import type { MusterError } from '#shared/errors.ts'
import { auditRouter } from './audit.ts'
import { bundlesRouter } from './bundles.ts'
import { enrollmentRouter } from './enrollment.ts'
import { credentialsRouter } from './credentials.ts'
import { doctorRouter } from './doctor.ts'
import { implementContract } from './implementer.ts'
import { isolationRouter } from './isolation.ts'
import { recoveryRouter } from './recovery.ts'
import { keysRouter } from './keys.ts'
import { nscRouter } from './nsc.ts'
import { pathsRouter } from './paths.ts'
import { queueRouter } from './queue.ts'
import { registryStoreRouter } from './registry-store.ts'
import { resolverRouter } from './resolver.ts'
import { renewalRouter } from './renewal.ts'
import type { Services } from './services.ts'
import { streamOf } from './stream.ts'
import { tenantsRouter } from './tenants.ts'
import { NEVER } from '#shared/never.ts'

export interface RouterOptions {
  /** Hears of errors that nobody expected, for the log. */
  onInternalError(error: MusterError, path: string): void
}

/**
 * Implements the contract over the services. Maps and streams, decides nothing. Input and output
 * are validated by the contract's strict schemas on every call.
 */
export function createRouter(services: Services, options: RouterOptions) {
  const os = implementContract((error, path) => options.onInternalError(error, path))
  const { app, commissioning, discovery, events, fleet, health, keychain, mesh, rpc } = services
  const { settings } = services

  return os.router({
    app: { info: os.app.info.handler(() => app.info()) },
    audit: auditRouter(os.audit, services.audit),
    bundles: bundlesRouter(os.bundles, services.bundles),
    enrollment: enrollmentRouter(os.enrollment, services.enrollment),
    commissioning: {
      inspect: os.commissioning.inspect.handler(({ input, signal }) =>
        commissioning.inspect(input.key, signal ?? NEVER),
      ),
      start: os.commissioning.start.handler(({ input }) => commissioning.start(input)),
      cancel: os.commissioning.cancel.handler(({ input }) => commissioning.cancel(input.id)),
      watch: os.commissioning.watch.handler(({ signal }) =>
        streamOf((listener) => commissioning.subscribe(listener), signal ?? NEVER),
      ),
    },
    credentials: credentialsRouter(os.credentials, services.credentials),
    discovery: {
      watch: os.discovery.watch.handler(({ signal }) =>
        streamOf((listener) => discovery.subscribe(listener), signal ?? NEVER),
      ),
      refresh: os.discovery.refresh.handler(() => {
        discovery.refresh()
        return null
      }),
      addAddress: os.discovery.addAddress.handler(({ input, signal }) =>
        discovery.addAddress(input.address, signal ?? NEVER),
      ),
      removeAddress: os.discovery.removeAddress.handler(({ input }) => {
        discovery.removeAddress(input.key)
        return null
      }),
    },
    doctor: doctorRouter(os.doctor, services.doctor),
    events: {
      watch: os.events.watch.handler(({ input, signal }) =>
        streamOf(events.watch(input.tenant, input.deviceId), signal ?? NEVER),
      ),
    },
    fleet: {
      watch: os.fleet.watch.handler(({ signal }) =>
        streamOf((listener) => fleet.subscribe(listener), signal ?? NEVER),
      ),
      record: os.fleet.record.handler(({ input, signal }) => fleet.record(input, signal ?? NEVER)),
      select: os.fleet.select.handler(({ input, signal }) => fleet.select(input, signal ?? NEVER)),
      credentials: os.fleet.credentials.handler(({ input }) => fleet.credentials(input)),
      forget: os.fleet.forget.handler(async ({ input }) => {
        await fleet.forget(input)
        return null
      }),
    },
    health: {
      watch: os.health.watch.handler(({ signal }) =>
        streamOf((listener) => health.subscribe(listener), signal ?? NEVER),
      ),
    },
    isolation: isolationRouter(os.isolation, services.isolation),
    keychain: {
      watch: os.keychain.watch.handler(({ signal }) =>
        streamOf((listener) => keychain.subscribe(listener), signal ?? NEVER),
      ),
      unlock: os.keychain.unlock.handler(({ input }) => keychain.unlock(input.passphrase)),
      createVault: os.keychain.createVault.handler(({ input }) =>
        keychain.createVault(input.passphrase),
      ),
      changePassphrase: os.keychain.changePassphrase.handler(async ({ input }) => {
        await keychain.changePassphrase(input.oldPassphrase, input.newPassphrase)
        return null
      }),
      loss: os.keychain.loss.handler(() => services.startOver.loss()),
      startOver: os.keychain.startOver.handler(({ input }) =>
        services.startOver.startOver(input.typedName),
      ),
      retry: os.keychain.retry.handler(() => keychain.retry()),
    },
    keys: keysRouter(os.keys, services.keys),
    mesh: {
      watch: os.mesh.watch.handler(({ signal }) =>
        streamOf((listener) => mesh.subscribe(listener), signal ?? NEVER),
      ),
      networkAddresses: os.mesh.networkAddresses.handler(() => mesh.networkAddresses()),
      createLocal: os.mesh.createLocal.handler(({ input }) => mesh.createLocal(input)),
      setReach: os.mesh.setReach.handler(({ input }) => mesh.setReach(input)),
      connections: os.mesh.connections.handler(() => mesh.connections()),
      addRemote: os.mesh.addRemote.handler(({ input }) => mesh.addRemote(input)),
      removeRemote: os.mesh.removeRemote.handler(async ({ input }) => {
        await mesh.removeRemote(input.id)
        return null
      }),
      use: os.mesh.use.handler(({ input }) => mesh.use(input.id)),
    },
    recovery: recoveryRouter(os.recovery, services.recovery),
    registryStore: registryStoreRouter(os.registryStore, services.registryStore),
    nsc: nscRouter(os.nsc, services.nsc, services.contexts),
    paths: pathsRouter(os.paths, services.paths),
    queue: queueRouter(os.queue, services.queue),
    renewal: renewalRouter(os.renewal, services.renewal),
    resolver: resolverRouter(os.resolver, services.resolver),
    rpc: { call: os.rpc.call.handler(({ input, signal }) => rpc.call(input, signal ?? NEVER)) },
    settings: {
      get: os.settings.get.handler(() => settings.get()),
      update: os.settings.update.handler(({ input }) => settings.update(definedOf(input))),
    },
    tenants: tenantsRouter(os.tenants, services.tenants),
  })
}

export type AppRouter = ReturnType<typeof createRouter>

/** An object without the keys whose value is undefined: "not given" and "undefined" are one. */
function definedOf<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
