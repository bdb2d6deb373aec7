import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'
import { parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import type { DeviceDescription } from '../../../src/simulator/description.ts'

export const TENANT = 'alpha'

/** The least that a registry does, and eyes on everything that devices send. */
export interface TestRegistry {
  readonly connection: NatsConnection
  /** Params of every accepted registerDevice, in order. */
  readonly registrations: JsonObject[]
  readonly heartbeats: JsonObject[]
  /** Every event, with its whole subject. */
  readonly events: { readonly subject: string; readonly message: JsonObject }[]
  /** While true, registrations are answered with an error. */
  refuse: boolean
  /** Sends one JSON-RPC request to a device. */
  call(deviceId: string, method: string, params?: unknown): Promise<JsonObject>
  close(): Promise<void>
}

export async function startTestRegistry(
  url: string,
  root = 'device-connect',
  options: ConnectionOptions = {},
): Promise<TestRegistry> {
  const connection = await connect({
    ...options,
    servers: url,
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
  })
  const registry: TestRegistry = {
    connection,
    registrations: [],
    heartbeats: [],
    events: [],
    refuse: false,
    call: async (deviceId, method, params) => {
      const request = {
        jsonrpc: '2.0',
        id: 'call-1',
        method,
        ...(params === undefined ? {} : { params }),
      }
      const subject = `${root}.${TENANT}.${deviceId}.cmd`
      const reply = await connection.request(subject, JSON.stringify(request), { timeout: 30_000 })
      return reply.json<JsonObject>()
    },
    close: () => connection.close(),
  }
  connection.subscribe(`${root}.${TENANT}.registry`, {
    queue: 'registry',
    callback: (_error, message) => {
      const request = message.json<{ id: string; params: JsonObject }>()
      const { id, params } = request
      if (registry.refuse) {
        const error = { code: -32603, message: 'not today' }
        message.respond(JSON.stringify({ jsonrpc: '2.0', id, error }))
        return
      }
      registry.registrations.push(params)
      const result = { status: 'registered', device_registration_id: crypto.randomUUID() }
      message.respond(JSON.stringify({ jsonrpc: '2.0', id, result }))
    },
  })
  connection.subscribe(`${root}.${TENANT}.*.heartbeat`, {
    callback: (_error, message) => void registry.heartbeats.push(message.json()),
  })
  connection.subscribe(`${root}.${TENANT}.*.event.>`, {
    callback: (_error, message) =>
      void registry.events.push({
        subject: message.subject,
        message: parseJsonObject(message.string()) ?? {},
      }),
  })
  await connection.flush()
  return registry
}

/** Credentials for a server without authentication. */
export function openCredentials(deviceId: string, url: string): CredentialFile {
  return { device_id: deviceId, auth_type: 'jwt', tenant: TENANT, nats: { urls: [url], jwt: '' } }
}

/** A device with one function for each thing that a call can come to. */
export function probeDevice(deviceId: string): DeviceDescription {
  return {
    deviceId,
    identity: { device_type: 'probe', manufacturer: 'Example' },
    description: 'A device for tests.',
    labels: { zone: 'north', role: ['sensor', 'spare'] },
    status: { location: 'bench', availability: 'available', battery: 80 },
    functions: [
      {
        name: 'add',
        description: 'Adds two numbers.',
        parameters: {
          type: 'object',
          properties: { left: { type: 'number', maximum: 100 }, right: { type: 'number' } },
          required: ['left', 'right'],
          additionalProperties: false,
        },
        run: ({ left, right }) => ({ sum: Number(left) + Number(right) }),
      },
      {
        name: 'who_calls',
        description: 'Tells who called.',
        parameters: { type: 'object' },
        run: (_params, { sourceDevice }) => ({ source: sourceDevice ?? null }),
      },
      {
        name: 'fail',
        description: 'Fails.',
        parameters: { type: 'object' },
        run: () => {
          throw new Error('The valve is stuck.')
        },
      },
    ],
    events: [
      { name: 'ping', description: 'A sign of life.', payloadSchema: { type: 'object' }, tags: [] },
    ],
  }
}
