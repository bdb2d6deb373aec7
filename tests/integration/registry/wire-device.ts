import { connect } from '@nats-io/transport-node'
import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import { deviceParams } from '../../support/registry-parts.ts'

const REQUEST_TIMEOUT_MS = 30_000

/** A client that speaks the protocol by hand, byte for byte as it stands in protocol.md. */
export class WireClient {
  readonly connection: NatsConnection
  readonly root: string

  constructor(connection: NatsConnection, root: string) {
    this.connection = connection
    this.root = root
  }

  static async open(
    url: string,
    root = 'device-connect',
    options: ConnectionOptions = {},
  ): Promise<WireClient> {
    const connection = await connect({
      servers: url,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
      ...options,
    })
    return new WireClient(connection, root)
  }

  async rpc(subject: string, method: string, params?: unknown): Promise<JsonObject> {
    const request = JSON.stringify({ jsonrpc: '2.0', id: 'r1', method, params })
    const options = { timeout: REQUEST_TIMEOUT_MS }
    const reply = await this.connection.request(`${this.root}.${subject}`, request, options)
    return reply.json<JsonObject>()
  }

  async register(tenant: string, deviceId: string, changes: JsonObject = {}): Promise<JsonObject> {
    return this.rpc(`${tenant}.registry`, 'registerDevice', deviceParams(deviceId, changes))
  }

  beat(tenant: string, deviceId: string, status: JsonObject = {}): void {
    const beat = { device_id: deviceId, ts: Date.now() / 1000, ...status }
    this.connection.publish(`${this.root}.${tenant}.${deviceId}.heartbeat`, JSON.stringify(beat))
  }

  async list(tenant: string, params: JsonObject = {}): Promise<string[]> {
    const reply = await this.rpc(`${tenant}.discovery`, 'discovery/listDevices', params)
    const { devices } = reply['result'] as { devices: { device_id: string }[] }
    return devices.map((device) => device.device_id)
  }

  async record(tenant: string, deviceId: string): Promise<JsonObject | null> {
    const params = { device_id: deviceId }
    const reply = await this.rpc(`${tenant}.discovery`, 'discovery/getDevice', params)
    return (reply['result'] as { device: JsonObject | null }).device
  }

  /** Collects `device.online` and `device.offline` of every tenant this client may hear. */
  async notices(tenant: string): Promise<Notice[]> {
    const heard: Notice[] = []
    for (const state of ['online', 'offline'] as const) {
      this.connection.subscribe(`${this.root}.${tenant}.device.${state}`, {
        callback: (_error, message) => {
          const { method, params } = message.json<{ method: string; params: JsonObject }>()
          const at = message.subject.split('.')[1] ?? ''
          heard.push({
            tenant: at,
            method,
            deviceId: String(params['device_id']),
            ts: params['ts'],
          })
        },
      })
    }
    await this.connection.flush()
    return heard
  }

  /** Answers `requestRegistration` for a device. */
  async answerRecovery(tenant: string, deviceId: string, changes: JsonObject = {}): Promise<void> {
    this.connection.subscribe(`${this.root}.${tenant}.${deviceId}.cmd`, {
      callback: (_error, message) => {
        const { id, method } = message.json<{ id: string; method: string }>()
        if (method !== 'requestRegistration') return
        const result = deviceParams(deviceId, changes)
        message.respond(JSON.stringify({ jsonrpc: '2.0', id, result }))
      },
    })
    await this.connection.flush()
  }

  close(): Promise<void> {
    return this.connection.close()
  }
}

export interface Notice {
  readonly tenant: string
  readonly method: string
  readonly deviceId: string
  readonly ts: unknown
}

/** Beats for some devices every `everyMs` until stopped, however the connection fares. */
export function keepBeating(
  client: WireClient,
  tenant: string,
  deviceIds: readonly string[],
  everyMs: number,
): () => void {
  const timer = setInterval(() => {
    if (client.connection.isClosed()) return
    for (const deviceId of deviceIds) client.beat(tenant, deviceId)
  }, everyMs)
  return () => clearInterval(timer)
}
