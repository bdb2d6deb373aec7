import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import { jwtAuthenticator } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../../src/simulator/clock.ts'
import {
  startCommissioningDevice,
  type CommissioningDevice,
  type CommissioningDeviceOptions,
} from '../../../src/simulator/commissioning-device.ts'
import {
  createIdentity,
  hashPin,
  type FactoryIdentity,
} from '../../../src/simulator/factory-identity.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { createTestOperator, type TestOperator } from './test-operator.ts'
import {
  openCredentials,
  probeDevice,
  startTestRegistry,
  type TestRegistry,
} from './test-registry.ts'

const PIN = '12345678'
const pinHash = await hashPin(PIN, 4)
const HOUR_MS = 60 * 60 * 1000

let server: NatsServer
let operator: TestOperator
let registry: TestRegistry
let folder: string
const devices: CommissioningDevice[] = []

beforeAll(async () => {
  operator = await createTestOperator()
  server = await startNatsServer(operator)
  const key = createUser()
  const authenticator = jwtAuthenticator(
    await operator.issue(key.getPublicKey(), 'registry'),
    key.getSeed(),
  )
  registry = await startTestRegistry(server.url, 'device-connect', { authenticator })
})

afterAll(async () => {
  await registry.close()
  await server.stop()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-device-'))
})

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()))
  rmSync(folder, { recursive: true })
})

function factoryIdentity(deviceId = 'probe-1'): FactoryIdentity {
  return createIdentity({
    deviceId,
    deviceType: 'probe',
    capabilities: ['add', 'fail'],
    pinHash,
    nowMs: Date.now(),
  })
}

async function unbox(options: Partial<CommissioningDeviceOptions> = {}) {
  const device = await startCommissioningDevice({
    description: probeDevice('probe-1'),
    identity: factoryIdentity(),
    ...options,
  })
  devices.push(device)
  return device
}

