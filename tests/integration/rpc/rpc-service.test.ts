import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { RpcService } from '../../../src/main/rpc/rpc-service.ts'
import { startDevice, type SimulatedDevice } from '../../../src/simulator/device.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { TestConnections } from './tenant-connections.ts'
import { NEVER } from '#shared/never.ts'

let server: NatsServer
let far: NatsConnection
let connections: TestConnections
let rpc: RpcService

beforeAll(async () => {
  server = await startNatsServer({
    config: `
      max_payload: 4194304
      # For the simulated device, which has no password.
      no_auth_user: all
      authorization { users: [
        { user: all, password: all }
        { user: deaf, password: deaf, permissions: { publish: ["_INBOX.>"], subscribe: [">"] } }
      ] }`,
  })
  far = await connect({ servers: server.url, user: 'all', pass: 'all' })
})
afterAll(async () => {
  await far.close()
  await server.stop()
})
beforeEach(async () => {
  connections = new TestConnections()
  await connections.open(server.url, { user: 'all', pass: 'all' })
  rpc = new RpcService({ connections, dialect: () => dialectOf('device-connect') })
})
afterEach(() => connections.close())

const call = (deviceId: string, change = {}, signal = NEVER) =>
  rpc.call(
    { tenant: 'alpha', deviceId, functionName: 'run', params: {}, timeoutMs: 2_000, ...change },
    signal,
  )

/** Something on a device's command subject that answers as told. */
function answering(deviceId: string, answer: (message: Msg) => string | Uint8Array | undefined) {
  const subscription = far.subscribe(`device-connect.alpha.${deviceId}.cmd`, {
    callback: (_error, message) => {
      const reply = answer(message)
      if (reply !== undefined) message.respond(reply)
    },
  })
  return far.flush().then(() => subscription)
}

describe('a simulated device', () => {
  let device: SimulatedDevice

  beforeAll(async () => {
    // Somebody has to confirm its registration, or it is never online.
    far.subscribe('device-connect.alpha.registry', {
      callback: (_error, message) =>
        void message.respond(
          '{"jsonrpc":"2.0","id":1,"result":{"status":"registered","device_registration_id":"r"}}',
        ),
    })
    await far.flush()
    device = startDevice({
      description: {
        deviceId: 'pump-1',
        identity: {},
        description: '',
        events: [],
        status: {},
        functions: [
          {
            name: 'add',
            description: '',
            parameters: { type: 'object', required: ['a', 'b'] },
            run: ({ a, b }, { sourceDevice }) => ({ sum: Number(a) + Number(b), sourceDevice }),
          },
        ],
      },
      credentials: {
        device_id: 'pump-1',
        auth_type: 'jwt',
        tenant: 'alpha',
        nats: { urls: [server.url], jwt: '' },
      },
    })
  })
  afterAll(() => device.stop())

  test('returns its result, and knows who called', async () => {
    await device.whenState('online')
    expect(await call('pump-1', { functionName: 'add', params: { a: 2, b: 3 } })).toEqual({
      type: 'result',
      result: { sum: 5, sourceDevice: 'muster-console' },
      durationMs: expect.any(Number),
    })
  })

  test('says which function it does not have', async () => {
    await device.whenState('online')
    expect(await call('pump-1', { functionName: 'fly' })).toMatchObject({
      type: 'error',
      code: -32601,
    })
  })
})

test('the request is JSON-RPC with a W3C trace, and the caller can not be forged by params', async () => {
  let request: { params: { _dc_meta: { traceparent: string } } } | undefined
  const subscription = await answering('echo', (message) => {
    request = message.json()
    return '{"jsonrpc":"2.0","id":null,"result":null}'
  })
  const outcome = await call('echo', {
    params: { level: 3, _dc_meta: { source_device: 'somebody-else' } },
  })
  subscription.unsubscribe()
  expect(outcome).toMatchObject({ type: 'result', result: null })
  expect(request).toEqual({
    jsonrpc: '2.0',
    id: expect.any(String),
    method: 'run',
    params: {
      level: 3,
      _dc_meta: {
        source_device: 'muster-console',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      },
    },
  })
})

