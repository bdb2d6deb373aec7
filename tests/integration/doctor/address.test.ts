import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reachFindings } from '../../../src/main/doctor/address-findings.ts'
import { tryLogin } from '../../../src/main/doctor/login-findings.ts'
import { createAuthority, createServerCertificate } from '../../../src/main/mesh/x509.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'
import { NEVER } from '#shared/never.ts'

const YEAR_MS = 31_536_000_000
const operator = new TestOperator()
let plain: NatsServer
let secure: NatsServer
let caPem: string
let web: Server

beforeAll(async () => {
  const validity = {
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + YEAR_MS),
  }
  const authority = await createAuthority('test authority', validity)
  const certificate = await createServerCertificate(authority, ['127.0.0.1'], validity)
  caPem = authority.certificatePem
  plain = await startNatsServer({
    files: operator.files(),
    config: operator.config('websocket { listen: "127.0.0.1:-1", no_tls: true }'),
  })
  secure = await startNatsServer({
    files: {
      ...operator.files(),
      'server.pem': certificate.certificatePem,
      'key.pem': certificate.keyPem,
    },
    config: operator.config('tls { cert_file: server.pem, key_file: key.pem }'),
  })
  // Speaks first, as NATS does, and says something else: an SSH or SMTP server.
  web = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
})

afterAll(async () => {
  await plain.stop()
  await secure.stop()
  web.close()
})

async function codesOf(urls: readonly string[], ca: string | null = null): Promise<string[]> {
  return (await reachFindings({ urls, caPem: ca }, NEVER)).map(({ code }) => code)
}

test('servers are reached in the clear, by TLS and by WebSocket', async () => {
  const tls = `tls://127.0.0.1:${secure.port}`
  expect(await codesOf([plain.url, plain.wsUrl ?? ''])).toEqual([
    'ADDRESS_REACHED',
    'ADDRESS_REACHED',
  ])
  expect(await codesOf([tls, tls.replace('tls:', 'nats:')], caPem)).toEqual([
    'ADDRESS_REACHED',
    'ADDRESS_REACHED',
  ])
})

test('each way in which an address is wrong is told apart', async () => {
  const { port } = web.address() as { port: number }
  expect(
    await codesOf([
      `tls://127.0.0.1:${secure.port}`,
      `tls://127.0.0.1:${plain.port}`,
      `nats://127.0.0.1:${port}`,
      'nats://127.0.0.1:1',
      `ws://127.0.0.1:${plain.port}`,
    ]),
  ).toEqual([
    'MESH_TLS_UNTRUSTED',
    'RAW_TLS_NOT_OFFERED',
    'RAW_NOT_NATS',
    'MESH_UNREACHABLE',
    expect.stringMatching(/^MESH_/u),
  ])
})

test('a login is tried by TLS and by WebSocket too, at the first address that answers', async () => {
  const { jwt, seed } = operator.user()
  const tls = { urls: ['nats://127.0.0.1:1', `tls://127.0.0.1:${secure.port}`], caPem }
  expect(await tryLogin(tls, { jwt, seed }, NEVER)).toMatchObject({ type: 'let-in' })
  const webSocket = { urls: [plain.wsUrl ?? ''], caPem: null }
  expect(await tryLogin(webSocket, { jwt, seed }, NEVER)).toMatchObject({ type: 'let-in' })
  const expired = operator.user(-60)
  expect(await tryLogin(webSocket, expired, NEVER)).toMatchObject({
    type: 'refused',
    words: 'Authorization Violation',
  })
})