async function credentialsFor(device: CommissioningDevice, publicKey = device.publicKey) {
  const credentials = openCredentials(device.deviceId, server.url)
  const jwt = await operator.issue(publicKey, device.deviceId)
  return { ...credentials, nats: { ...credentials.nats, jwt } }
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function info(device: CommissioningDevice): Promise<Answer> {
  const response = await fetch(`${device.url}/info`)
  return { status: response.status, body: await response.json() }
}

async function commission(device: CommissioningDevice, body: unknown): Promise<Answer> {
  const response = await fetch(`${device.url}/commission`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

const refused = (status: number, error: string): Answer => ({
  status,
  body: { success: false, error },
})

test('tells what it is', async () => {
  const device = await unbox()
  expect(await info(device)).toEqual({
    status: 200,
    body: {
      device_id: 'probe-1',
      device_type: 'probe',
      capabilities: ['add', 'fail'],
      state: 'uncommissioned',
      nkey_public: device.publicKey,
    },
  })
})

test('takes credentials for its PIN, goes online with its own key and keeps both', async () => {
  const device = await unbox({ folder })
  const credentials = await credentialsFor(device)
  expect(await commission(device, { pin: PIN, credentials })).toEqual({
    status: 200,
    body: { success: true, device_id: 'probe-1', message: 'Device commissioned successfully' },
  })
  const running = await device.commissioned
  await running?.whenState('online')
  expect(registry.registrations.at(-1)).toMatchObject({ device_id: 'probe-1' })
  expect(device.state).toBe('commissioned')
  expect((await info(device)).body).toMatchObject({ state: 'commissioned' })

  const path = join(folder, 'probe-1.creds.json')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(credentials)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const identity = JSON.parse(readFileSync(join(folder, 'probe-1.identity.json'), 'utf8'))
  expect(identity.provisioning).toMatchObject({
    commissioned: true,
    commissioned_at: expect.stringMatching(/Z$/),
  })
})

test('goes straight online after a restart', async () => {
  const first = await unbox({ folder })
  await commission(first, { pin: PIN, credentials: await credentialsFor(first) })
  await (await first.commissioned)?.whenState('online')
  await first.stop()
  // The key comes from the folder, not from the factory.
  const again = await unbox({ folder, identity: factoryIdentity() })
  await again.device?.whenState('online')
  expect(again.publicKey).toBe(first.publicKey)
  expect(await commission(again, { pin: PIN, credentials: {} })).toEqual(
    refused(401, 'Device already commissioned'),
  )
})

test('refuses a wrong PIN with the attempts, locks, and opens after an hour', async () => {
  const clock = new ManualClock()
  const device = await unbox({ clock })
  const wrong = { pin: '00000000', credentials: { any: 'thing' } }
  expect(await commission(device, wrong)).toEqual(refused(401, 'Invalid PIN (attempt 1/3)'))
  expect(await commission(device, wrong)).toEqual(refused(401, 'Invalid PIN (attempt 2/3)'))
  expect(await commission(device, wrong)).toEqual(refused(401, 'Invalid PIN (attempt 3/3)'))
  const locked = refused(401, 'Too many attempts. Locked for 3600 seconds')
  expect(await commission(device, { ...wrong, pin: PIN })).toEqual(locked)
  clock.advance(HOUR_MS)
  expect(await commission(device, { pin: PIN })).toEqual(refused(400, 'No credentials provided'))
})

test('takes credentials once, also from two who ask at the same time', async () => {
  const device = await unbox()
  const request = { pin: PIN, credentials: await credentialsFor(device) }
  const answers = await Promise.all([commission(device, request), commission(device, request)])
  expect(answers).toContainEqual({ status: 200, body: expect.anything() })
  expect(answers).toContainEqual(refused(401, 'Device already commissioned'))
  expect(await commission(device, request)).toEqual(refused(401, 'Device already commissioned'))
})

test('says what is missing: credentials, or JSON', async () => {
  const device = await unbox()
  const none = refused(400, 'No credentials provided')
  expect(await commission(device, { pin: PIN })).toEqual(none)
  expect(await commission(device, { pin: PIN, credentials: {} })).toEqual(none)
  expect(await commission(device, '{"pin":')).toEqual(refused(500, 'Invalid JSON'))
})

test('stays uncommissioned where it could never log in with what it was given', async () => {
  const device = await unbox()
  const good = await credentialsFor(device)
  const stranger = createUser()
  const cases: [unknown, RegExp][] = [
    [{ ...good, device_id: 'probe-2' }, /another device/],
    [await credentialsFor(device, stranger.getPublicKey()), /another key/],
    [{ ...good, nats: { ...good.nats, urls: [] } }, /nats\.urls/],
  ]
  // Each of them took the right PIN, which counts as an attempt like any other.
  for (const [credentials, reason] of cases) {
    const { status, body } = await commission(device, { pin: PIN, credentials })
    expect(status).toBe(500)
    expect(body).toMatchObject({ success: false, error: expect.stringMatching(reason) })
  }
  expect(device.state).toBe('uncommissioned')
})

test('a device that reports no key needs one in its credentials', async () => {
  const device = await unbox({ reportsKey: false })
  expect((await info(device)).body).not.toHaveProperty('nkey_public')
  const issued = createUser()
  const credentials = await credentialsFor(device, issued.getPublicKey())
  expect(await commission(device, { pin: PIN, credentials })).toMatchObject({
    status: 500,
    body: { error: expect.stringContaining('hold no key') },
  })
  const nkey_seed = Buffer.from(issued.getSeed()).toString()
  const withSeed = { ...credentials, nats: { ...credentials.nats, nkey_seed } }
  expect(await commission(device, { pin: PIN, credentials: withSeed })).toMatchObject({
    status: 200,
  })
  await (await device.commissioned)?.whenState('online')
})

test('knows no other path, no other method and no body above 64 KiB', async () => {
  const device = await unbox()
  const status = async (path: string, init?: RequestInit) =>
    (await fetch(`${device.url}${path}`, init)).status
  expect(await status('/')).toBe(404)
  expect(await status('/../info%00')).toBe(404)
  expect(await status('/info', { method: 'POST', body: '{}' })).toBe(405)
  expect(await status('/commission')).toBe(405)
  const large = { pin: PIN, credentials: { padding: 'x'.repeat(64 * 1024) } }
  expect(await commission(device, large)).toEqual(refused(413, 'Request body too large'))
  // It never looked at the PIN.
  expect(await commission(device, { pin: '00000000' })).toEqual(
    refused(401, 'Invalid PIN (attempt 1/3)'),
  )
})

test('says in which way its port can not be had', async () => {
  const device = await unbox()
  await expect(unbox({ port: device.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
})
