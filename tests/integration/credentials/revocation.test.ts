import type { Auth } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Revocation } from '#shared/contract/credentials.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { authenticatorOf } from '../../support/log-in.ts'
import { seen, startSite, type CredentialsSite } from './support/site.ts'
import { NEVER } from '#shared/never.ts'

let site: CredentialsSite

beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.close())

const one = (user: IssuedUser) => ({ type: 'credentials' as const, ids: [user.ledgerId] })

function evidenceOf({ evidence }: Revocation) {
  const { connectedBefore, closedCount, connectedAfter, probe, verdict } = evidence
  return { connectedBefore, closedCount, connectedAfter, probe: probe?.revokedKey, verdict }
}

test('before: says who is connected, which functions and subscriptions stop', async () => {
  const user = await site.issue('pump')
  const connection = await site.connectAs(user, { name: 'pump firmware' })
  connection.subscribe('device-connect.acme.pump.cmd')
  await connection.flush()
  site.records.set('acme/pump', {
    tenant: 'acme',
    deviceId: 'pump',
    description: '',
    functions: [{ name: 'start', description: '', parameters: {}, tags: [] }],
    events: [{ name: 'flow', description: '', payloadSchema: null, tags: [] }],
    identity: {},
    status: {},
    labels: {},
    raw: '',
  })
  const impact = await site.service.impact(one(user), NEVER)
  expect(impact).toMatchObject({ credentials: 1, keys: 1, sameKey: 0, ownConnections: 0 })
  expect(impact.connected?.connections).toMatchObject([
    { publicKey: user.publicKey, name: 'pump firmware' },
  ])
  expect(impact.connected?.connections[0]?.subscriptions).toContain('device-connect.acme.pump.cmd')
  expect(impact.devices).toEqual([
    { tenant: 'acme', deviceId: 'pump', connections: 1, functions: ['start'], events: ['flow'] },
  ])
  expect(impact.confirm).toBe('pump')
})

test('after: the socket is seen to close and a login to fail; others of the account stay', async () => {
  const stolen = await site.issue('stolen')
  const other = await site.device('acme', 'other')
  const connection = await site.connectAs(stolen, { name: 'thief' })
  const closed = connection.closed()
  const revocation = await site.revoke(one(stolen), 'Stolen from the van.')
  expect(String(await closed)).toMatch(/revoked|authorization/iu)
  expect(evidenceOf(revocation)).toEqual({
    connectedBefore: 1,
    closedCount: 1,
    connectedAfter: 0,
    probe: 'refused',
    verdict: 'proven',
  })
  expect(revocation.evidence.closed).toMatchObject([
    { publicKey: stolen.publicKey, name: 'thief', reason: 'Credentials Revoked' },
  ])
  expect(revocation.evidence.probe?.freshKey).toBe('let-in')
  expect(revocation.state).toBe('done')
  await other.flush()
  expect(site.authority.ledger.entry(stolen.ledgerId)).toMatchObject({
    state: 'revoked',
    reason: 'Stolen from the van.',
  })
  const kept = site.service.details(stolen.ledgerId).revocations
  expect(kept.map(({ id }) => id)).toEqual([revocation.id])
  expect(kept[0]?.evidence).toEqual(revocation.evidence)
})

test('the device’s own tries to come back are seen to be refused, forged ones do not count', async () => {
  const user = await site.issue('comes-back')
  const sign = authenticatorOf(user)
  const [head = '', body = ''] = user.jwt.split('.')
  const forged = { ...user, jwt: `${head}.${body}.${'A'.repeat(86)}` }
  await site.connectAs(user, {
    // As devices do: with the JWT alone, so that the server names no user.
    authenticator: (nonce) => ({ ...sign(nonce), nkey: '' }) as Auth,
    reconnect: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 50,
    name: 'comes back',
  })
  const { id } = await site.revoke(one(user))
  await expect(site.connectAs(forged, { name: 'forger' })).rejects.toThrow(/authorization/iu)
  const revocation = await seen(site.service, id, ({ evidence }) => evidence.attemptCount > 4)
  expect(revocation.evidence.attempts.map(({ name }) => name)).not.toContain('forger')
  expect(revocation.evidence.attempts[0]).toMatchObject({
    publicKey: user.publicKey,
    name: 'comes back',
  })
})

