import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newAccountClaims } from '../../../src/main/authority/account-claims.ts'
import { signAccount } from '../../../src/main/authority/account-changes.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import { guardDatabase, guardKeychain } from '../../support/guarded-profile.ts'
import { Tripped, Tripwire } from '../../support/tripwire.ts'
import { Authority } from '../../../src/main/authority/authority.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { noAudit } from '../../support/no-audit.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let deployment: Deployment

beforeAll(async () => {
  deployment = await startDeployment({ config: 'max_payload: 128KB' })
  await deployment.authority.createTenant('first', { isolation: 'account' }, NEVER)
})

beforeEach(() => {
  deployment.publisher.around = (request) => request()
})

afterAll(() => deployment.close())

/** What the server holds for every recorded account, and which accounts it holds. */
async function serverState(): Promise<Map<string, string>> {
  const { publisher } = deployment
  const keys = await publisher.list()
  const jwts = await Promise.all(keys.map((key) => publisher.lookUp(key)))
  return new Map(keys.map((key, index) => [key, jwts[index] ?? '']))
}

async function recordedState(): Promise<Map<string, string>> {
  const { systemAccount, accounts } = await deployment.authority.bootstrap()
  return new Map([systemAccount, ...accounts].map(({ publicKey, jwt }) => [publicKey, jwt]))
}

/** Makes the n-th request from now fail, before it is sent or after it was answered. */
function failRequest(failing: number, when: 'before' | 'after'): void {
  let count = 0
  deployment.publisher.around = async (request) => {
    count += 1
    if (count === failing && when === 'before') throw new Tripped('before')
    const answer = await request()
    if (count === failing) throw new Tripped('after')
    return answer
  }
}

test.each([
  [1, 'before'],
  [1, 'after'],
  [2, 'after'],
  [3, 'before'],
  [3, 'after'],
  [4, 'after'],
] as const)(
  'a tenant whose push fails at request %i (%s) leaves the server as it was',
  async (failing, when) => {
    const { authority } = deployment
    const before = await serverState()
    const name = `broken-${failing}-${when}`
    failRequest(failing, when)
    await expect(
      authority.createTenant(name, { isolation: 'account' }, NEVER),
    ).rejects.toMatchObject({ code: 'PUSH_FAILED', kind: 'transient', details: { restored: true } })
    deployment.publisher.around = (request) => request()
    expect(await serverState()).toEqual(before)
    expect(await recordedState()).toEqual(before)
    const tenant = authority.tenants().find((each) => each.name === name)
    expect(tenant).toMatchObject({ state: 'error', problem: { code: 'PUSH_FAILED' } })
    await expect(
      authority.issueUser({
        account: { tenant: name },
        role: 'console',
        name: 'x',
        ttlMs: DAY_MS,
        delivery: 'file',
      }),
    ).rejects.toMatchObject({ code: 'TENANT_NOT_READY' })
    const retried = await authority.createTenant(name, { isolation: 'account' }, NEVER)
    expect(retried).toMatchObject({ state: 'ready', problem: null, account: tenant?.account })
    expect(await serverState()).toEqual(await recordedState())
    const device = await deployment.device(name, 'robot')
    await device.flush()
  },
)

test('a revocation whose push fails leaves the user connected and the ledger as it was', async () => {
  const { authority } = deployment
  const user = await authority.issueUser({
    account: { tenant: 'first' },
    role: 'device',
    name: 'robot',
    ttlMs: DAY_MS,
    delivery: 'file',
  })
  const before = await serverState()
  failRequest(2, 'after')
  await expect(authority.revoke({ ledgerId: user.ledgerId }, 'x', NEVER)).rejects.toMatchObject({
    code: 'PUSH_FAILED',
  })
  expect(await serverState()).toEqual(before)
  expect(authority.ledger.entry(user.ledgerId)?.state).toBe('active')
  const connection = await deployment.connectAs(user)
  await connection.flush()
})