test('a device that is not connected is told at once, not after the timeout', async () => {
  expect(await call('nobody', { timeoutMs: 60_000 })).toMatchObject({ type: 'no-responder' })
})

test('a device that does not answer in time', async () => {
  const subscription = await answering('mute', () => undefined)
  expect(await call('mute', { timeoutMs: 100 })).toEqual({ type: 'timeout', timeoutMs: 100 })
  subscription.unsubscribe()
})

test.each([
  ['text', 'hello', -32700, 'RPC_REPLY_MALFORMED'],
  ['a list', '[1,2]', -32700, 'RPC_REPLY_MALFORMED'],
  ['nothing', '', -32700, 'RPC_REPLY_MALFORMED'],
  ['an object of another kind', '{"ok":true}', -32600, 'RPC_REPLY_MALFORMED'],
  [
    'two megabytes',
    JSON.stringify({ result: 'x'.repeat(2 * 1024 * 1024) }),
    -32600,
    'RPC_REPLY_TOO_LARGE',
  ],
])('an answer that is %s becomes an error value', async (_what, reply, code, problem) => {
  const subscription = await answering('odd', () => reply)
  expect(await call('odd')).toMatchObject({ type: 'error', code, data: { problem } })
  subscription.unsubscribe()
})

test("a device's error arrives with code, cleaned message and data", async () => {
  const error = { code: -32000, message: 'dry\u001b[31m\u202e run', data: { tank: 0 } }
  const subscription = await answering('dry', () => JSON.stringify({ error }))
  expect(await call('dry')).toMatchObject({
    type: 'error',
    code: -32000,
    message: 'dry[31m run',
    data: { tank: 0 },
  })
  subscription.unsubscribe()
})

test('a result that nests a hundred thousand times is cut, not fatal', async () => {
  const nested = `{"result":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const subscription = await answering('nest', () => nested)
  const outcome = await call('nest')
  expect(outcome.type).toBe('result')
  expect(() => JSON.stringify(outcome)).not.toThrow()
  subscription.unsubscribe()
})

test('a call that is cancelled rejects at once with the reason', async () => {
  const subscription = await answering('mute', () => undefined)
  const controller = new AbortController()
  const reason = new RejectedError({ code: 'STOP', message: 'Stop.', advice: 'None.' })
  const calling = call('mute', { timeoutMs: 60_000 }, controller.signal)
  setImmediate(() => controller.abort(reason))
  await expect(calling).rejects.toBe(reason)
  subscription.unsubscribe()
})

test('refuses what can not be sent: wildcards in names, and too much', async () => {
  await expect(call('pump.>')).rejects.toMatchObject({ code: 'NAME_UNSAFE' })
  await expect(call('pump-1', { tenant: '*' })).rejects.toMatchObject({ code: 'NAME_UNSAFE' })
  await expect(
    call('pump-1', { params: { text: 'x'.repeat(5 * 1024 * 1024) } }),
  ).rejects.toMatchObject({ code: 'RPC_PARAMS_TOO_LARGE' })
})

test('credentials that may not call are an error of their own', async () => {
  await connections.open(server.url, { user: 'deaf', pass: 'deaf' })
  await expect(call('pump-1')).rejects.toMatchObject({ code: 'RPC_NOT_PERMITTED' })
})

test('a connection that closes under a call', async () => {
  const subscription = await answering('mute', () => undefined)
  const calling = call('mute', { timeoutMs: 60_000 })
  const outcome = calling.catch((error: unknown) => error)
  await connections.current?.flush()
  await connections.close()
  expect(await outcome).toMatchObject({ code: 'RPC_CONNECTION_LOST' })
  subscription.unsubscribe()
})
