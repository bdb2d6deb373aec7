import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeviceCredentials } from '../../../src/main/authority/device-credentials.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

let deployment: Deployment
let credentials: DeviceCredentials

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.authority.createTenant('acme', { isolation: 'account' }, NEVER)
  credentials = new DeviceCredentials({
    authority: deployment.authority,
    endpoints: () => ({ urls: [deployment.server.url], caPem: 'a certificate' }),
  })
})

afterAll(() => deployment.close())

function order(deviceId: string, publicKey: string | null) {
  return {
    tenant: 'acme',
    deviceId,
    publicKey,
    name: deviceId,
    pendingUntil: new Date(Date.now() + 60_000),
    validDays: 90,
  }
}

function connectWith(issued: Awaited<ReturnType<DeviceCredentials['issue']>>, seed: string) {
  return deployment.connectAs({
    ledgerId: issued.id,
    publicKey: issued.publicKey,
    jwt: issued.file.nats.jwt,
    seed,
    expiresAt: new Date(),
    inboxPrefix: '_INBOX',
    accountPublicKey: '',
  })
}

test('a device with its own key gets a file without a seed, and is pending until it came', async () => {
  const key = createNkey('user')
  const issued = await credentials.issue(order('robot-1', key.publicKey))
  expect(issued.file).toEqual({
    device_id: 'robot-1',
    auth_type: 'jwt',
    tenant: 'acme',
    nats: {
      urls: [deployment.server.url],
      jwt: issued.file.nats.jwt,
      tls: { ca_pem: 'a certificate' },
    },
  })
  expect(credentials.pending()).toMatchObject([{ id: issued.id, deviceId: 'robot-1' }])
  const connection = await connectWith(issued, key.seed)
  await connection.flush()
  await credentials.confirm(issued.id)
  expect(credentials.pending()).toEqual([])
  expect(
    deployment.authority.ledger.credentialsOf({ tenant: 'acme', deviceId: 'robot-1' }),
  ).toMatchObject([{ id: issued.id, role: 'device', state: 'active' }])
})

test('a device without a key gets one, which is kept nowhere', async () => {
  const issued = await credentials.issue(order('robot-2', null))
  const seed = issued.file.nats.nkey_seed ?? ''
  const connection = await connectWith(issued, seed)
  await connection.flush()
  const kept = deployment.database.prepare('SELECT * FROM credentials').all()
  expect(JSON.stringify([...deployment.keychain.entries, kept])).not.toContain(seed)
  expect(JSON.stringify(kept)).not.toContain(issued.file.nats.jwt)
})

test('what a device did not take is withdrawn, also when asked twice', async () => {
  const issued = await credentials.issue(order('robot-3', null))
  await credentials.withdraw(issued.id)
  await credentials.withdraw(issued.id)
  await expect(connectWith(issued, issued.file.nats.nkey_seed ?? '')).rejects.toThrow(
    /authorization/iu,
  )
})
