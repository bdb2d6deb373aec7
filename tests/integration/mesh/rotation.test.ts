import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { decodeJwt, operatorKeysIn } from '../../../src/main/authority/jwt.ts'
import { TestProfile, type TestApp } from './support/test-app.ts'
import { NEVER } from '#shared/never.ts'

let profile: TestProfile
let app: TestApp

beforeEach(async () => {
  profile = await TestProfile.create()
  app = profile.open()
  await app.mesh.createLocal({
    dialect: 'device-connect',
    tenant: 'acme',
    reach: { kind: 'loopback' },
  })
})

afterEach(() => profile.close())

async function operatorSigningKeys(): Promise<string[]> {
  return operatorKeysIn(decodeJwt((await app.authority.bootstrap()).operatorJwt))
}

test('the operator’s signing key is rotated, and the local server is given each JWT of it', async () => {
  const before = await operatorSigningKeys()
  await app.authority.keys.rotateOperatorKey(NEVER)
  const after = await operatorSigningKeys()
  expect(after).toHaveLength(1)
  expect(after).not.toEqual(before)
  expect([...profile.secrets.keys()]).not.toContain(before[0])
  const [trust] = await app.publisher.roster.trust(NEVER)
  expect(trust?.operators[0]?.keys).toEqual([app.authority.operator()?.publicKey, ...after])
  for (const { jwt } of (await app.authority.bootstrap()).accounts) {
    expect(decodeJwt(jwt).iss).toBe(after[0])
  }
  await app.tenants.create('after')
  await app.mesh.confirmTenant('after', NEVER)
})

test('rotating the key of the system account does not lose Muster its own connection', async () => {
  const account = app.authority.operator()?.systemAccount ?? ''
  const [key] = await app.authority.keys.signingKeysOf(account)
  await app.authority.keys.rotateAccountKey(
    { account, signingKey: key?.publicKey ?? '', cut: true },
    NEVER,
  )
  expect(app.authority.procedures.unfinished()).toEqual([])
  await app.link.connected(NEVER)
  expect(await app.link.listClaims(NEVER)).toContain(account)
  await app.tenants.create('after')
})

test('a rotation without the operator’s identity says so, leaves nothing behind, and daily work goes on', async () => {
  const identity = app.authority.operator()?.publicKey ?? ''
  const seed = profile.secrets.get(identity) ?? ''
  await app.authority.keys.forgetIdentity(identity)
  expect(profile.secrets.has(identity)).toBe(false)
  expect(await app.authority.keys.identityState()).toContainEqual(
    expect.objectContaining({ kind: 'operator', held: false, offlineAt: expect.any(Date) as Date }),
  )
  await expect(app.authority.keys.rotateOperatorKey(NEVER)).rejects.toMatchObject({
    code: 'IDENTITY_OFFLINE',
    details: { publicKey: identity },
  })
  expect(app.authority.procedures.unfinished()).toEqual([])
  await app.tenants.create('daily')
  await reopen()
  await app.authority.setUp({ dialect: 'device-connect' })
  profile.secrets.set(identity, seed)
  app.authority.keys.identityReturned(identity)
  await until('the connection', () => app.link.state.phase === 'connected')
  await app.authority.keys.rotateOperatorKey(NEVER)
  await app.tenants.create('rotated')
})

test('a rotation that waits for its users is there after a restart, and ends once they have new credentials', async () => {
  const { account } = app.tenants.list().find(({ name }) => name === 'acme') ?? {}
  const request = {
    account: { tenant: 'acme' },
    role: 'device',
    name: 'robot',
    deviceId: 'robot',
    ttlMs: 60 * 60 * 1000,
    delivery: 'file',
  } as const
  const old = await app.authority.issueUser(request)
  const [key] = await app.authority.keys.signingKeysOf(account ?? '')
  const affected = await app.authority.keys.rotateAccountKey(
    { account: account ?? '', signingKey: key?.publicKey ?? '', cut: false },
    NEVER,
  )
  expect(affected.map(({ id }) => id)).toEqual([old.ledgerId])
  await reopen()
  await until('the connection', () => app.link.state.phase === 'connected')
  const [left] = app.authority.procedures.unfinished()
  expect(left).toMatchObject({ canResume: true, canRollBack: true, problem: null })
  expect(left?.waitsFor).toContain('One credential')
  const renewed = await app.authority.issueUser({ ...request, publicKey: old.publicKey })
  expect(renewed.ledgerId).not.toBe(old.ledgerId)
  // Nobody is left to wait for: taking up goes on by itself.
  await until('the end of the rotation', async () => {
    await app.authority.takeUp('mesh', NEVER)
    return app.authority.procedures.unfinished().length === 0
  })
  expect(app.authority.ledger.entry(old.ledgerId)?.state).toBe('revoked')
  expect(app.authority.ledger.entry(renewed.ledgerId)?.state).toBe('active')
  expect(profile.secrets.has(key?.publicKey ?? '')).toBe(false)
})

async function reopen(): Promise<TestApp> {
  await app.close()
  app = profile.open()
  await app.mesh.startActive()
  return app
}
