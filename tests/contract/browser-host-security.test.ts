import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Downloads } from '../../src/main/browser/downloads.ts'
import { startBrowserServer, type BrowserServer } from '../../src/main/browser/server.ts'
import { silentLogger } from '../../src/main/log/logger.ts'
import { createRouter } from '../../src/main/router/router.ts'
import { signIn } from '../../scripts/lib/contract-client.ts'
import { scriptedServices } from '../support/scripted-services.ts'

let server: BrowserServer
let origin: string
const downloads = new Downloads()
const page = {
  content: Buffer.from('<!doctype html>'),
  contentType: 'text/html; charset=utf-8',
  immutable: false,
}

beforeAll(async () => {
  server = await startBrowserServer({
    router: createRouter(scriptedServices().services, { onInternalError: () => undefined }),
    files: new Map([
      ['/', page],
      ['/index.html', page],
    ]),
    downloads,
    port: 0,
    log: silentLogger(),
  })
  origin = `http://127.0.0.1:${server.port}`
})
afterAll(() => server.close())

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
}

function send(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
      },
      (response) => {
        response.resume()
        resolve({ status: response.statusCode ?? 0, headers: response.headers })
      },
    )
    call.once('error', reject)
    call.end(options.body)
  })
}

function postSession(body: string, headers: Record<string, string> = {}) {
  return send('/session', { method: 'POST', headers: { origin, ...headers }, body })
}

function upgrade(headers: Record<string, string>, path = '/rpc'): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers })
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.once('error', reject)
  })
}

test('a session needs a token', async () => {
  expect((await postSession('{}')).status).toBe(401)
  expect((await postSession('not json')).status).toBe(401)
  expect((await postSession(JSON.stringify({ token: 'guess' }))).status).toBe(401)
})

test('a token works once', async () => {
  const url = server.mintUrl()
  const cookie = await signIn(url)
  expect(cookie).toContain('muster_session_')
  await expect(signIn(url)).rejects.toThrow('401')
})

test('the session cookie is closed to scripts and to other sites', async () => {
  const token = server.mintUrl().split('#token=')[1]
  const answer = await postSession(JSON.stringify({ token }))
  expect(answer.status).toBe(204)
  expect(String(answer.headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/)
})

test('a known session is told so, without a token', async () => {
  const cookie = await signIn(server.mintUrl())
  expect((await postSession('{}', { cookie })).status).toBe(204)
})

test('a token from a page of another origin is refused and not used up', async () => {
  const url = server.mintUrl()
  const body = JSON.stringify({ token: url.split('#token=')[1] })
  expect((await postSession(body, { origin: 'http://evil.example' })).status).toBe(403)
  expect((await postSession(body, { origin: 'null' })).status).toBe(403)
  expect((await send('/session', { method: 'POST', body })).status).toBe(403)
  await signIn(url)
})

test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '0.0.0.0'])(
  'a request by the host name %j is refused, so DNS rebinding gains nothing',
  async (host) => {
    expect((await send('/', { headers: { host } })).status).not.toBe(200)
  },
)

test.each(['127.0.0.1', 'localhost', '[::1]', 'localhost:9'])(
  'the loopback name %s is served',
  async (host) => {
    expect((await send('/', { headers: { host } })).status).toBe(200)
  },
)

test('a WebSocket needs the cookie, the own origin and a loopback host', async () => {
  const cookie = await signIn(server.mintUrl())
  expect(await upgrade({ origin, cookie })).toBe(101)
  expect(await upgrade({ origin })).toBe(401)
  expect(await upgrade({ origin, cookie: `${cookie}x` })).toBe(401)
  expect(await upgrade({ cookie })).toBe(403)
  expect(await upgrade({ origin: 'http://evil.example', cookie })).toBe(403)
  expect(await upgrade({ origin: `http://127.0.0.1:${server.port + 1}`, cookie })).toBe(403)
  expect(await upgrade({ origin: 'http://evil.example', host: 'evil.example', cookie })).toBe(421)
  expect(await upgrade({ origin, cookie }, '/other')).toBe(404)
})

test.each([
  '/../package.json',
  '/..%2f..%2fetc/passwd',
  '/%2e%2e/secret',
  '//etc/passwd',
  '/index.html/../x',
  '/.env',
])('the path %s leads nowhere', async (path) => {
  expect((await send(path)).status).toBe(404)
})

test('an absolute request target leads nowhere', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.end(
        `GET http://127.0.0.1/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      )
    })
    socket.once('data', (data) => resolve(data.toString('utf8')))
    socket.once('error', reject)
  })
  expect(answer).toContain('404')
})

test('a download needs the session, works once and is saved, not shown', async () => {
  const content = '<script>alert(1)</script>'
  const saved = await downloads.offer({ name: 'a.html', mediaType: 'text/html', content })
  const path = saved.type === 'download' ? saved.url : ''
  const cookie = await signIn(server.mintUrl())
  expect((await send(path)).status).toBe(404)
  const answer = await send(path, { headers: { cookie } })
  expect(answer.status).toBe(200)
  expect(answer.headers['content-disposition']).toContain('attachment; filename="a.html"')
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
  expect(answer.headers['cache-control']).toBe('no-store')
  expect((await send(path, { headers: { cookie } })).status).toBe(404)
})

test('other methods are refused', async () => {
  expect((await send('/', { method: 'PUT' })).status).toBe(405)
  expect((await send('/', { method: 'OPTIONS' })).status).toBe(405)
})

test('every answer carries the security headers', async () => {
  for (const path of ['/', '/missing']) {
    const { headers } = await send(path)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe-eval')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['x-frame-options']).toBe('DENY')
  }
})

test('listens on the loopback address only', async () => {
  const refused = await new Promise<string>((resolve) => {
    const socket = connect({ port: server.port, host: '127.0.0.2' })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.once('connect', () => resolve('connected'))
  })
  expect(refused).toBe('ECONNREFUSED')
})

test('a port that is taken is named', async () => {
  const second = startBrowserServer({
    router: createRouter(scriptedServices().services, { onInternalError: () => undefined }),
    files: new Map(),
    port: server.port,
    log: silentLogger(),
  })
  await expect(second).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    details: { port: server.port },
  })
})
