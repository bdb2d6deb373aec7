import type {
  DiscoveredDevice,
  DiscoveryHealth,
  DiscoveryUpdate,
} from '#shared/contract/discovery.ts'
import type { Logger } from '../log/logger.ts'
import type { Clock } from './clock.ts'

/** At most 20 updates a second (style.md, "Contract first"). */
const MIN_INTERVAL_MS = 50
/** Building the list of a thousand devices takes 10 ms; it may take a tenth of the time. */
const BUILD_TIMES_INTERVAL = 10
/** That a device was heard again is news only this often. */
const HEARD_AGAIN_MS = 10_000

export interface DeviceFeedOptions {
  readonly clock: Clock
  readonly log: Logger
  /** The list as it is now. */
  readonly build: () => DiscoveredDevice[]
  readonly health: () => DiscoveryHealth
}

interface Published {
  readonly device: DiscoveredDevice
  /** All of it but when it was heard last. */
  readonly facts: string
}

/**
 * Tells listeners what changed in the list of devices: the whole of it first, then what differs,
 * coalesced. All listeners get the same updates; a device that is merely heard again is sent only
 * every 10 s.
 */
export class DeviceFeed {
  readonly #options: DeviceFeedOptions
  readonly #listeners = new Set<(update: DiscoveryUpdate) => void>()
  #published = new Map<string, Published>()
  #publishedHealth = ''
  #flushedAt = Number.NEGATIVE_INFINITY
  #intervalMs = MIN_INTERVAL_MS
  #cancelTimer: (() => void) | null = null
  #closed = false

  constructor(options: DeviceFeedOptions) {
    this.#options = options
  }

  /** Something may have changed. */
  touch(): void {
    if (this.#closed || this.#cancelTimer) return
    const waitMs = this.#flushedAt + this.#intervalMs - this.#options.clock.now()
    this.#cancelTimer = this.#options.clock.setTimer(Math.max(0, waitMs), () => this.#flush())
  }

  /** The list as it is now. */
  devices(): readonly DiscoveredDevice[] {
    if (this.#cancelTimer) this.#flush()
    return [...this.#published.values()].map(({ device }) => device)
  }

  /** Gives `listener` the whole list at once and every change from then on. */
  subscribe(listener: (update: DiscoveryUpdate) => void): () => void {
    const devices = [...this.devices()]
    this.#listeners.add(listener)
    this.#tell(listener, { type: 'snapshot', devices, health: this.#options.health() })
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#listeners.clear()
    this.#published.clear()
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#flushedAt = this.#options.clock.now()
    const before = this.#published
    const upserted: DiscoveredDevice[] = []
    this.#published = new Map()
    for (const device of this.#options.build()) {
      const facts = JSON.stringify({ ...device, lastSeenAt: null })
      const known = before.get(device.key)
      const unchanged = known?.facts === facts && !isNews(known.device, device)
      this.#published.set(device.key, unchanged ? known : { device, facts })
      if (!unchanged) upserted.push(device)
    }
    const buildMs = this.#options.clock.now() - this.#flushedAt
    this.#intervalMs = Math.max(MIN_INTERVAL_MS, buildMs * BUILD_TIMES_INTERVAL)
    const removedKeys = [...before.keys()].filter((key) => !this.#published.has(key))
    this.#publish(upserted, removedKeys)
  }

  #publish(upserted: DiscoveredDevice[], removedKeys: string[]): void {
    const health = this.#options.health()
    const healthText = JSON.stringify(health)
    if (upserted.length + removedKeys.length === 0 && healthText === this.#publishedHealth) return
    this.#publishedHealth = healthText
    for (const listener of this.#listeners) {
      this.#tell(listener, { type: 'changed', upserted, removedKeys, health })
    }
  }

  #tell(listener: (update: DiscoveryUpdate) => void, update: DiscoveryUpdate): void {
    try {
      listener(update)
    } catch (error) {
      this.#options.log.error('A listener of the device list threw.', { error })
    }
  }
}

function isNews(before: DiscoveredDevice, now: DiscoveredDevice): boolean {
  return Date.parse(now.lastSeenAt) - Date.parse(before.lastSeenAt) >= HEARD_AGAIN_MS
}
