import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import { toMusterError } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { isJsonObject, parseJsonObject } from '#shared/protocol/json-rpc.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { parseDeviceSubject, subjectsOf } from '#shared/protocol/subjects.ts'
import type { Logger } from '../log/logger.ts'
import { pause } from '../steps/pause.ts'
import type { DiscoveryClient } from './discovery-client.ts'
import { deviceIdOf, projectDevice, projectHeartbeat } from './project-device.ts'
import type { RemotePresence } from './remote-presence.ts'

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
/** A registry that dies says nothing; asked that often, its silence shows. */
const CHECK_EVERY_MS = 30_000
/** Single devices that are asked for at the same time. */
const MAX_LOOKUPS_AT_ONCE = 8
/** From here on reading everything is cheaper than asking one by one. */
const MAX_LOOKUPS_WAITING = 200

/** protocol.md, "Recovery": what devices use that say nothing. */
const USUAL_TTL_SECONDS = 15

type Change = Partial<Omit<Extract<FleetUpdate, { type: 'changed' }>, 'type' | 'stale'>>

export interface DiscoverySessionOptions {
  readonly tenant: string
  readonly dialect: Dialect
  readonly connection: NatsConnection
  readonly client: DiscoveryClient
  /** Outlives the session; what is online in it may be out of date at the start. */
  readonly devices: Map<string, FleetDevice>
  /** Outlives the session, too. */
  readonly observed: RemotePresence
  readonly log: Logger
  readonly now: () => Date
  readonly onChange: (change: Change) => void
  readonly onStale: (stale: boolean) => void
}

/**
 * Follows the fleet of a tenant over one connection. Listens first and reads then, so that no
 * change falls between; what was announced while reading is looked up again afterwards.
 */
export class DiscoverySession {
  private readonly options: DiscoverySessionOptions
  private readonly ended = new AbortController()
  private readonly subscriptions: Subscription[] = []
  /** Devices of which the registry said something since the last reading began. */
  private readonly announced = new Set<string>()
  private readonly lookups = new Set<string>()
  private looking = 0
  private reading: Promise<void> | undefined
  private readAgain = false

  constructor(options: DiscoverySessionOptions) {
    this.options = options
  }

  start(): void {
    const { connection, dialect, tenant } = this.options
    const subjects = subjectsOf(dialect)
    this.options.observed.resume(this.options.now())
    this.listen(subjects.online(tenant), (message) => this.onAnnouncement(message, true))
    this.listen(subjects.offline(tenant), (message) => this.onAnnouncement(message, false))
    this.listen(subjects.heartbeatsOf(tenant), (message) => this.onHeartbeat(message))
    this.read()
    void this.followConnection(connection)
    void this.checkRegularly()
  }

  close(): void {
    this.ended.abort()
    for (const subscription of this.subscriptions) {
      if (!subscription.isClosed()) subscription.unsubscribe()
    }
  }

  private get signal(): AbortSignal {
    return this.ended.signal
  }

  private listen(subject: string, onMessage: (message: Msg) => void): void {
    const { connection, log } = this.options
    if (connection.isClosed() || connection.isDraining()) return
    const callback = (error: Error | null, message: Msg) => {
      if (this.signal.aborted) return
      if (error === null) onMessage(message)
      else log.warn('Muster may not listen to a part of the fleet', { subject, error })
    }
    this.subscriptions.push(connection.subscribe(subject, { callback }))
  }

  private onAnnouncement(message: Msg, online: boolean): void {
    const params = parseJsonObject(message.string())?.['params']
    const deviceId = isJsonObject(params) ? params['device_id'] : undefined
    if (typeof deviceId !== 'string' || !isSafeToken(deviceId)) return
    this.announced.add(deviceId)
    if (online) this.lookUp(deviceId)
    else this.setOffline(deviceId)
  }

  private onHeartbeat(message: Msg): void {
    const { dialect, devices, now, observed, onChange } = this.options
    const from = parseDeviceSubject(dialect, message.subject)
    const device = from === undefined ? undefined : devices.get(from.device)
    // One that is not known registers, or is asked to: the registry announces it then.
    if (from === undefined || device?.state !== 'online') return
    const seenAt = now()
    const heartbeat = parseJsonObject(message.string()) ?? {}
    const status = projectHeartbeat(heartbeat)
    const { ts } = heartbeat
    const { presence, isNews } = observed.heard(
      from.device,
      device.ttlSeconds ?? USUAL_TTL_SECONDS,
      typeof ts === 'number' ? ts : 0,
      seenAt,
    )
    const changed = Object.entries(status).some(
      ([name, value]) => device[name as keyof FleetDevice] !== value,
    )
    const next = { ...device, ...status, lastSeenAt: seenAt.toISOString(), presence }
    devices.set(from.device, next)
    if (changed || isNews) onChange({ upserted: [next] })
    else onChange({ beats: [[from.tenant, from.device, seenAt.getTime()]] })
  }

