import type { NatsConnection } from '@nats-io/nats-core'
import { TransientError } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { subjectsOf, type Subjects } from '#shared/protocol/subjects.ts'
import { wireTimestamps, type Clock } from './clock.ts'
import { RECOVERY_TIMEOUT_MS } from './recovery.ts'
import type { DeviceKey } from './store.ts'

/** What nats-server announces unless it is configured otherwise. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024

/** What the registry says by itself, on one connection (protocol.md, "Subjects"). */
export class RegistryWire {
  #connection: NatsConnection | undefined
  readonly #subjects: Subjects
  readonly #clock: Clock
  readonly #timestamp = wireTimestamps()

  constructor(dialect: Dialect, clock: Clock) {
    this.#subjects = subjectsOf(dialect)
    this.#clock = clock
  }

  /** From now on speaks on this connection. */
  attach(connection: NatsConnection): void {
    this.#connection = connection
  }

  /**
   * Resolves once every message that the server had for us before the call has been handled: its
   * PONG comes behind them.
   * @throws where there is no connection or it is lost meanwhile
   */
  async confirm(): Promise<void> {
    await this.#open().flush()
  }

  /** Largest message that the server takes, in bytes. */
  maxPayload(): number {
    return this.#connection?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES
  }

  announceOnline(device: DeviceKey): void {
    this.#notify(this.#subjects.online(device.tenant), 'device/online', device.deviceId)
  }

  announceOffline(device: DeviceKey): void {
    this.#notify(this.#subjects.offline(device.tenant), 'device/offline', device.deviceId)
  }

  /**
   * Asks a device for its registration (protocol.md, "Recovery").
   * @returns the text of its JSON-RPC response
   * @throws the client's error: no answer in time, nobody there, connection lost
   */
  async requestRegistration(tenant: string, deviceId: string): Promise<string> {
    const plea = JSON.stringify({
      jsonrpc: '2.0',
      id: `re-reg-${deviceId}-${Math.round(this.#clock.epochMs())}`,
      method: 'requestRegistration',
      params: {},
    })
    const reply = await this.#open().request(this.#subjects.command(tenant, deviceId), plea, {
      timeout: RECOVERY_TIMEOUT_MS,
    })
    return reply.string()
  }

  #notify(subject: string, method: 'device/online' | 'device/offline', deviceId: string): void {
    // A closed connection throws; its owner learns of that from the connection itself.
    if (this.#connection === undefined || this.#connection.isClosed()) return
    const ts = this.#timestamp(this.#clock.epochMs())
    const notice = { jsonrpc: '2.0', method, params: { device_id: deviceId, ts } }
    this.#connection.publish(subject, JSON.stringify(notice))
  }

  #open(): NatsConnection {
    if (this.#connection !== undefined) return this.#connection
    throw new TransientError({
      code: 'MESH_NOT_CONNECTED',
      message: 'The registry is not connected to the mesh yet.',
      advice: 'Wait until the mesh is reachable.',
    })
  }
}