test('the same key renewed is accepted at once and not taken for the old one', async () => {
  const key = createNkey('user')
  const more = { publicKey: key.publicKey }
  const old = { ...(await site.issue('renewed', more)), seed: key.seed }
  await site.connectAs(old)
  const revocation = await site.revoke(one(old))
  expect(evidenceOf(revocation).verdict).toBe('proven')
  const renewed = { ...(await site.issue('renewed', more)), seed: key.seed }
  const connection = await site.connectAs(renewed)
  await connection.flush()
  await expect(site.connectAs(old)).rejects.toThrow(/authorization/iu)
  const details = site.service.details(renewed.ledgerId)
  expect(details.credential.state).toBe('active')
  expect(details.history.map(({ state }) => state)).toEqual(['revoked'])
  expect(details.revocations).toEqual([])
  const now = await site.service.connections(renewed.ledgerId, NEVER)
  expect(now.total).toBe(1)
})

test('several credentials of an account go in one push', async () => {
  const users = await Promise.all(['a', 'b', 'c'].map((name) => site.issue(`lot-${name}`)))
  const connections = await Promise.all(users.map((user) => site.connectAs(user)))
  const revocation = await site.revoke({
    type: 'credentials',
    ids: users.map(({ ledgerId }) => ledgerId),
  })
  await Promise.all(connections.map((connection) => connection.closed()))
  expect(revocation.credentialCount).toBe(3)
  expect(evidenceOf(revocation)).toMatchObject({ connectedBefore: 3, closedCount: 3 })
})

test('what is revoked already, or not ours, is said so and changes nothing', async () => {
  const user = await site.issue('twice')
  await site.revoke(one(user))
  expect(() => site.service.revoke(one(user), 'again')).toThrow(
    expect.objectContaining({ code: 'CREDENTIAL_REVOKED' }) as Error,
  )
  const unknown = { type: 'credentials' as const, ids: ['nobody'] }
  expect(() => site.service.revoke(unknown, 'x')).toThrow(
    expect.objectContaining({ code: 'CREDENTIAL_UNKNOWN' }) as Error,
  )
  const system = site.authority.ledger.entries().find(({ role }) => role === 'system')
  expect(() => site.service.revoke({ type: 'credentials', ids: [system?.id ?? ''] }, 'x')).toThrow(
    expect.objectContaining({ code: 'CREDENTIAL_OF_SYSTEM' }) as Error,
  )
})

test('an expired credential can be revoked, for the record', async () => {
  const user = await site.issue('short', { ttlMs: -1_000 })
  const impact = await site.service.impact(one(user), NEVER)
  expect(impact.expired).toBe(1)
  const revocation = await site.revoke(one(user))
  expect(revocation.evidence.verdict).toBe('proven')
})

test('a whole account by time: everything issued up to then is cut, later ones are not', async () => {
  await site.authority.createTenant('whole', { isolation: 'account' })
  const of = (name: string) => site.issue(name, { account: { tenant: 'whole' } })
  const users = await Promise.all(['x', 'y'].map(of))
  const connections = await Promise.all(users.map((user) => site.connectAs(user)))
  const elsewhere = await site.device('acme', 'elsewhere')
  const target = {
    type: 'account' as const,
    tenant: 'whole',
    issuedUpTo: new Date().toISOString(),
  }
  const impact = await site.service.impact(target, NEVER)
  expect(impact).toMatchObject({ credentials: 2, keys: 2, deviceCount: 2, confirm: 'whole' })
  expect(impact.connected?.total).toBe(2)
  const revocation = await site.revoke(target, 'The key leaked.')
  await Promise.all(connections.map((connection) => connection.closed()))
  expect(evidenceOf(revocation)).toMatchObject({
    connectedBefore: 2,
    closedCount: 2,
    connectedAfter: 0,
  })
  expect(revocation.evidence).toMatchObject({ verdict: 'proven', attemptCount: 0 })
  for (const user of users) {
    await expect(site.connectAs(user)).rejects.toThrow(/authorization/iu)
    expect(site.authority.ledger.entry(user.ledgerId)?.state).toBe('revoked')
    expect(site.service.details(user.ledgerId).revocations).toHaveLength(1)
  }
  const later = await site.connectAs(await of('z'))
  await later.flush()
  await elsewhere.flush()
})
