import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { DeviceEvent, EventsUpdate } from '#shared/contract/events.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { parseDeviceSubject, subjectsOf } from '#shared/protocol/subjects.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import type { Logger } from '../log/logger.ts'
import type { TenantConnections } from '../rpc/tenant-connections.ts'
import { Pace } from './pace.ts'
import { payloadOf } from './event-payload.ts'

/** What a window that opens later still sees. */
const MAX_HELD_EVENTS = 1_000
const DELTAS_EVERY_MS = 100
const MAX_NAME_LENGTH = 256
/** Copied and read later, if at all; larger ones are read at once, so that only 16 KiB stay. */
const READ_LATER_UP_TO_BYTES = 16 * 1024

export interface EventFeedOptions {
  readonly tenant: string
  /** Of the mesh that is used now; asked at each new connection. */
  readonly dialect: () => Dialect
  readonly connections: TenantConnections
  readonly log: Logger
  readonly now: () => Date
  readonly nextSequence: () => number
}

interface Watcher {
  readonly deviceId: string | null
  readonly listener: (update: EventsUpdate) => void
}

/** An event as it arrived; its payload is read when somebody gets to see it. */
interface HeldEvent {
  readonly sequence: number
  readonly deviceId: string
  readonly name: string
  readonly atMs: number
  bytes: Uint8Array | undefined
  payload: { readonly text: string; readonly truncated: boolean } | undefined
}

/**
 * The live events of one tenant, `P.T.*.event.>`: the newest thousand in memory, and deltas to
 * whoever watches, ten times a second. A flood costs no more than that: what does not fit between
 * two deltas is dropped unread and counted.
 */
export class EventFeed {
  private readonly options: EventFeedOptions
  private readonly watchers = new Set<Watcher>()
  private readonly pace = new Pace(DELTAS_EVERY_MS, () => this.flush())
  private readonly unsubscribe: () => void
  private dialect: Dialect
  private subscription: Subscription | undefined
  /** Oldest first; the last `fresh` of them were not told to the watchers yet. */
  private held: HeldEvent[] = []
  private fresh = 0
  private readonly dropped = new Map<string, number>()

  constructor(options: EventFeedOptions) {
    this.options = options
    this.dialect = options.dialect()
    this.unsubscribe = options.connections.subscribe(options.tenant, (connection) =>
      this.attach(connection),
    )
  }

  get watcherCount(): number {
    return this.watchers.size
  }

  watch(deviceId: string | null, listener: (update: EventsUpdate) => void): () => void {
    // So that this snapshot and the next delta do not overlap.
    if (this.fresh > 0) this.flush()
    const watcher = { deviceId, listener }
    this.watchers.add(watcher)
    listener({ type: 'snapshot', events: this.read(this.held, deviceId) })
    return () => void this.watchers.delete(watcher)
  }

  /** Forgets everything, and tells so: what comes from now on is another mesh's. */
  clear(): void {
    this.held = []
    this.fresh = 0
    this.dropped.clear()
    for (const { listener } of this.watchers) listener({ type: 'snapshot', events: [] })
  }

  close(): void {
    this.unsubscribe()
    this.attach(undefined)
    this.pace.close()
    this.watchers.clear()
  }

  private attach(connection: NatsConnection | undefined): void {
    if (this.subscription?.isClosed() === false) this.subscription.unsubscribe()
    this.subscription = undefined
    if (connection === undefined || connection.isClosed() || connection.isDraining()) return
    const { tenant, dialect, log } = this.options
    this.dialect = dialect()
    this.subscription = connection.subscribe(subjectsOf(this.dialect).allEventsOf(tenant), {
      callback: (error, message) => {
        if (error === null) this.onMessage(message)
        else log.warn('Muster may not listen to the events of this tenant', { tenant, error })
      },
    })
  }

  private onMessage(message: Msg): void {
    const from = parseDeviceSubject(this.dialect, message.subject)
    if (from === undefined || !from.rest.startsWith('event.')) return
    const name = cleanText(from.rest.slice('event.'.length), MAX_NAME_LENGTH)
    const later = message.data.byteLength <= READ_LATER_UP_TO_BYTES
    this.held.push({
      sequence: this.options.nextSequence(),
      deviceId: from.device,
      name,
      atMs: this.options.now().getTime(),
      // A copy: the client's buffer holds many messages and would stay alive with this one.
      bytes: later ? message.data.slice() : undefined,
      payload: later ? undefined : payloadOf(message.data),
    })
    this.fresh += 1
    // Trimmed in strides, since taking the first off a list costs its length.
    if (this.held.length >= 2 * MAX_HELD_EVENTS) this.trim()
    this.pace.request()
  }

  private trim(): void {
    const excess = this.held.length - MAX_HELD_EVENTS
    if (excess <= 0) return
    const untold = Math.max(0, this.fresh - MAX_HELD_EVENTS)
    for (const { deviceId } of this.held.slice(excess - untold, excess)) {
      this.dropped.set(deviceId, (this.dropped.get(deviceId) ?? 0) + 1)
    }
    this.held = this.held.slice(excess)
    this.fresh -= untold
  }

  private flush(): void {
    this.trim()
    const events = this.held.slice(this.held.length - this.fresh)
    for (const { deviceId, listener } of this.watchers) {
      const mine = this.read(events, deviceId)
      const dropped = this.droppedOf(deviceId)
      if (mine.length > 0 || dropped > 0) listener({ type: 'events', events: mine, dropped })
    }
    this.fresh = 0
    this.dropped.clear()
  }

  private droppedOf(deviceId: string | null): number {
    if (deviceId !== null) return this.dropped.get(deviceId) ?? 0
    let total = 0
    for (const count of this.dropped.values()) total += count
    return total
  }

  private read(events: readonly HeldEvent[], deviceId: string | null): DeviceEvent[] {
    const { tenant } = this.options
    return events
      .slice(-MAX_HELD_EVENTS)
      .filter((event) => deviceId === null || event.deviceId === deviceId)
      .map((event) => ({
        sequence: event.sequence,
        tenant,
        deviceId: event.deviceId,
        name: event.name,
        at: new Date(event.atMs).toISOString(),
        ...readPayload(event),
      }))
  }
}

function readPayload(event: HeldEvent): { readonly payload: string; readonly truncated: boolean } {
  event.payload ??= payloadOf(event.bytes ?? new Uint8Array())
  event.bytes = undefined
  return { payload: event.payload.text, truncated: event.payload.truncated }
}
