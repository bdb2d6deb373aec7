import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { connect } from '@nats-io/transport-node'
import { afterEach, expect, test } from 'vitest'
import {
  openMeshConnection,
  type MeshConnection,
  type MeshConnectionOptions,
} from '../../../src/main/mesh/connection.ts'
import { explainConnectionError } from '../../../src/main/mesh/connection-error.ts'
import { createAuthority, createServerCertificate } from '../../../src/main/mesh/x509.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { TestOperator } from './support/test-operator.ts'
import { NEVER } from '#shared/never.ts'

const WEBSOCKET = 'websocket { listen: "127.0.0.1:-1", no_tls: true }'

const operator = new TestOperator()
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(more = '', port?: number): Promise<NatsServer> {
  const server = await startNatsServer({
    config: operator.config(more),
    files: operator.files(),
    ...(port === undefined ? {} : { port }),
  })
  closers.push(() => server.stop())
  return server
}

async function open(
  servers: string[],
  more: Partial<MeshConnectionOptions> = {},
  signal = NEVER,
): Promise<MeshConnection> {
  const credentials = operator.user()
  const connection = await openMeshConnection(
    {
      name: 'test',
      servers,
      credentials: async () => credentials,
      log: silentLogger(),
      ...more,
    },
    signal,
  )
  closers.push(() => connection.close())
  return connection
}

/** Requests something of itself: proof that both directions work. */
async function echo(connection: MeshConnection, text: string): Promise<string> {
  const subscription = connection.nats.subscribe('echo', {
    callback: (_error, message) => void message.respond(message.data),
  })
  const answer = await connection.nats.request('echo', text, { timeout: 30_000 })
  subscription.unsubscribe()
  return answer.string()
}

test('connects over TCP and over WebSocket with a user JWT', async () => {
  const server = await start(WEBSOCKET)
  const overTcp = await open([server.url])
  const overWebSocket = await open([server.wsUrl!])
  expect(await echo(overTcp, 'tcp')).toBe('tcp')
  expect(await echo(overWebSocket, 'ws')).toBe('ws')
})

test('carries large messages over WebSocket', async () => {
  const server = await start(WEBSOCKET)
  const connection = await open([server.wsUrl!])
  const large = 'x'.repeat(900_000)
  expect(await echo(connection, large)).toBe(large)
})

test('reconnects TCP and WebSocket side by side, whatever else connects in the process', async () => {
  const server = await start(WEBSOCKET)
  const overTcp = await open([server.url])
  const overWebSocket = await open([server.wsUrl!])
  const stranger = await connect({
    servers: server.url,
    reconnect: false,
    authenticator: () => undefined,
  }).catch(() => undefined)
  expect(stranger).toBeUndefined()
  const wsPort = new URL(server.wsUrl!).port
  await server.kill9()
  await until(
    'both notice',
    () => overTcp.state === 'reconnecting' && overWebSocket.state === 'reconnecting',
  )
  await start(`websocket { listen: "127.0.0.1:${wsPort}", no_tls: true }`, server.port)
  await until(
    'both are back',
    () => overTcp.state === 'connected' && overWebSocket.state === 'connected',
  )
  expect([overTcp.reconnects, overWebSocket.reconnects]).toEqual([1, 1])
  expect(await echo(overTcp, 'tcp')).toBe('tcp')
  expect(await echo(overWebSocket, 'ws')).toBe('ws')
})

test('measures the round-trip time and tells changes', async () => {
  const server = await start()
  const connection = await open([server.url], { rttIntervalMs: 20 })
  await until('a round-trip time', () => connection.rttMs !== null)
  expect(connection.rttMs).toBeLessThan(1_000)
  let changes = 0
  connection.subscribe(() => (changes += 1))
  await until('further measurements', () => changes > 1)
})

test('asks for fresh credentials when those it has expire, and stays', async () => {
  const server = await start()
  const asked: boolean[] = []
  const connection = await open([server.url], {
    credentials: async (_signal, fresh) => {
      asked.push(fresh)
      return operator.user(fresh ? 3600 : 2)
    },
  })
  await until('the expiry', () => connection.reconnects === 1)
  expect(asked).toEqual([false, true])
  expect(await echo(connection, 'still here')).toBe('still here')
  expect(connection.problem).toBeUndefined()
})

test('says that nothing answers', async () => {
  await expect(open(['nats://127.0.0.1:1'])).rejects.toMatchObject({
    code: 'MESH_UNREACHABLE',
    kind: 'transient',
  })
  await expect(open(['ws://127.0.0.1:1'])).rejects.toMatchObject({ code: 'MESH_UNREACHABLE' })
})