test('says so where it could not be seen whether the server kept the change', async () => {
  const { authority } = deployment
  const before = await serverState()
  let count = 0
  deployment.publisher.around = async (request) => {
    count += 1
    if (count > 1) throw new Tripped('gone')
    return request()
  }
  await expect(
    authority.createTenant('gone', { isolation: 'account' }, NEVER),
  ).rejects.toMatchObject({ code: 'PUSH_FAILED', details: { restored: false } })
  deployment.publisher.around = (request) => request()
  expect(await recordedState()).toEqual(before)
  await authority.createTenant('gone', { isolation: 'account' }, NEVER)
  expect(await serverState()).toEqual(await recordedState())
})

test('an account JWT that the operator did not sign is refused before it is sent', async () => {
  const { authority, database, publisher } = deployment
  const { accounts } = await authority.bootstrap()
  const tenant = accounts.find(({ name }) => name === 'first')!
  const stranger = createNkey('operator')
  const forged = signAccount(
    tenant,
    newAccountClaims(createNkey('account').publicKey),
    signerOf(stranger.seed),
    new Date(),
  )
  expect(() => authority.verifyIssuer(forged)).toThrow(
    expect.objectContaining({ code: 'ACCOUNT_FOREIGN_ISSUER' }),
  )
  const setJwt = database.prepare('UPDATE authority_accounts SET jwt = ? WHERE public_key = ?')
  setJwt.run(forged.jwt, tenant.publicKey)
  await expect(authority.bootstrap()).rejects.toMatchObject({ code: 'ACCOUNT_FOREIGN_ISSUER' })
  setJwt.run(tenant.jwt, tenant.publicKey)
  expect(await publisher.lookUp(tenant.publicKey)).toBe(tenant.jwt)
})

test('a revocation list that would not fit a message is refused before it is sent', async () => {
  const { authority } = deployment
  await authority.createTenant('full', { isolation: 'account' }, NEVER)
  const users = await authority.issueUsers(
    Array.from({ length: 1600 }, (_, index) => ({
      account: { tenant: 'full' },
      role: 'device' as const,
      name: `robot-${index}`,
      ttlMs: DAY_MS,
      pendingUntil: new Date(Date.now() - 1_000),
      delivery: 'bundle' as const,
    })),
  )
  const before = await serverState()
  await expect(authority.sweepPending(NEVER)).rejects.toMatchObject({
    code: 'ACCOUNT_TOO_LARGE',
    kind: 'rejected',
  })
  expect(await serverState()).toEqual(before)
  expect(authority.ledger.entry(users[0]!.ledgerId)?.state).toBe('pending')
})

test.each(['crash', 'fault'] as const)(
  'creating a tenant converges after a %s at any point',
  async (mode) => {
    const points = await createUntil(`${mode}-all`, new Tripwire(Infinity, mode))
    expect(points).toBeGreaterThan(30)
    // Every other point each, so that all of them have their turn in reasonable time.
    const first = mode === 'crash' ? 1 : 2
    const last = points - ((points - first) % 2)
    for (let point = first; point <= last; point += 2) {
      const name = `${mode}-${point}`
      await createUntil(name, new Tripwire(point, mode))
      const tenant = await deployment.authority.createTenant(name, { isolation: 'account' }, NEVER)
      expect(tenant.state).toBe('ready')
    }
    const keys = deployment.database.prepare('SELECT public_key FROM authority_keys').all()
    for (const { public_key } of keys) {
      expect(deployment.keychain.entries.has(String(public_key))).toBe(true)
    }
    expect(await serverState()).toEqual(await recordedState())
    for (const point of [first, first + 10, last]) {
      const device = await deployment.device(`${mode}-${point}`, 'robot')
      await device.flush()
    }
  },
)

/** Creates a tenant with that tripwire, as a process of its own; returns the points passed. */
async function createUntil(name: string, wire: Tripwire): Promise<number> {
  const { database, keychain, publisher } = deployment
  publisher.around = (request) => wire.async(request)
  const authority = new Authority({
    audit: noAudit,
    database: guardDatabase(database, wire),
    keychain: guardKeychain(keychain, wire),
    publisher,
    log: silentLogger(),
  })
  await authority.createTenant(name, { isolation: 'account' }, NEVER).catch(() => undefined)
  publisher.around = (request) => request()
  // The process is gone, and SQLite takes back what it had not committed.
  if (database.isTransaction) database.exec('ROLLBACK')
  return wire.passed
}
