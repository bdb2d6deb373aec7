import { afterEach, expect, test } from 'vitest'
import {
  startCommissioningDevice,
  type CommissioningDevice,
} from '../../../src/simulator/commissioning-device.ts'
import type { CommissioningFaults } from '../../../src/simulator/commissioning-faults.ts'
import { createIdentity, hashPin } from '../../../src/simulator/factory-identity.ts'
import { openMdnsResponder } from '../../../src/simulator/mdns-responder.ts'
import { freeUdpPort } from '../../support/free-udp-port.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { openCredentials, probeDevice, startTestRegistry } from './test-registry.ts'

const PIN = '12345678'
const pinHash = await hashPin(PIN, 4)
const devices: CommissioningDevice[] = []

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()))
})

async function unbox(faults: CommissioningFaults) {
  const device = await startCommissioningDevice({
    description: probeDevice('probe-1'),
    identity: createIdentity({
      deviceId: 'probe-1',
      deviceType: 'probe',
      capabilities: [],
      pinHash,
      nowMs: Date.now(),
    }),
    faults,
  })
  devices.push(device)
  return device
}

const getInfo = (device: CommissioningDevice, init: RequestInit = {}) =>
  fetch(`${device.url}/info`, { redirect: 'manual', ...init })

const postCommission = (device: CommissioningDevice, url = 'nats://127.0.0.1:1') =>
  fetch(`${device.url}/commission`, {
    method: 'POST',
    body: JSON.stringify({ pin: PIN, credentials: openCredentials('probe-1', url) }),
  })

test('/info can be malformed, huge, a redirect or a plain server error', async () => {
  const device = await unbox({ info: 'malformed' })
  expect(() => JSON.parse('{"device_id": "robot')).toThrow()
  await expect((await getInfo(device)).json()).rejects.toThrow()
  device.setFaults({ info: 'huge' })
  expect((await (await getInfo(device)).text()).length).toBeGreaterThan(1024 * 1024)
  device.setFaults({ info: 'redirect', redirectTo: 'http://127.0.0.1:9/x' })
  const redirect = await getInfo(device)
  expect(redirect.status).toBe(302)
  expect(redirect.headers.get('location')).toBe('http://127.0.0.1:9/x')
  device.setFaults({ info: 'server-error' })
  expect((await getInfo(device)).status).toBe(500)
})

test('/info can drip without an end, stall, come late or break off', async () => {
  const device = await unbox({ info: 'never-ending' })
  const reader = (await getInfo(device)).body?.getReader()
  let bytes = 0
  while (bytes < 10_000) bytes += (await reader?.read())?.value?.length ?? 0
  await reader?.cancel()
  device.setFaults({ info: 'stalled' })
  await expect(getInfo(device, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/)
  device.setFaults({ infoDelayMs: 150 })
  const startedAt = performance.now()
  expect((await getInfo(device)).status).toBe(200)
  expect(performance.now() - startedAt).toBeGreaterThan(140)
  device.setFaults({ info: 'dies' })
  await expect(getInfo(device).then((response) => response.text())).rejects.toThrow()
})

test('/info can lie about id and key, and hold markup and control characters', async () => {
  const device = await unbox({ infoDeviceId: 'other', infoNkey: 'UNOKEY', hostileText: true })
  const info = await (await getInfo(device)).json()
  expect(info).toMatchObject({ device_id: 'other', nkey_public: 'UNOKEY' })
  expect(JSON.stringify(info)).toContain('<script>')
  expect(JSON.stringify(info)).toContain('\\u0000')
})

test('POST /commission can be refused after /info was read', async () => {
  const device = await unbox({ commission: 'refused' })
  expect((await getInfo(device)).status).toBe(200)
  await expect(postCommission(device)).rejects.toMatchObject({
    cause: { code: 'ECONNREFUSED' },
  })
})

test('the device can die before or after it took the credentials', async () => {
  const server = await startNatsServer()
  const registry = await startTestRegistry(server.url)
  const before = await unbox({ commission: 'dies-before-taking' })
  await expect(postCommission(before, server.url)).rejects.toThrow()
  expect(before.state).toBe('uncommissioned')
  const after = await unbox({ commission: 'dies-after-taking' })
  await expect(postCommission(after, server.url)).rejects.toThrow()
  await (await after.commissioned)?.whenState('online')
  await after.stop()
  await registry.close()
  await server.stop()
})

test('the device can take credentials and never come online', async () => {
  const device = await unbox({ commission: 'never-online' })
  expect((await postCommission(device)).status).toBe(200)
  await expect(device.commissioned).resolves.toBeUndefined()
  expect(device.device).toBeUndefined()
})

test('POST /commission can answer malformed, huge or late', async () => {
  const device = await unbox({ commission: 'malformed', commissionDelayMs: 50 })
  await expect((await postCommission(device)).json()).rejects.toThrow()
  device.setFaults({ commission: 'huge' })
  expect((await (await postCommission(device)).text()).length).toBeGreaterThan(1024 * 1024)
  expect(device.state).toBe('uncommissioned')
})

test('a hostile device is advertised under its hostile name', async () => {
  // Proves that such a name gets through the encoder at all; what arrives is for the browser's tests.
  const warnings: string[] = []
  const responder = await openMdnsResponder({
    port: await freeUdpPort(),
    onWarning: (it) => void warnings.push(it),
  })
  const device = await startCommissioningDevice({
    description: probeDevice('probe-1'),
    identity: createIdentity({
      deviceId: 'probe-1',
      deviceType: 'probe',
      capabilities: [],
      pinHash,
      nowMs: Date.now(),
    }),
    faults: { hostileText: true, txt: { device_id: 'someone-else' } },
    responder,
  })
  await device.stop()
  await responder.close()
  expect(warnings).toEqual([])
})
