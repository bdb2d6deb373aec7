import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { messageOf } from '#shared/errors.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import type { RegistryCounters } from './counters.ts'
import type { DeviceEntry } from './device-entry.ts'
import { PRESENCE_TICK_MS, type PresenceMonitor } from './presence-monitor.ts'
import { assembleRegistry, type RegistryOptions, type RegistryParts } from './registry-parts.ts'
import { Subscriptions } from './subscriptions.ts'
import type { WriteCounters } from './write-behind.ts'

interface RegistryStats extends RegistryCounters, WriteCounters {
  readonly devicesKnown: number
  readonly devicesOnline: number
}

type ForgetOutcome = 'forgotten' | 'unknown' | 'online'

export interface Registry {
  /** Every device known, online and offline. */
  devices(): IterableIterator<DeviceEntry>
  /** The whole record as JSON text; undefined for a device that is not known. */
  record(tenant: string, deviceId: string): string | undefined
  /** Drops an offline device. An online one would be back with its next heartbeat, so it stays. */
  forget(tenant: string, deviceId: string): ForgetOutcome
  stats(): RegistryStats
  /**
   * Begins to serve on an open connection, which stays the caller's to close. To be called once;
   * the connection may be lost and come back as often as it likes.
   */
  serve(connection: NatsConnection): void
  /** Stops serving and writes what is pending. The connection and the store stay open. */
  close(): Promise<void>
}

/**
 * Loads the known devices. `serve` then answers registration, heartbeats, recovery and discovery
 * (protocol.md) for all tenants that the connection may see.
 * @throws what the store throws while loading
 */
export async function openRegistry(
  options: RegistryOptions,
  signal: AbortSignal,
): Promise<Registry> {
  const parts = assembleRegistry(options)
  for await (const page of options.store.load(signal)) {
    for (const stored of page) parts.registrar.restore(stored)
  }
  const { index, writes, presence, recovery, counters, feed } = parts
  const ticking = setInterval(() => presence.check(), PRESENCE_TICK_MS)
  let subscriptions: Subscriptions | undefined
  return {
    devices: () => index.all(),
    record: (tenant, deviceId) => index.get(tenant, deviceId)?.record(),
    forget: (tenant, deviceId) => {
      const entry = index.get(tenant, deviceId)
      if (entry === undefined) return 'unknown'
      if (entry.online) return 'online'
      index.remove(entry)
      writes.remove(entry)
      feed.removed({ tenant, deviceId })
      return 'forgotten'
    },
    stats: () => ({
      ...counters,
      ...writes.counters,
      devicesKnown: index.size,
      devicesOnline: index.onlineCount,
    }),
    serve: (connection) => {
      parts.wire.attach(connection)
      subscriptions = subscribe(connection, options, parts)
      presence.resume()
      void followConnection(connection, presence)
    },
    close: async () => {
      subscriptions?.close()
      clearInterval(ticking)
      presence.close()
      recovery.close()
      await writes.close()
    },
  }
}

function subscribe(
  connection: NatsConnection,
  options: RegistryOptions,
  parts: RegistryParts,
): Subscriptions {
  const { dialect, logger } = options
  const { registrations, discovery, heartbeats, counters, drops } = parts
  /** The second token of the subject; the tenant is never taken from the payload. */
  const tenantOf = (subject: string) => {
    const start = dialect.subjectRoot.length + 1
    return subject.slice(start, subject.indexOf('.', start))
  }
  /** Answers a request; one without a reply subject is ignored (protocol.md, "Registration"). */
  const respond = (message: Msg, answer: (tenant: string) => string) => {
    if (message.reply === undefined || message.reply === '') return
    const tenant = tenantOf(message.subject)
    if (!isSafeToken(tenant)) counters.unsafeNames += 1
    else message.respond(answer(tenant))
  }
  /** No message may take the process down, whatever it holds. */
  const guarded = (handle: (message: Msg) => void) => (message: Msg) => {
    try {
      handle(message)
    } catch (error) {
      counters.malformed += 1
      drops.note(message.subject, `it could not be handled (${messageOf(error)})`)
    }
  }
  const handlers = {
    registry: guarded((message) =>
      respond(message, (tenant) => registrations.answer(tenant, message.data, message.subject)),
    ),
    discovery: guarded((message) =>
      respond(message, (tenant) => discovery.answer(tenant, message.data, message.subject)),
    ),
    heartbeat: guarded((message) => heartbeats.receive(message.subject, message.data)),
  }
  return new Subscriptions(connection, { dialect, handlers, logger, ...tenantsOf(options) })
}

function tenantsOf({ tenants, knownTenants }: RegistryOptions) {
  return { tenants, knownTenants: knownTenants ?? [] }
}

async function followConnection(
  connection: NatsConnection,
  presence: PresenceMonitor,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'staleConnection') presence.pause()
    if (type === 'reconnect') presence.resume()
  }
  presence.pause()
}
