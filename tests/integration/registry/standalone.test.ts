import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeCertificates } from '../../support/certificates.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { standStill } from '../../support/processes.ts'
import { until } from '../../support/until.ts'
import { TestOperator } from '../mesh/support/test-operator.ts'
import { SIDECAR_ENTRY } from './running-sidecar.ts'
import { WireClient } from './wire-device.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function startAlone(environment: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [SIDECAR_ENTRY], {
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  }
  closing.push(() => void child.kill('SIGKILL'))
  return { child, exited: once(child, 'exit'), output: () => output }
}

test('alone it is configured by its environment, serves, and ends in good order', async () => {
  const server = await startNatsServer()
  closing.push(() => server.stop())
  const folder = await temporaryFolder()
  const environment = {
    NATS_URL: server.url,
    MUSTER_REGISTRY_DATABASE: join(folder, 'registry.db'),
    DC_LIST_DEVICES_MAX_LIMIT: '1',
  }
  const first = startAlone(environment)
  const device = await WireClient.open(server.url)
  closing.push(() => device.close())
  await until('it serves', () => first.output().includes('the registry serves'))
  await device.register('default', 'a', { device_ttl: 60 })
  await device.register('other', 'b', { device_ttl: 60 })
  await device.register('default', 'c', { device_ttl: 60 })
  expect(await device.list('default', { limit: 50 })).toEqual(['a'])
  first.child.kill('SIGTERM')
  expect(await first.exited).toEqual([0, null])

  const second = startAlone(environment)
  await until('it serves again', () => second.output().includes('the registry serves'))
  expect(await device.list('default')).toEqual(['a', 'c'])
  expect(await device.list('other')).toEqual(['b'])
})

test('alone it serves account JWTs, before any server is there to connect to', async () => {
  const folder = await temporaryFolder()
  const operator = new TestOperator()
  const { publicKey } = operator.account
  const jwt = operator.accountJwt('TENANT', publicKey)
  await writeFile(join(folder, `${publicKey}.jwt`), jwt)
  const port = await freeTcpPort()
  const alone = startAlone({
    NATS_URL: `nats://127.0.0.1:${await freeTcpPort()}`,
    MUSTER_REGISTRY_DATABASE: join(folder, 'registry.db'),
    MUSTER_ACCOUNTS_FOLDER: folder,
    MUSTER_ACCOUNTS_LISTEN: `127.0.0.1:${port}`,
  })
  await until('it serves accounts', () => alone.output().includes('account JWTs are served'))
  const base = `http://127.0.0.1:${port}/jwt/v1/accounts/`
  expect((await fetch(base)).status).toBe(200)
  expect(await (await fetch(base + publicKey)).text()).toBe(jwt)
  expect(alone.output()).not.toContain('eyJ')
  alone.child.kill('SIGTERM')
  await alone.exited
})

test('alone it tells whether it serves, and what it counted', async () => {
  const folder = await temporaryFolder()
  const [natsPort, httpPort] = [await freeTcpPort(), await freeTcpPort()]
  const alone = startAlone({
    NATS_URL: `nats://127.0.0.1:${natsPort}`,
    MUSTER_REGISTRY_DATABASE: join(folder, 'registry.db'),
    MUSTER_REGISTRY_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
  })
  await until('it tells', () => alone.output().includes('health and metrics are served'))
  const at = (path: string) => fetch(`http://127.0.0.1:${httpPort}${path}`)
  const away = await at('/healthz')
  expect(away.status).toBe(503)
  expect(await away.text()).toContain('not connected to NATS')

  const server = await startNatsServer({ port: natsPort })
  closing.push(() => server.stop())
  await until('it serves', async () => (await at('/healthz')).status === 204)
  const device = await WireClient.open(server.url)
  closing.push(() => device.close())
  await device.register('alpha', 'd', { device_ttl: 60 })
  const text = await (await at('/metrics')).text()
  expect(text).toContain('# TYPE muster_registry_registrations_total counter')
  expect(text).toContain('\nmuster_registry_registrations_total 1\n')
  expect(text).toContain('\nmuster_registry_tenant_devices_online{tenant="alpha"} 1\n')
  expect(text).toContain('handler_seconds_count{handler="registration"} 1')
  expect((await at('/')).status).toBe(404)
  for (const line of alone.output().trim().split('\n'))
    expect(JSON.parse(line)).toHaveProperty('time')
})

test('told to stop, it saves whatever it confirmed, and says so by its exit code', async () => {
  const server = await startNatsServer()
  closing.push(() => server.stop())
  const folder = await temporaryFolder()
  const environment = {
    NATS_URL: server.url,
    MUSTER_REGISTRY_DATABASE: join(folder, 'registry.db'),
    MUSTER_REGISTRY_HTTP_LISTEN: 'off',
  }
  const first = startAlone(environment)
  await until('it serves', () => first.output().includes('the registry serves'))
  const device = await WireClient.open(server.url)
  closing.push(() => device.close())
  const confirmed: string[] = []
  const registering = Array.from({ length: 500 }, async (_, number) => {
    const deviceId = `d${number}`
    const reply = await device.register('alpha', deviceId, { device_ttl: 600 }).catch(() => ({}))
    if ('result' in reply) confirmed.push(deviceId)
  })
  await until('some are confirmed', () => confirmed.length > 0)
  first.child.kill('SIGTERM')
  await first.exited
  expect(first.child.exitCode).toBe(0)
  const second = startAlone(environment)
  await until('it serves again', () => second.output().includes('the registry serves'))
  const known = new Set(await device.list('alpha'))
  expect(confirmed.filter((deviceId) => !known.has(deviceId))).toEqual([])
  await Promise.all(registering)
})

test('a second signal does not wait for the first', async () => {
  const server = await startNatsServer()
  closing.push(() => server.stop())
  const folder = await temporaryFolder()
  const alone = startAlone({
    NATS_URL: server.url,
    MUSTER_REGISTRY_DATABASE: join(folder, 'registry.db'),
    MUSTER_REGISTRY_HTTP_LISTEN: 'off',
  })
  await until('it serves', () => alone.output().includes('the registry serves'))
  // A server that stands still lets nobody leave in good order.
  await standStill(server.pid)
  closing.push(() => void process.kill(server.pid, 'SIGCONT'))
  alone.child.kill('SIGTERM')
  await until('it stops', () => alone.output().includes('answers what came'))
  alone.child.kill('SIGTERM')
  expect(await alone.exited).toEqual([1, null])
})

test('it shows its client certificate to a server that asks for one', async () => {
  const folder = await temporaryFolder()
  await makeCertificates(folder)
  const file = (name: string) => join(folder, name)
  const server = await startNatsServer({
    config: `tls { cert_file: "${file('server.pem')}", key_file: "${file('server.key')}",
      ca_file: "${file('ca.pem')}", verify: true }`,
  })
  closing.push(() => server.stop())
  const alone = startAlone({
    NATS_URL: `tls://127.0.0.1:${server.port}`,
    NATS_TLS_CA_FILE: file('ca.pem'),
    NATS_TLS_CERT_FILE: file('client.pem'),
    NATS_TLS_KEY_FILE: file('client.key'),
    MUSTER_REGISTRY_DATABASE: file('registry.db'),
  })
  await until('it serves', () => alone.output().includes('the registry serves'))
})

test('a variable that can not be used is named, and the exit code is 1', async () => {
  const alone = startAlone({ DEVICE_TTL: 'soon' })
  expect(await alone.exited).toEqual([1, null])
  expect(alone.output()).toContain('DEVICE_TTL')
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-alone-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}