  private setOffline(deviceId: string): void {
    const { devices, now, observed, onChange } = this.options
    const device = devices.get(deviceId)
    if (device === undefined || device.state === 'offline') return
    const since = now()
    const next: FleetDevice = {
      ...device,
      state: 'offline',
      since: since.toISOString(),
      presence: observed.offline(deviceId, since),
    }
    devices.set(deviceId, next)
    onChange({ upserted: [next] })
  }

  private setOnline(deviceId: string, record: Parameters<typeof projectDevice>[2]): FleetDevice {
    const { devices, now, observed, tenant } = this.options
    const before = devices.get(deviceId)
    const device = projectDevice(tenant, deviceId, record, now())
    const cameBack = before?.state === 'offline' || before?.registeredAt !== device.registeredAt
    const next: FleetDevice = {
      ...device,
      // A device that registers again without having been away was online all the time.
      since: before?.state === 'online' ? before.since : device.since,
      lastSeenAt: before?.lastSeenAt ?? null,
      // Read again without having been away or anew, it is as it was.
      presence: cameBack ? observed.online(deviceId) : (before?.presence ?? null),
    }
    devices.set(deviceId, next)
    return next
  }

  /** Asks for one device after it was announced; for many at once everything is read instead. */
  private lookUp(deviceId: string): void {
    if (this.lookups.size >= MAX_LOOKUPS_WAITING) {
      this.lookups.clear()
      this.read()
      return
    }
    this.lookups.add(deviceId)
    if (this.looking < MAX_LOOKUPS_AT_ONCE) void this.lookUpWaiting()
  }

  private async lookUpWaiting(): Promise<void> {
    const { client, log, onChange } = this.options
    this.looking += 1
    try {
      for (const deviceId of this.lookups) {
        this.lookups.delete(deviceId)
        const record = await client.getDevice(deviceId, this.signal)
        if (this.signal.aborted) return
        if (record === null) this.setOffline(deviceId)
        else onChange({ upserted: [this.setOnline(deviceId, record)] })
      }
    } catch (error) {
      if (this.signal.aborted) return
      log.warn('A device could not be looked up, so the fleet is read again', { error })
      this.read()
    } finally {
      this.looking -= 1
    }
  }

  /** Reads the whole fleet; once more, after a pause, if asked meanwhile. */
  private read(): void {
    this.readAgain = true
    this.reading ??= this.readWhileAsked()
      .catch((error: unknown) => {
        if (this.signal.aborted) return
        this.options.log.error('The fleet can not be read', { error })
      })
      .finally(() => {
        this.reading = undefined
        if (this.readAgain && !this.signal.aborted) this.read()
      })
  }

  private async readWhileAsked(): Promise<void> {
    while (this.readAgain) {
      this.readAgain = false
      await this.readUntilDone()
      // A storm of announcements asks for many readings: they fall together in the pause.
      if (this.readAgain) await pause(FIRST_RETRY_MS, this.signal)
    }
  }

  private async readUntilDone(): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await this.readOnce()
      } catch (error) {
        this.signal.throwIfAborted()
        this.options.onStale(true)
        this.options.log.warn('The fleet could not be read', {
          retryInMs: waitMs,
          error: toMusterError(error),
        })
        await pause(waitMs, this.signal)
      }
    }
  }

  private async readOnce(): Promise<void> {
    const { client, devices, onChange, onStale } = this.options
    this.announced.clear()
    const listed = new Set<string>()
    const upserted: FleetDevice[] = []
    for (const record of await client.listAll(this.signal)) {
      const deviceId = deviceIdOf(record)
      if (deviceId === undefined || listed.has(deviceId)) continue
      listed.add(deviceId)
      // What was announced while reading is newer than the page it stood on.
      if (this.announced.has(deviceId)) this.lookUp(deviceId)
      else upserted.push(this.setOnline(deviceId, record))
    }
    onChange({ upserted })
    this.settleMissing(
      [...devices.values()].filter(
        ({ deviceId, state }) => state === 'online' && !listed.has(deviceId),
      ),
    )
    onStale(false)
  }

  /**
   * Pages shift while a fleet changes, so that a device can fall between two: it is asked for
   * before it is called offline. Not so where a whole part of the fleet is gone.
   */
  private settleMissing(missing: readonly FleetDevice[]): void {
    for (const { deviceId } of missing) {
      if (missing.length < MAX_LOOKUPS_WAITING) this.lookUp(deviceId)
      else this.setOffline(deviceId)
    }
  }

  private async followConnection(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (this.signal.aborted) return
      if (status.type === 'disconnect') this.options.onStale(true)
      // Whatever was announced in between is lost.
      if (status.type === 'reconnect') {
        this.options.observed.resume(this.options.now())
        this.read()
      }
    }
    if (!this.signal.aborted) this.options.onStale(true)
  }

  private async checkRegularly(): Promise<void> {
    const { client, devices } = this.options
    try {
      for (;;) {
        await pause(CHECK_EVERY_MS, this.signal)
        if (this.reading !== undefined) continue
        const total = await client.count(this.signal).catch(() => undefined)
        const online = [...devices.values()].filter(({ state }) => state === 'online').length
        if (total === undefined || (total !== null && total !== online)) this.read()
      }
    } catch {
      // The session ended.
    }
  }
}
