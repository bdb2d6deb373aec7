import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { KeysService } from '../../../src/main/keys/keys-service.ts'
import { ServerView } from '../../../src/main/credentials/server-view.ts'
import { KeysOverview } from '#shared/contract/keys.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let deployment: Deployment
let service: KeysService

beforeAll(async () => {
  deployment = await startDeployment()
  const view = new ServerView({
    system: { connected: () => Promise.resolve(deployment.publisher.connection!) },
  })
  service = new KeysService({
    authority: deployment.authority,
    connected: async (account, wanted, until) =>
      (await view.connections(account, wanted, until, false)).connections.map(
        ({ publicKey, address }) => ({ userKey: publicKey, address }),
      ),
  })
})

afterAll(async () => {
  service.close()
  await deployment.close()
})

async function tenant(name: string): Promise<{ account: string; signingKey: string }> {
  const { account } = await deployment.authority.createTenant(name, { isolation: 'account' }, NEVER)
  return { account, signingKey: await signingKeyOf(account) }
}

async function signingKeyOf(account: string): Promise<string> {
  const keys = await deployment.authority.keys.signingKeysOf(account)
  return keys.find(({ role, inUse }) => role === null && inUse)?.publicKey ?? ''
}

function issueIn(name: string, publicKey?: string) {
  return deployment.authority.issueUser({
    account: { tenant: name },
    role: 'device',
    name: 'robot',
    deviceId: 'robot',
    ttlMs: DAY_MS,
    delivery: 'file',
    ...(publicKey === undefined ? {} : { publicKey }),
  })
}

function viewerIn(name: string) {
  return deployment.authority.issueUser({
    account: { tenant: name },
    role: 'viewer',
    name: 'visitor',
    ttlMs: DAY_MS,
    delivery: 'file',
  })
}

test('a rotation cuts nobody who has a credential by the new key, and the old one only at its end', async () => {
  const { authority, keychain } = deployment
  const { account, signingKey } = await tenant('gentle')
  const key = createNkey('user')
  const old = await deployment.connectAs({ ...(await issueIn('gentle', key.publicKey)), ...key })
  expect(await service.keyImpact(account, signingKey)).toMatchObject({
    credentials: 1,
    redeliveryCount: 1,
    connected: [{ name: 'robot', tenant: 'gentle' }],
  })
  await service.rotate({ account, signingKey, cut: false })
  const next = await signingKeyOf(account)
  expect(next).not.toBe(signingKey)
  await old.flush()
  const [waiting] = authority.procedures.unfinished()
  expect(waiting?.waitsFor).toContain('One credential')
  expect(await authority.procedures.takeUp('mesh', NEVER)).toEqual([])
  const renewed = await deployment.connectAs({
    ...(await issueIn('gentle', key.publicKey)),
    ...key,
  })
  await expect(authority.procedures.rollBack(waiting?.id ?? '', NEVER)).rejects.toMatchObject({
    code: 'KEY_IN_USE',
  })
  const cut = old.closed()
  await service.resume(waiting?.id ?? '')
  await cut
  await renewed.flush()
  expect(renewed.isClosed()).toBe(false)
  expect(keychain.entries.has(signingKey)).toBe(false)
  expect(keychain.entries.has(next)).toBe(true)
})

test('a rotation that nobody has used yet can be rolled back, and leaves no key behind', async () => {
  const { authority, keychain, publisher } = deployment
  const { account, signingKey } = await tenant('back')
  await issueIn('back')
  const keys = keychain.entries.size
  await service.rotate({ account, signingKey, cut: false })
  const [waiting] = authority.procedures.unfinished()
  await service.rollBack(waiting?.id ?? '')
  expect(await signingKeyOf(account)).toBe(signingKey)
  expect(keychain.entries.size).toBe(keys)
  const bootstrap = await authority.bootstrap()
  expect(await publisher.lookUp(account)).toBe(
    bootstrap.accounts.find(({ publicKey }) => publicKey === account)?.jwt,
  )
  await (await deployment.device('back', 'robot-2')).flush()
})

test('a stolen key is cut off at once, and its users get in again with new credentials only', async () => {
  const { account, signingKey } = await tenant('stolen')
  const key = createNkey('user')
  const thief = await issueIn('stolen', key.publicKey)
  const connection = await deployment.connectAs({ ...thief, ...key })
  const cut = connection.closed()
  await service.rotate({ account, signingKey, cut: true })
  await cut
  await expect(deployment.connectAs({ ...thief, ...key })).rejects.toThrow(/authorization/iu)
  const renewed = await issueIn('stolen', key.publicKey)
  expect(renewed.ledgerId).not.toBe(thief.ledgerId)
  await (await deployment.connectAs({ ...renewed, ...key })).flush()
  expect(deployment.authority.ledger.entry(thief.ledgerId)).toMatchObject({
    state: 'revoked',
    reason: 'The key that signed it was rotated away.',
  })
})

test('the only plain signing key of an account is not removed, a key for a role is', async () => {
  const { authority } = deployment
  const { account, signingKey } = await tenant('last')
  await expect(service.remove({ account, signingKey, cut: true })).rejects.toMatchObject({
    code: 'LAST_SIGNING_KEY',
  })
  await service.addRole({ account, role: 'viewer', tenant: 'last' })
  const key = authority.keys.scopedKeys().find((each) => each.account === account)
  await service.remove({ account, signingKey: key?.publicKey ?? '', cut: true })
  expect(authority.keys.scopedKeys().filter((each) => each.account === account)).toEqual([])
  expect(await authority.keys.signingKeysOf(account)).toHaveLength(1)
})

test('signing keys that were lost are made anew from the identities, and what they signed stays good', async () => {
  const { authority, keychain } = deployment
  const { account, signingKey } = await tenant('restored')
  await authority.keys.addRoleKey({ account, role: 'viewer', tenant: 'restored' }, NEVER)
  const before = await issueIn('restored')
  const looked = await viewerIn('restored')
  const [scoped] = authority.keys.scopedKeys().filter((key) => key.account === account)
  const seed = keychain.entries.get(signingKey) ?? ''
  keychain.entries.delete(signingKey)
  keychain.entries.delete(scoped?.publicKey ?? '')
  const made = await authority.keys.regainLostKeys(NEVER)
  expect(made.map(({ name, role }) => [name, role])).toEqual([
    ['restored', null],
    ['restored', 'viewer'],
  ])
  expect(await authority.keys.regainLostKeys(NEVER)).toEqual([])
  expect(await signingKeyOf(account)).not.toBe(signingKey)
  const [successor] = authority.keys.scopedKeys().filter((key) => key.account === account)
  for (const user of [looked, await viewerIn('restored')]) {
    await (await deployment.connectAs(user)).flush()
  }
  expect(successor?.publicKey).not.toBe(scoped?.publicKey)
  expect(authority.ledger.countSignedBy(successor?.publicKey ?? '')).toBe(1)
  await (await deployment.connectAs(before)).flush()
  await (await deployment.device('restored', 'robot-2')).flush()
  keychain.entries.set(signingKey, seed)
})

test('the window is told every holder by public keys, in the shape of the contract', async () => {
  const overview = KeysOverview.parse(await service.overview())
  expect(overview.holders.slice(0, 3).map(({ kind }) => kind)).toEqual([
    'operator',
    'system',
    'registry',
  ])
  expect(JSON.stringify(overview)).not.toMatch(/S[OAU][A-Z2-7]{56}/u)
  const seen: number[] = []
  service.subscribe(({ unfinished }) => void seen.push(unfinished.length))()
  expect(seen).toEqual([0])
})
