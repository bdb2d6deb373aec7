import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createUser } from '@nats-io/nkeys'
import { afterEach, describe, expect, test } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { DeviceHttp, type DeviceAnswer } from './device-http.ts'
import { NEVER } from '#shared/never.ts'

const PIN = '12345678'
const KEY = createUser().getPublicKey()
const JWT = 'eyJhbGciOiJlZDI1NTE5In0.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJlLXNlY3JldA'
const FILE: CredentialFile = {
  device_id: 'pump-1',
  auth_type: 'jwt',
  tenant: 'alpha',
  nats: { urls: ['nats://127.0.0.1:4222'], jwt: JWT },
}
const INFO = {
  device_id: 'pump-1',
  device_type: 'pump',
  capabilities: ['start', 'stop'],
  state: 'uncommissioned',
  nkey_public: KEY,
}

const servers: Server[] = []
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(
    servers
      .splice(0)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  )
})

async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const serve = (handler: RequestListener) => listen(createHttpServer(handler))
/** A server that says whatever it likes, byte by byte. */
const serveRaw = (onRequest: (socket: Socket) => void) =>
  listen(createServer((socket) => void socket.once('data', () => onRequest(socket))))

const json = (status: number, body: unknown): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}

const device = new DeviceHttp({
  infoDeadlineMs: 400,
  commissionDeadlineMs: 400,
  connectTimeoutMs: 200,
  now: () => new Date('2026-01-01T00:00:00Z'),
})
const infoFrom = (port: number, ...addresses: string[]) =>
  device.info({ addresses: addresses.length === 0 ? ['127.0.0.1'] : addresses, port }, NEVER)

const deliverTo = (port: number, signal = NEVER) => {
  const to: DeviceAnswer = {
    deviceId: 'pump-1',
    deviceType: null,
    capabilities: [],
    state: 'uncommissioned',
    publicKey: KEY,
    address: '127.0.0.1',
    port,
  }
  return device.commission({ to, pin: PIN, file: FILE }, signal)
}

