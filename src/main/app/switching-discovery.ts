import type { DiscoveredDevice, DiscoveryUpdate } from '#shared/contract/discovery.ts'
import type { Dialect, DialectName } from '#shared/protocol/dialect.ts'
import type { DeviceDirectory, DeviceEndpoint } from '../commissioning/collaborators.ts'
import type { DeviceHttp } from '../commissioning/device-http.ts'
import { DiscoveryService } from '../discovery/discovery-service.ts'
import type { HealthService } from '../health/health-service.ts'
import type { Logger } from '../log/logger.ts'

export interface SwitchingDiscoveryOptions {
  /** Of the mesh that is active. */
  dialect(): Dialect
  readonly interfaces: 'all' | readonly string[]
  /** Asks devices that are added by address. */
  readonly http: DeviceHttp
  readonly health: HealthService
  readonly log: Logger
}

interface Running {
  readonly dialect: DialectName
  readonly service: DiscoveryService
  readonly endHealth: () => void
}

type Listener = (update: DiscoveryUpdate) => void

/**
 * Discovery in the dialect of the active mesh: when that changes, another browser takes over and
 * everybody who watches gets a fresh snapshot.
 */
export class SwitchingDiscovery implements DeviceDirectory {
  readonly #options: SwitchingDiscoveryOptions
  readonly #listeners = new Map<Listener, () => void>()
  #running: Running

  constructor(options: SwitchingDiscoveryOptions) {
    this.#options = options
    this.#running = this.#start(options.dialect())
  }

  /** Follows the active mesh; call at each switch. */
  follow(): void {
    const dialect = this.#options.dialect()
    if (dialect.name === this.#running.dialect) return
    const before = this.#running
    this.#running = this.#start(dialect)
    for (const [listener, unsubscribe] of this.#listeners) {
      unsubscribe()
      this.#listeners.set(listener, this.#running.service.subscribe(listener))
    }
    this.#end(before).catch((error: unknown) => {
      this.#options.log.error('Discovery of the other dialect did not end in good order', { error })
    })
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.set(listener, this.#running.service.subscribe(listener))
    return () => {
      this.#listeners.get(listener)?.()
      this.#listeners.delete(listener)
    }
  }

  refresh(): void {
    this.#running.service.refresh()
  }

  addAddress(address: string, signal: AbortSignal): Promise<DiscoveredDevice> {
    return this.#running.service.addAddress(address, signal)
  }

  removeAddress(key: string): void {
    this.#running.service.removeAddress(key)
  }

  endpointOf(key: string): DeviceEndpoint | undefined {
    return this.#running.service.device(key)
  }

  reconfirm(key: string): void {
    this.#running.service.reconfirm(key)
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#listeners.values()) unsubscribe()
    this.#listeners.clear()
    await this.#end(this.#running)
  }

  #start(dialect: Dialect): Running {
    const { interfaces, http, health, log } = this.#options
    const service = new DiscoveryService({
      dialect,
      interfaces,
      log,
      probe: (address, signal) => http.probe(address.host, address.port, signal),
    })
    const endHealth = service.subscribe((update) => reportDiscovery(health, update))
    service.start()
    return { dialect: dialect.name, service, endHealth }
  }

  async #end(running: Running): Promise<void> {
    running.endHealth()
    await running.service.close()
  }
}

function reportDiscovery(health: HealthService, update: DiscoveryUpdate): void {
  const { interfaces } = update.health
  const broken = interfaces.filter((entry) => entry.error !== null)
  if (interfaces.length === 0) {
    health.report('discovery', {
      state: 'degraded',
      summary: 'No network interface to look for devices on.',
    })
    return
  }
  const names = interfaces.map((entry) => entry.name).join(', ')
  health.report('discovery', {
    state: broken.length === 0 ? 'ok' : 'degraded',
    summary:
      broken.length === 0
        ? `Listens on ${names}.`
        : `Can not listen on ${broken.map((entry) => `${entry.name} (${entry.error})`).join(', ')}.`,
  })
}
