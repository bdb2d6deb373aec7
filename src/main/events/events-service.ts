import type { EventsUpdate } from '#shared/contract/events.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { requireSafeToken } from '#shared/protocol/names.ts'
import type { Logger } from '../log/logger.ts'
import type { TenantConnections } from '../rpc/tenant-connections.ts'
import { EventFeed } from './event-feed.ts'

/** Somebody who leaves a view and comes back finds the events of the meantime. */
const KEEP_UNWATCHED_MS = 10 * 60_000

export interface EventsServiceOptions {
  readonly connections: TenantConnections
  readonly dialect: () => Dialect
  readonly log: Logger
  readonly now?: () => Date
  readonly keepUnwatchedMs?: number
}

interface KeptFeed {
  readonly feed: EventFeed
  /** Runs while nobody watches. */
  timer: NodeJS.Timeout | undefined
}

/** Live events of devices, one feed a tenant, opened with its first watcher. */
export class EventsService {
  private readonly options: EventsServiceOptions
  private readonly feeds = new Map<string, KeptFeed>()
  private lastSequence = 0

  constructor(options: EventsServiceOptions) {
    this.options = options
  }

  /**
   * The live events of a tenant, or of one of its devices, to subscribe to: first those that are
   * still held, then what comes.
   * @throws RejectedError `NAME_UNSAFE`.
   */
  watch(
    tenant: string,
    deviceId: string | null,
  ): (listener: (update: EventsUpdate) => void) => () => void {
    requireSafeToken(tenant, 'tenant')
    return (listener) => {
      const kept = this.feedOf(tenant)
      clearTimeout(kept.timer)
      const unwatch = kept.feed.watch(deviceId, listener)
      let watching = true
      return () => {
        if (!watching) return
        watching = false
        unwatch()
        if (kept.feed.watcherCount === 0) this.closeLater(tenant, kept)
      }
    }
  }

  /** Forgets what was held: another mesh is used, and its tenants are others of the same name. */
  reset(): void {
    for (const [tenant, kept] of this.feeds) {
      if (kept.feed.watcherCount === 0) this.drop(tenant, kept)
      else kept.feed.clear()
    }
  }

  close(): void {
    for (const [tenant, kept] of this.feeds) this.drop(tenant, kept)
  }

  private feedOf(tenant: string): KeptFeed {
    const kept = this.feeds.get(tenant)
    if (kept !== undefined) return kept
    const { connections, dialect, log, now = () => new Date() } = this.options
    const feed = new EventFeed({
      tenant,
      dialect,
      connections,
      log: log.part('events'),
      now,
      nextSequence: () => (this.lastSequence += 1),
    })
    const opened: KeptFeed = { feed, timer: undefined }
    this.feeds.set(tenant, opened)
    return opened
  }

  private closeLater(tenant: string, kept: KeptFeed): void {
    kept.timer = setTimeout(
      () => this.drop(tenant, kept),
      this.options.keepUnwatchedMs ?? KEEP_UNWATCHED_MS,
    )
    // A quiet timer must not keep the process alive.
    kept.timer.unref()
  }

  private drop(tenant: string, kept: KeptFeed): void {
    clearTimeout(kept.timer)
    kept.feed.close()
    if (this.feeds.get(tenant) === kept) this.feeds.delete(tenant)
  }
}
