import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import type { IssuedUser, UserRequest } from '../../../src/main/authority/user-issue.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let deployment: Deployment

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.authority.createTenant('acme', { isolation: 'account' }, NEVER)
})

afterAll(() => deployment.close())

function deviceRequest(name: string, more: Partial<UserRequest> = {}): UserRequest {
  return {
    account: { tenant: 'acme' },
    role: 'device',
    name,
    deviceId: name,
    ttlMs: DAY_MS,
    delivery: 'commissioning',
    ...more,
  } as UserRequest
}

async function issueFor(key: { publicKey: string; seed: string }, more = {}): Promise<IssuedUser> {
  const user = await deployment.authority.issueUser(
    deviceRequest('robot', { publicKey: key.publicKey, ...more }),
  )
  expect(user.seed).toBeUndefined()
  return { ...user, seed: key.seed }
}

test('a revoked user is cut off and refused from then on; others stay', async () => {
  const { authority } = deployment
  const stolen = await authority.issueUser(deviceRequest('stolen'))
  const other = await deployment.device('acme', 'other')
  const connection = await deployment.connectAs(stolen)
  const closed = connection.closed()
  const revocation = await authority.revoke({ publicKey: stolen.publicKey }, 'stolen', NEVER)
  expect(revocation.ended).toEqual([stolen.ledgerId])
  expect(String(await closed)).toMatch(/revoked|authorization/iu)
  await expect(deployment.connectAs(stolen)).rejects.toThrow(/authorization/iu)
  await other.flush()
  expect(authority.ledger.entry(stolen.ledgerId)).toMatchObject({
    state: 'revoked',
    reason: 'stolen',
    revokedAt: revocation.revokedAt,
  })
})

test('revoking again pushes nothing and says the same', async () => {
  const { authority } = deployment
  const user = await authority.issueUser(deviceRequest('twice'))
  const first = await authority.revoke({ ledgerId: user.ledgerId }, 'first', NEVER)
  const { accounts } = await authority.bootstrap()
  const second = await authority.revoke({ ledgerId: user.ledgerId }, 'second', NEVER)
  expect(second).toEqual({ ...first, ended: [] })
  expect((await authority.bootstrap()).accounts).toEqual(accounts)
  expect(authority.ledger.entry(user.ledgerId)?.reason).toBe('first')
})

test('a key that was withdrawn works again at once with a new credential, time after time', async () => {
  const key = createNkey('user')
  for (let round = 0; round < 3; round += 1) {
    const user = await issueFor(key)
    const connection = await deployment.connectAs(user)
    const closed = connection.closed()
    expect(await deployment.authority.strike(user.ledgerId, 'wrong PIN', NEVER)).toEqual({
      revoked: true,
    })
    await closed
    await expect(deployment.connectAs(user)).rejects.toThrow(/authorization/iu)
  }
  const connection = await deployment.connectAs(await issueFor(key))
  await connection.flush()
})

test('striking an undelivered renewal does not cut the device that works with the old one', async () => {
  const { authority } = deployment
  const key = createNkey('user')
  const connection = await deployment.connectAs(await issueFor(key))
  const renewal = await issueFor(key, {
    renew: true,
    pendingUntil: new Date(Date.now() + DAY_MS),
  })
  expect(await authority.strike(renewal.ledgerId, 'not taken', NEVER)).toEqual({ revoked: false })
  expect(authority.ledger.entry(renewal.ledgerId)?.state).toBe('struck')
  await connection.flush()
  expect(connection.isClosed()).toBe(false)
  const closed = connection.closed()
  const { ended } = await authority.revoke({ publicKey: key.publicKey }, 'stolen', NEVER)
  await closed
  expect(ended).toHaveLength(2)
  await expect(deployment.connectAs(renewal)).rejects.toThrow(/authorization/iu)
})

test('pending credentials that nobody used in time are revoked, used ones are not', async () => {
  const { authority } = deployment
  const past = new Date(Date.now() - 1_000)
  const missed = await authority.issueUser(deviceRequest('missed', { pendingUntil: past }))
  const used = await authority.issueUser(deviceRequest('used', { pendingUntil: past }))
  const waiting = await authority.issueUser(
    deviceRequest('waiting', { pendingUntil: new Date(Date.now() + DAY_MS) }),
  )
  expect(authority.ledger.pendingDevices().map(({ deviceId }) => deviceId)).toEqual([
    'missed',
    'used',
    'waiting',
  ])
  const connection = await deployment.connectAs(used)
  authority.ledger.confirmConnected(used.ledgerId)
  const swept = await authority.sweepPending(NEVER)
  expect(swept.map(({ id }) => id)).toEqual([missed.ledgerId])
  expect(authority.ledger.entry(missed.ledgerId)).toMatchObject({ state: 'struck' })
  expect(authority.ledger.entry(used.ledgerId)?.state).toBe('active')
  expect(authority.ledger.pending().map(({ id }) => id)).toEqual([waiting.ledgerId])
  await expect(deployment.connectAs(missed)).rejects.toThrow(/authorization/iu)
  await connection.flush()
})

test('a credential that this profile did not issue can not be revoked here', async () => {
  await expect(
    deployment.authority.revoke({ publicKey: createNkey('user').publicKey }, 'x', NEVER),
  ).rejects.toMatchObject({ code: 'CREDENTIAL_UNKNOWN' })
})

test('sending the server again what is recorded mends it, and keeps the revoked out', async () => {
  const { authority, publisher } = deployment
  const user = await authority.issueUser(deviceRequest('lost'))
  const old = (await authority.bootstrap()).accounts
  await authority.revoke({ ledgerId: user.ledgerId }, 'lost', NEVER)
  await publisher.publish(old, NEVER)
  const connection = await deployment.connectAs(user)
  const closed = connection.closed()
  await authority.republish(NEVER)
  await closed
  await expect(deployment.connectAs(user)).rejects.toThrow(/authorization/iu)
})

test('revocations are forgotten once nothing they refer to could still be used', async () => {
  let days = 0
  const other = await startDeployment({ now: () => new Date(Date.now() + days * DAY_MS) })
  try {
    const { authority, publisher } = other
    const tenant = await authority.createTenant('acme', { isolation: 'account' }, NEVER)
    const revoked = async () => {
      const claims = decodeJwt(await publisher.lookUp(tenant.account)).nats
      return Object.keys(claims['revocations'] as object)
    }
    const short = await authority.issueUser(deviceRequest('short'))
    const long = await authority.issueUser(deviceRequest('long', { ttlMs: 30 * DAY_MS }))
    await authority.revoke({ ledgerId: short.ledgerId }, 'x', NEVER)
    await authority.revoke({ ledgerId: long.ledgerId }, 'x', NEVER)
    expect(await revoked()).toEqual([short.publicKey, long.publicKey])
    days = 2
    const third = await authority.issueUser(deviceRequest('third'))
    await authority.revoke({ ledgerId: third.ledgerId }, 'x', NEVER)
    expect(await revoked()).toEqual([long.publicKey, third.publicKey])
  } finally {
    await other.close()
  }
})