describe('GET /info', () => {
  test('reads what a device says, and the address that said it', async () => {
    const port = await serve(json(200, INFO))
    expect(await infoFrom(port)).toEqual({
      deviceId: 'pump-1',
      deviceType: 'pump',
      capabilities: ['start', 'stop'],
      state: 'uncommissioned',
      publicKey: KEY,
      address: '127.0.0.1',
      port,
    })
  })

  test('sends no cookie, wants no compression and names the host', async () => {
    let headers: unknown
    const port = await serve((request, response) => {
      ;({ headers } = request)
      response.setHeader('set-cookie', 'a=b')
      json(200, INFO)(request, response)
    })
    await infoFrom(port)
    await infoFrom(port)
    expect(headers).toEqual({
      host: `127.0.0.1:${port}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: 'close',
    })
  })

  test('goes on to the next address where one refuses, IPv4 first', async () => {
    const port = await listen(createHttpServer(json(200, INFO)), '127.0.0.7')
    expect((await infoFrom(port, '::1', '127.0.0.6', '127.0.0.7')).address).toBe('127.0.0.7')
  })

  test('speaks to IPv6 addresses', async () => {
    const port = await listen(createHttpServer(json(200, INFO)), '::1')
    expect((await infoFrom(port, '::1')).address).toBe('::1')
  })

  test('resolves a name that was typed', async () => {
    const port = await serve(json(200, INFO))
    expect((await device.probe('localhost', port, NEVER)).address).toBe('127.0.0.1')
    await expect(device.probe('no-such-host.invalid', port, NEVER)).rejects.toMatchObject({
      code: expect.stringMatching(/^DEVICE_(ADDRESS_UNKNOWN|TIMEOUT)$/),
    })
  })

  test('text of the device is cut, and loses control and formatting characters', async () => {
    const port = await serve(
      json(200, {
        ...INFO,
        device_type: `<b>pump\u001b[31m\u202e</b>${'x'.repeat(1000)}`,
        capabilities: Array.from({ length: 1000 }, () => 'a\u0000b'),
      }),
    )
    const answer = await infoFrom(port)
    expect(answer.deviceType).toBe(`<b>pump[31m</b>${'x'.repeat(113)}`)
    expect(answer.capabilities).toHaveLength(256)
    expect(answer.capabilities[0]).toBe('ab')
  })

  test('reports no key and no type where the device has none', async () => {
    const port = await serve(json(200, { device_id: 'pump-1', state: 'uncommissioned' }))
    expect(await infoFrom(port)).toMatchObject({
      publicKey: null,
      deviceType: null,
      capabilities: [],
    })
  })

  test.each([
    ['not JSON', 'hello', 'DEVICE_REPLY_MALFORMED'],
    ['JSON of another shape', '[1]', 'DEVICE_REPLY_MALFORMED'],
    ['no state', '{"device_id":"a"}', 'DEVICE_REPLY_MALFORMED'],
    [
      'an id with a wildcard',
      '{"device_id":"a.>","state":"uncommissioned"}',
      'DEVICE_REPLY_MALFORMED',
    ],
    [
      'an id that hides a character',
      '{"device_id":"a\u202eb","state":"x"}',
      'DEVICE_REPLY_MALFORMED',
    ],
    [
      'an account key',
      `{"device_id":"a","state":"x","nkey_public":"A${KEY.slice(1)}"}`,
      'DEVICE_KEY_INVALID',
    ],
    [
      'a key with a wrong checksum',
      JSON.stringify({ ...INFO, nkey_public: wrongChecksum(KEY) }),
      'DEVICE_KEY_INVALID',
    ],
    ['an empty key', JSON.stringify({ ...INFO, nkey_public: '' }), 'DEVICE_KEY_INVALID'],
  ])('refuses %s', async (_name, body, code) => {
    const port = await serve((_request, response) => void response.end(body))
    await expect(infoFrom(port)).rejects.toMatchObject({ code })
  })

  test('refuses bytes that are not text, and a compressed answer', async () => {
    const bytes = await serve((_request, response) => void response.end(Buffer.from([0xff, 0xfe])))
    await expect(infoFrom(bytes)).rejects.toMatchObject({ code: 'DEVICE_REPLY_MALFORMED' })
    const zipped = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(JSON.stringify(INFO))
    })
    await expect(infoFrom(zipped)).rejects.toMatchObject({ code: 'DEVICE_REPLY_MALFORMED' })
  })

  test('follows no redirect', async () => {
    let asked = 0
    const port = await serve((_request, response) => {
      asked += 1
      response.writeHead(302, { location: '/elsewhere' })
      response.end()
    })
    await expect(infoFrom(port)).rejects.toMatchObject({ code: 'DEVICE_REDIRECTED' })
    expect(asked).toBe(1)
  })

  test('cuts off an endless reply at 64 KiB', async () => {
    let written = 0
    const port = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const more = () => {
        if (socket.destroyed) return
        written += 16_384
        socket.write(Buffer.alloc(16_384, 0x20), more)
      }
      more()
    })
    await expect(infoFrom(port)).rejects.toMatchObject({ code: 'DEVICE_REPLY_TOO_LARGE' })
    expect(written).toBeLessThan(20_000_000)
  })

  test('refuses a reply that announces too much, and a header without end', async () => {
    const announced = await serveRaw(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n'),
    )
    await expect(infoFrom(announced)).rejects.toMatchObject({ code: 'DEVICE_REPLY_TOO_LARGE' })
    const header = await serveRaw(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`),
    )
    await expect(infoFrom(header)).rejects.toMatchObject({ code: 'DEVICE_REPLY_TOO_LARGE' })
  })

  test('gives up on a device that accepts and is silent, or drips', async () => {
    const silent = await serveRaw(() => undefined)
    await expect(infoFrom(silent)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
    const dripping = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const timer = setInterval(() => void socket.write(' '), 20)
      socket.on('close', () => clearInterval(timer))
    })
    await expect(infoFrom(dripping)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
  })

  test('tells refused, broken off and not HTTP apart', async () => {
    const closed = createServer()
    const port = await listen(closed)
    await new Promise<void>((resolve) => closed.close(() => resolve()))
    await expect(infoFrom(port)).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE' })
    const cut = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', () => socket.destroy())
    })
    await expect(infoFrom(cut)).rejects.toMatchObject({ code: 'DEVICE_CONNECTION_LOST' })
    const ssh = await serveRaw((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'))
    await expect(infoFrom(ssh)).rejects.toMatchObject({ code: 'DEVICE_REPLY_MALFORMED' })
  })

  test('stops at once when it is cancelled, with the reason', async () => {
    const port = await serveRaw(() => undefined)
    const controller = new AbortController()
    const reason = new RejectedError({ code: 'STOP', message: 'Stop.', advice: 'None.' })
    const asked = device.info({ addresses: ['127.0.0.1'], port }, controller.signal)
    controller.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })
})

describe('POST /commission', () => {
  test('sends PIN and credential as the protocol has them', async () => {
    let body = ''
    const port = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => void (body += chunk.toString()))
      request.on('end', () =>
        json(200, { success: true, device_id: 'pump-1', message: 'ok' })(request, response),
      )
    })
    expect(await deliverTo(port)).toEqual({ type: 'taken' })
    expect(JSON.parse(body)).toEqual({ pin: PIN, credentials: FILE })
  })

  test.each([
    ['Invalid PIN (attempt 1/3)', 'PIN_REJECTED', { attemptsLeft: 2 }],
    ['Invalid PIN (attempt 3/3)', 'PIN_REJECTED', { attemptsLeft: 0 }],
    [
      'Too many attempts. Locked for 3599 seconds',
      'DEVICE_LOCKED',
      { lockedForSeconds: 3599, opensAt: '2026-01-01T00:59:59.000Z' },
    ],
    [
      'Too many attempts. Locked for 999999999999999 seconds',
      'DEVICE_LOCKED',
      { lockedForSeconds: 31_622_400, opensAt: '2027-01-02T00:00:00.000Z' },
    ],
    ['Device already commissioned', 'DEVICE_ALREADY_COMMISSIONED', {}],
    ['PIN validation error', 'DEVICE_REFUSED', { status: 401, deviceText: 'PIN validation error' }],
  ])('has its own error for "%s"', async (error, code, details) => {
    const port = await serve(json(401, { success: false, error }))
    await expect(deliverTo(port)).rejects.toMatchObject({
      code,
      details: expect.objectContaining(details),
    })
  })

  test.each([
    [400, { success: false, error: 'No credentials provided' }, 'No credentials provided'],
    [500, { success: false, error: `boom${'x'.repeat(1000)}` }, `boom${'x'.repeat(296)}`],
    [404, 'nothing of the kind', ''],
  ])('passes on what a refusal with status %d says, cut', async (status, body, deviceText) => {
    const port = await serve(json(status, body))
    await expect(deliverTo(port)).rejects.toMatchObject({
      code: 'DEVICE_REFUSED',
      details: { status, deviceText },
    })
  })

  test('never repeats a PIN, a JWT or a seed that a device echoes', async () => {
    const error = `pin ${PIN} or 1234-5678, jwt ${JWT}, {"nkey_seed":"SUAEXAMPLE"}`
    const port = await serve(json(500, { success: false, error }))
    const failure = await deliverTo(port).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'DEVICE_REFUSED' })
    const text = JSON.stringify(failure) + String(failure)
    for (const secret of [PIN, '1234-5678', JWT, JWT.slice(0, 24), 'SUAEXAMPLE']) {
      expect(text).not.toContain(secret)
    }
  })

  test('refuses a success of another device', async () => {
    const port = await serve(json(200, { success: true, device_id: 'pump-2', message: '' }))
    await expect(deliverTo(port)).rejects.toMatchObject({ code: 'DEVICE_ID_MISMATCH' })
  })

  test('leaves open what happened where no proper answer follows the sending', async () => {
    const lost = await serveRaw((socket) => void socket.destroy())
    expect(await deliverTo(lost)).toMatchObject({
      type: 'unclear',
      error: { code: 'DEVICE_CONNECTION_LOST' },
    })
    const silent = await serveRaw(() => undefined)
    expect(await deliverTo(silent)).toMatchObject({
      type: 'unclear',
      error: { code: 'DEVICE_TIMEOUT' },
    })
    const garbled = await serve((_request, response) => void response.end('{"success":'))
    expect(await deliverTo(garbled)).toMatchObject({
      type: 'unclear',
      error: { code: 'DEVICE_REPLY_MALFORMED' },
    })
  })

  test('is certain that nothing was sent where no connection came about', async () => {
    const closed = createServer()
    const port = await listen(closed)
    await new Promise<void>((resolve) => closed.close(() => resolve()))
    await expect(deliverTo(port)).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE' })
  })
})

/** The same key with its last character replaced. */
function wrongChecksum(key: string): string {
  return key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')
}
