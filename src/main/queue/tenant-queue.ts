import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { ConsumerInfo } from '@nats-io/jetstream'
import type { DeviceQueue, TenantLag } from '#shared/contract/queue.ts'
import { toMusterError } from '#shared/errors.ts'
import { parseDeviceSubject } from '#shared/protocol/subjects.ts'
import {
  asyncRepliesOf,
  COMMAND_ID_HEADER,
  queueSubject,
  queueSubjectsOf,
} from '#shared/protocol/queue.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { SerialQueue } from '../authority/serial-queue.ts'
import type { Logger } from '../log/logger.ts'
import { inParallel } from '../mesh/in-parallel.ts'
import type { CommandMessage } from './command-message.ts'
import type { CommandStore, StoredCommand } from './command-store.ts'
import { CommandStream } from './command-stream.ts'
import { DeviceCommands, type QueueTiming } from './device-commands.ts'
import { deviceOf, MAX_CONSUMERS, tenantLag } from './tenant-lag.ts'

/** Between two looks at a device that something was heard of. */
const LOOK_PAUSE_MS = 100
/** Without anything heard: deliveries make no noise. */
const WATCH_INTERVAL_MS = 2_000
const REST_INTERVAL_MS = 15_000
/** A consumer that handed nothing out for so long is not worth its room. */
const IDLE_CONSUMER_MS = 7 * 24 * 60 * 60 * 1000
/** After a storm of acknowledgements the rest of the app shall still get a word in. */
const LOOKS_AT_A_TIME = 8
/** Devices that are looked at when the queue is taken up. */
const MAX_DEVICES_AT_START = 5_000

export interface TenantQueueOptions {
  readonly tenant: string
  readonly nats: NatsConnection
  readonly dialect: Dialect
  readonly alone: boolean
  readonly store: CommandStore
  readonly timing: QueueTiming
  readonly now: () => Date
  readonly log: Logger
  /** Something about the commands or the consumer of a device changed. */
  readonly onChange: (deviceId: string) => void
  readonly onDead: (command: StoredCommand) => void
}

/**
 * The queue of one tenant over one connection: brings what this profile knows in step with what the server
 * has, at each start and whenever something is heard. Everything about one device happens one after the other.
 */