test('says that a host name is unknown', async () => {
  await expect(open(['nats://no-such-host.invalid:4222'])).rejects.toMatchObject({
    code: 'MESH_HOST_UNKNOWN',
  })
})

test('says that the credentials are refused, without telling them', async () => {
  const server = await start(WEBSOCKET)
  const stranger = new TestOperator().user()
  for (const url of [server.url, server.wsUrl!]) {
    const refusal = await open([url], { credentials: async () => stranger }).catch(
      (error: unknown) => error,
    )
    expect(refusal).toMatchObject({ code: 'MESH_AUTH_REFUSED', kind: 'rejected' })
    const told = JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))
    expect(told).not.toContain(stranger.seed)
    expect(told).not.toContain(stranger.jwt)
  }
})

test('says that what answers is not a NATS server', async () => {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end('SSH-2.0-OpenSSH_9.2\r\n')
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await expect(open([`nats://127.0.0.1:${port}`])).rejects.toMatchObject({ code: 'MESH_NOT_NATS' })
  await expect(open([`ws://127.0.0.1:${port}`])).rejects.toMatchObject({ code: 'MESH_NOT_NATS' })
  listener.close()
})

test('says that the server offers no TLS where the connection demands it', async () => {
  const server = await start()
  await expect(open([`tls://127.0.0.1:${server.port}`])).rejects.toMatchObject({
    code: 'MESH_TLS_NOT_OFFERED',
  })
})

test('gives up a silent server after a while, and at once when told so', async () => {
  const silent = createServer((socket) => void socket.on('error', () => undefined))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const stop = new AbortController()
  const reason = new Error('the person changed their mind')
  const opening = open([`nats://127.0.0.1:${port}`], {}, stop.signal)
  await once(silent, 'connection')
  stop.abort(reason)
  await expect(opening).rejects.toBe(reason)
  await expect(open([`nats://127.0.0.1:${port}`])).rejects.toMatchObject({ code: 'MESH_TIMEOUT' })
  silent.close()
})

test('keeps its state as closed after close, and closes twice without harm', async () => {
  const server = await start()
  const connection = await open([server.url])
  await connection.close()
  await connection.close()
  expect(connection.state).toBe('closed')
})

async function startSecure(host: string, daysLeft: number) {
  const now = Date.now()
  const day = 24 * 60 * 60 * 1000
  const lasting = { notBefore: new Date(now - 9 * day), notAfter: new Date(now + 9 * day) }
  const authority = await createAuthority('test', lasting)
  const certificate = await createServerCertificate(authority, [host], {
    notBefore: lasting.notBefore,
    notAfter: new Date(now + daysLeft * day),
  })
  const server = await startNatsServer({
    config: operator.config('tls { cert_file: server.pem, key_file: key.pem }'),
    files: {
      ...operator.files(),
      'server.pem': certificate.certificatePem,
      'key.pem': certificate.keyPem,
    },
  })
  closers.push(() => server.stop())
  return { url: `tls://127.0.0.1:${server.port}`, caPem: authority.certificatePem }
}

test('says that a certificate is for another server, although its authority is known', async () => {
  const { url, caPem } = await startSecure('localhost', 5)
  await expect(open([url], { caPem })).rejects.toMatchObject({ code: 'MESH_TLS_NAME' })
  await open([url.replace('127.0.0.1', 'localhost')], { caPem })
})

test('says that a certificate has expired', async () => {
  const { url, caPem } = await startSecure('127.0.0.1', -1)
  await expect(open([url], { caPem })).rejects.toMatchObject({ code: 'MESH_TLS_EXPIRED' })
})

test('demands TLS where it is given an authority, also for nats://', async () => {
  const { url, caPem } = await startSecure('127.0.0.1', 5)
  const plain = await start()
  await open([url.replace('tls:', 'nats:')], { caPem })
  await expect(open([plain.url], { caPem })).rejects.toMatchObject({ code: 'MESH_TLS_NOT_OFFERED' })
})

test('who is too slow to log in is not told to be refused', async () => {
  // A real server often closes before its words are read.
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('INFO {"server_id":"S","version":"2.9.10","max_payload":1048576}\r\n')
    socket.once('data', () => socket.end("-ERR 'Authentication Timeout'\r\n"))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const error = await connect({ servers: url, reconnect: false }).catch(
      (thrown: unknown) => thrown,
    )
    expect(explainConnectionError(error, [url]).code).toBe('MESH_TIMEOUT')
  } finally {
    server.close()
  }
})
