import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommissioningRequest } from '#shared/contract/commissioning.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { DeviceCredentials } from '../../../src/main/authority/device-credentials.ts'
import { CommissioningService } from '../../../src/main/commissioning/commissioning-service.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { RpcService } from '../../../src/main/rpc/rpc-service.ts'
import {
  startCommissioningDevice,
  type CommissioningDevice,
  type CommissioningDeviceOptions,
} from '../../../src/simulator/commissioning-device.ts'
import { createIdentity, hashPin } from '../../../src/simulator/factory-identity.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { startTenantFleet, type TenantFleet } from '../support/tenant-fleet.ts'
import { ConnectedKeys } from './connected-keys.ts'
import { ended, stepRuns } from './site.ts'
import { NEVER } from '#shared/never.ts'

/**
 * The whole path with real parts: authority, operator-mode nats-server, registry with an account
 * of its own, and simulated devices that hold their keys.
 */
const PIN = '13572468'
const TENANT = 'acme'

let deployment: Deployment
let tenantFleet: TenantFleet
let fleet: TenantFleet['fleet']
let proof: ConnectedKeys
let service: CommissioningService
let rpc: RpcService
const devices = new Map<string, CommissioningDevice>()

beforeAll(async () => {
  deployment = await startDeployment()
  const { authority, publisher, server } = deployment
  tenantFleet = await startTenantFleet(deployment, TENANT)
  ;({ fleet } = tenantFleet)
  const accounts = new Map(authority.tenants().map(({ name, account }) => [name, account]))
  proof = new ConnectedKeys(publisher.connection!, (tenant) => accounts.get(tenant)!)
  rpc = new RpcService({
    connections: { connectionFor: () => Promise.resolve(tenantFleet.console) },
    dialect: () => dialectOf('device-connect'),
  })
  service = new CommissioningService({
    directory: {
      endpointOf: (key) => {
        const device = devices.get(key)
        if (device === undefined) return undefined
        const addresses = ['127.0.0.1']
        return { key, deviceId: device.deviceId, addresses, port: device.port, conflict: false }
      },
    },
    issuer: new DeviceCredentials({ authority, endpoints: () => ({ urls: [server.url] }) }),
    proof,
    presence: fleet,
    settings: { get: () => ({ pendingDeadlineMinutes: 30, credentialDays: 90 }) },
    log: silentLogger(),
  })
})

afterAll(async () => {
  await service.close()
  await Promise.all([...devices.values()].map((device) => device.stop()))
  await tenantFleet.close()
  await deployment.close()
})

async function addDevice(deviceId: string, options: Partial<CommissioningDeviceOptions> = {}) {
  const device = await startCommissioningDevice({
    description: {
      deviceId,
      identity: { device_type: 'pump' },
      description: 'A pump',
      functions: [
        { name: 'ping', description: '', parameters: { type: 'object' }, run: () => 'pong' },
      ],
      events: [],
      status: {},
    },
    identity: createIdentity({
      deviceId,
      deviceType: 'pump',
      capabilities: ['ping'],
      pinHash: await hashPin(PIN, 4),
      nowMs: Date.now(),
    }),
    ...options,
  })
  devices.set(deviceId, device)
  return device
}

const requestFor = (device: CommissioningDevice, change: Partial<CommissioningRequest> = {}) => ({
  key: device.deviceId,
  pin: PIN,
  tenant: TENANT,
  publicKey: device.publicKey,
  ...change,
})

const credentialsOf = (deviceId: string) => fleet.credentials({ tenant: TENANT, deviceId })

test('a device that holds its key is commissioned, online, and answers a call', async () => {
  const device = await addDevice('pump-1')
  const { id } = service.start(requestFor(device, { name: 'North pump', zone: 'Zone A' }))
  await stepRuns(service, id, 'deliver')
  const job = await ended(service, id)
  expect(job).toMatchObject({ state: 'done', problem: null })
  expect(credentialsOf('pump-1')).toMatchObject([
    { role: 'device', state: 'active', publicKey: device.publicKey },
  ])
  expect(fleet.isOnline(TENANT, 'pump-1')).toBe(true)
  const call = { tenant: TENANT, deviceId: 'pump-1', functionName: 'ping', params: {} }
  const outcome = await rpc.call({ ...call, timeoutMs: 5_000 }, NEVER)
  expect(outcome).toMatchObject({ type: 'result', result: 'pong' })
})

test('a device without a key gets one that works, seed included', async () => {
  const device = await addDevice('old-1', { reportsKey: false })
  const { id } = service.start(requestFor(device, { publicKey: null }))
  expect(await ended(service, id)).toMatchObject({ state: 'done' })
  expect(credentialsOf('old-1')).toMatchObject([{ state: 'active' }])
})

test('the right PIN works right after a wrong one, within the same second', async () => {
  const device = await addDevice('pump-2')
  const wrong = await ended(service, service.start(requestFor(device, { pin: '00000000' })).id)
  expect(wrong.problem?.code).toBe('PIN_REJECTED')
  const right = await ended(service, service.start(requestFor(device)).id)
  expect(right).toMatchObject({ state: 'done' })
  expect(
    credentialsOf('pump-2')
      .map(({ state }) => state)
      .toSorted(),
  ).toEqual(['active', 'struck'])
})

test('a tenant that does not exist is refused before the device gets to see the PIN', async () => {
  const device = await addDevice('pump-3')
  const job = await ended(service, service.start(requestFor(device, { tenant: 'nobody' })).id)
  expect(job).toMatchObject({ state: 'failed', steps: [{ state: 'done' }, {}, {}, {}] })
  expect(job.steps[2]?.state).toBe('waiting')
  expect(device.state).toBe('uncommissioned')
})

test('cancelling after the delivery locks the device out, wherever it is by then', async () => {
  const device = await addDevice('pump-4')
  device.setFaults({ commission: 'never-online' })
  const { id } = service.start(requestFor(device))
  await stepRuns(service, id, 'online')
  expect(fleet.isOnline(TENANT, 'pump-4')).toBe(false)
  const job = await service.cancel(id)
  expect(job).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_AFTER_DELIVERY' } })
  expect(credentialsOf('pump-4')).toMatchObject([{ state: 'struck' }])
})

test('a pending device stands in the fleet until it arrives', async () => {
  const device = await addDevice('pump-5')
  device.setFaults({ commission: 'never-online' })
  const { id } = service.start(requestFor(device))
  await stepRuns(service, id, 'online')
  let pending = false
  fleet.subscribe((update) => {
    if (update.type !== 'snapshot') return
    pending = update.devices.some(
      ({ deviceId, state }) => deviceId === 'pump-5' && state === 'pending',
    )
  })()
  expect(pending).toBe(true)
  await service.cancel(id)
})

test('ten at once, each with its own key and credential', async () => {
  const many = await Promise.all(
    Array.from({ length: 10 }, (_, index) => addDevice(`row-${index}`)),
  )
  const jobs = many.map((device) => service.start(requestFor(device)))
  const done = await Promise.all(jobs.map(({ id }) => ended(service, id)))
  expect(done.map(({ state }) => state)).toEqual(many.map(() => 'done'))
  expect(many.every(({ deviceId }) => fleet.isOnline(TENANT, deviceId))).toBe(true)
})
