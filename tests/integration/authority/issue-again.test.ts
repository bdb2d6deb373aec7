import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeviceCredentials } from '../../../src/main/authority/device-credentials.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import type { UserRequest } from '../../../src/main/authority/user-issue.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let deployment: Deployment
let clock = Date.now()

beforeAll(async () => {
  deployment = await startDeployment({ now: () => new Date(clock) })
  await deployment.authority.createTenant('acme', { isolation: 'account' }, NEVER)
})

afterAll(() => deployment.close())

function requestFor(publicKey: string, more: Partial<UserRequest> = {}): UserRequest {
  return {
    account: { tenant: 'acme' },
    role: 'device',
    name: 'robot',
    deviceId: 'robot',
    publicKey,
    ttlMs: 90 * DAY_MS,
    delivery: 'file',
    ...more,
  } as UserRequest
}

test('the same key, role and place give the same credential, byte for byte, also after a restart', async () => {
  const { authority } = deployment
  const { publicKey } = createNkey('user')
  const first = await authority.issueUser(requestFor(publicKey))
  clock += 1_500
  expect(await authority.issueUser(requestFor(publicKey))).toEqual(first)
  expect(await deployment.reopen().issueUser(requestFor(publicKey))).toEqual(first)
  expect(await authority.repeatUser(first.ledgerId, 'asked again')).toEqual(first)
  expect(authority.ledger.entriesOfKey(publicKey)).toHaveLength(1)
  const stored = JSON.stringify(deployment.database.prepare('SELECT * FROM credentials').all())
  expect(stored).not.toContain(first.jwt)
})

test.each([
  ['it is renewed', { renew: true }],
  ['the role is another', { role: 'console' }],
  ['the device is another', { deviceId: 'other', name: 'other' }],
  ['it is asked for a shorter life', { ttlMs: DAY_MS }],
  ['it goes another way', { delivery: 'bundle' }],
] as const)('another credential is issued where %s', async (_why, more) => {
  const { authority } = deployment
  const { publicKey } = createNkey('user')
  const first = await authority.issueUser(requestFor(publicKey))
  const second = await authority.issueUser(requestFor(publicKey, more))
  expect(second.ledgerId).not.toBe(first.ledgerId)
  expect(second.jwt).not.toBe(first.jwt)
})

test('a revoked credential does not come back, one near its end neither', async () => {
  const { authority } = deployment
  const { publicKey } = createNkey('user')
  const first = await authority.issueUser(requestFor(publicKey))
  await authority.revoke({ publicKey }, 'lost', NEVER)
  const second = await authority.issueUser(requestFor(publicKey))
  expect(second.ledgerId).not.toBe(first.ledgerId)
  clock += 73 * DAY_MS
  const third = await authority.issueUser(requestFor(publicKey))
  expect(third.ledgerId).not.toBe(second.ledgerId)
  expect(await authority.issueUser(requestFor(publicKey))).toEqual(third)
})

test('an attempt that fails does not strike the credential that the device works with', async () => {
  const { authority } = deployment
  const credentials = new DeviceCredentials({
    authority,
    endpoints: () => ({ urls: ['nats://127.0.0.1:4222'] }),
  })
  const order = {
    tenant: 'acme',
    deviceId: 'arm',
    publicKey: createNkey('user').publicKey,
    name: 'arm',
    pendingUntil: new Date(clock + DAY_MS),
    validDays: 90,
  }
  const first = await credentials.issue(order)
  const retried = await credentials.issue({ ...order, pendingUntil: new Date(clock + 2 * DAY_MS) })
  expect(retried).toEqual(first)
  expect(authority.ledger.entry(first.id)?.pendingUntil).toEqual(new Date(clock + 2 * DAY_MS))
  await credentials.confirm(first.id)
  const again = await credentials.issue(order)
  expect(again).toEqual(first)
  await credentials.withdraw(again.id)
  expect(authority.ledger.entry(first.id)).toMatchObject({ state: 'active', revokedAt: null })
})

test('what an older Muster issued is not repeated but renewed', async () => {
  const { authority, database } = deployment
  const { publicKey } = createNkey('user')
  const first = await authority.issueUser(requestFor(publicKey))
  database.prepare('UPDATE credentials SET form = 0 WHERE id = ?').run(first.ledgerId)
  await expect(authority.repeatUser(first.ledgerId, 'asked')).rejects.toMatchObject({
    code: 'CREDENTIAL_NOT_REPEATABLE',
  })
  expect((await authority.issueUser(requestFor(publicKey))).ledgerId).not.toBe(first.ledgerId)
})