export class TenantQueue {
  readonly stream: CommandStream
  readonly #options: TenantQueueOptions
  readonly #turns = new Map<string, SerialQueue>()
  readonly #subscriptions: Subscription[] = []
  readonly #heard = new Set<string>()
  readonly #watched = new Map<string, number>()
  readonly #consumers = new Map<string, ConsumerInfo | undefined>()
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: TenantQueueOptions) {
    this.#options = options
    const { nats, tenant, dialect, alone, timing } = options
    const { ackWaitMs } = timing
    this.stream = new CommandStream(nats, {
      tenant,
      dialect,
      alone,
      ...(ackWaitMs === undefined ? {} : { ackWaitMs }),
    })
    this.#listen()
    void this.#followConnection()
    void this.#lookAround()
    this.#rest()
  }

  /** Puts a command into the queue: see `DeviceCommands.enqueue`. */
  enqueue(command: CommandMessage, deviceId: string): Promise<StoredCommand> {
    return this.#turn(deviceId, (device) => device.enqueue(command)).finally(() => this.#rest())
  }

  /** See `DeviceCommands.cancel`. */
  cancel(deviceId: string, id: string): Promise<StoredCommand> {
    return this.#turn(deviceId, (device) => device.cancel(id))
  }

  /** See `DeviceCommands.discard`. */
  discard(deviceId: string, id: string): Promise<StoredCommand> {
    return this.#turn(deviceId, (device) => device.discard(id))
  }

  /** See `DeviceCommands.requeue`. */
  requeue(deviceId: string, id: string, deadline: Date): Promise<StoredCommand> {
    return this.#turn(deviceId, (device) => device.requeue(id, deadline)).finally(() =>
      this.#rest(),
    )
  }

  /** Brings one device in step. @throws what JetStream answers. */
  async lookAt(deviceId: string): Promise<void> {
    await this.#turn(deviceId, (device) => device.reconcile())
  }

  /** Takes a device out with its consumer and everything that waits for it. */
  async removeDevice(deviceId: string, why: string): Promise<void> {
    await this.#turn(deviceId, (device) => device.removeAll(why))
  }

  /** The consumer as it was at the last look. */
  consumerOf(deviceId: string): DeviceQueue['consumer'] {
    const info = this.#consumers.get(deviceId)
    if (info === undefined) return null
    return {
      name: info.name,
      pending: info.num_pending,
      inFlight: info.num_ack_pending,
      redelivered: info.num_redelivered,
      fetching: info.num_waiting > 0,
      lastDeliveredAt: lastActive(info),
    }
  }

  /** @throws what JetStream answers. */
  lag(): Promise<Omit<TenantLag, 'availability'>> {
    const { store, tenant, dialect } = this.#options
    return tenantLag(this.stream, store.deadOf(tenant), (device) =>
      queueSubject(dialect, tenant, device),
    )
  }

  /** Looks at a device more often for as long as somebody does. */
  watch(deviceId: string): () => void {
    this.#watched.set(deviceId, (this.#watched.get(deviceId) ?? 0) + 1)
    this.#hear(deviceId)
    this.#rest()
    return () => {
      const watchers = (this.#watched.get(deviceId) ?? 1) - 1
      if (watchers > 0) this.#watched.set(deviceId, watchers)
      else this.#watched.delete(deviceId)
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#soon)
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #turn<T>(deviceId: string, work: (device: DeviceCommands) => Promise<T>): Promise<T> {
    const turns = this.#turns.get(deviceId) ?? new SerialQueue()
    this.#turns.set(deviceId, turns)
    const { tenant, store, timing, now, onChange, onDead } = this.#options
    const device = new DeviceCommands({
      tenant,
      deviceId,
      stream: this.stream,
      store,
      timing,
      now,
      onDead,
      onConsumer: (info) => void this.#consumers.set(deviceId, info),
    })
    return turns.run(async () => {
      try {
        return await work(device)
      } finally {
        if (!this.#closed) onChange(deviceId)
      }
    })
  }

  #listen(): void {
    const { nats, tenant, dialect, store } = this.#options
    const device = (subject: string) => parseDeviceSubject(dialect, subject)?.device
    const prefix = `cmd-${tenant}-`
    const ofConsumer = (subject: string) => {
      const name = subject.slice(subject.lastIndexOf('.') + 1)
      return name.startsWith(prefix) ? name.slice(prefix.length) : undefined
    }
    const hear = (
      subject: string,
      deviceOf: (subject: string) => string | undefined,
      isNews: (message: Msg) => boolean = () => true,
    ) => {
      const callback = (error: Error | null, message: Msg) => {
        const deviceId = error === null ? deviceOf(message.subject) : undefined
        if (deviceId !== undefined && isNews(message)) this.#hear(deviceId)
      }
      this.#subscriptions.push(nats.subscribe(subject, { callback }))
    }
    hear(asyncRepliesOf(dialect, tenant), device)
    // What was put there from here is known already.
    hear(queueSubjectsOf(dialect, tenant), device, ({ headers }) => {
      const id = headers?.get(COMMAND_ID_HEADER) ?? ''
      return id === '' || store.find(id) === undefined
    })
    hear('$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.*.*', ofConsumer)
    hear('$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.*.*', ofConsumer)
    hear('$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.*.*', ofConsumer)
    hear('$JS.EVENT.METRIC.CONSUMER.ACK.*.*', ofConsumer)
  }

  /** What happened while the connection was away is looked up. */
  async #followConnection(): Promise<void> {
    for await (const status of this.#options.nats.status()) {
      if (this.#closed) return
      if (status.type === 'reconnect') void this.#lookAround()
    }
  }

  #hear(deviceId: string): void {
    this.#heard.add(deviceId)
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      const heard = [...this.#heard]
      this.#heard.clear()
      void inParallel(heard, LOOKS_AT_A_TIME, (each) => this.#lookQuietly(each))
    }, LOOK_PAUSE_MS)
  }

  /** Everybody for whom something waits, here or on the server. */
  async #lookAround(): Promise<void> {
    const { store, tenant, dialect, log } = this.#options
    try {
      const devices = new Set(store.open(tenant).map(({ deviceId }) => deviceId))
      const info = await this.stream.find()
      for (const subject of Object.keys(info?.state.subjects ?? {})) {
        const device = parseDeviceSubject(dialect, subject)?.device
        if (device !== undefined && devices.size < MAX_DEVICES_AT_START) devices.add(device)
      }
      await inParallel([...devices], LOOKS_AT_A_TIME, async (device) => {
        if (!this.#closed) await this.lookAt(device)
      })
      await this.#removeIdle(devices)
    } catch (error) {
      if (!this.#closed) {
        log.warn('the queue of a tenant could not be read', { tenant, error: toMusterError(error) })
      }
    }
  }

  /** Each consumer costs the server memory and time at its start, so those of days ago go. */
  async #removeIdle(busy: ReadonlySet<string>): Promise<void> {
    const { dialect, tenant, timing, now } = this.#options
    const subjectOf = (device: string) => queueSubject(dialect, tenant, device)
    const idleSince = now().getTime() - (timing.idleConsumerMs ?? IDLE_CONSUMER_MS)
    for (const consumer of await this.stream.consumers(MAX_CONSUMERS)) {
      const device = deviceOf(consumer, subjectOf)
      if (device === undefined || busy.has(device) || this.#watched.has(device)) continue
      const used = Date.parse(lastActive(consumer) ?? consumer.created)
      if (consumer.num_pending > 0 || consumer.num_ack_pending > 0 || used > idleSince) continue
      await this.#turns.get(device)?.idle()
      await this.stream.removeConsumer(consumer)
    }
  }

  async #lookQuietly(deviceId: string): Promise<void> {
    if (this.#closed) return
    try {
      await this.lookAt(deviceId)
    } catch (error) {
      const { tenant, log } = this.#options
      if (!this.#closed) {
        log.debug('the queue of a device could not be read', { tenant, deviceId, error })
      }
    }
  }

  /** The next look: soon where somebody watches, at the next deadline, or after a while. */
  #rest(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    const { store, tenant, now } = this.#options
    const due = store.nextDeadline(tenant)?.getTime() ?? Number.POSITIVE_INFINITY
    const interval = this.#watched.size > 0 ? WATCH_INTERVAL_MS : REST_INTERVAL_MS
    const untilDue = due - now().getTime()
    // One that is due still has an answer to come, or the mesh is away: no reason to hurry.
    const wait = Math.min(interval, untilDue > 0 ? untilDue : WATCH_INTERVAL_MS)
    this.#timer = setTimeout(() => {
      for (const device of this.#watched.keys()) this.#hear(device)
      // The others are quiet until something is heard of them.
      for (const device of store.restless(tenant, now())) this.#hear(device)
      this.#rest()
    }, wait)
    this.#timer.unref()
  }
}

function lastActive({ delivered }: ConsumerInfo): string | null {
  // The client's types say nanoseconds; nats-server sends an instant.
  const at: unknown = delivered.last_active
  const epoch = typeof at === 'string' ? Date.parse(at) : Number.NaN
  return Number.isNaN(epoch) ? null : new Date(epoch).toISOString()
}
