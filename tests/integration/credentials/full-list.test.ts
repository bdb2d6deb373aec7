import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeJwt } from '../../../src/main/authority/jwt.ts'
import { REVOCATION_ENTRIES_MAX } from '../../../src/main/authority/revocation-list.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { until } from '../../support/until.ts'
import { seen, startSite, type CredentialsSite } from './support/site.ts'
import { NEVER } from '#shared/never.ts'

const PATIENCE_MS = 60_000
let site: CredentialsSite

beforeAll(async () => {
  // Each revocation adds two: its key and the probe's.
  site = await startSite({ rotateFrom: 4 })
}, PATIENCE_MS)
afterAll(() => site.close())

async function listed(account: string): Promise<string[]> {
  const claims = decodeJwt(await site.publisher.lookUp(account)).nats
  return Object.keys(claims['revocations'] as object)
}

async function revokeNew(name: string): Promise<string> {
  const user = await site.issue(name)
  await site.revoke({ type: 'credentials', ids: [user.ledgerId] })
  return user.publicKey
}

test(
  'a list that fills up has its signing key rotated, and is emptied once the old key is gone',
  async () => {
    const account = site.authority.tenants()[0]?.account ?? ''
    const keeper = await site.device('acme', 'keeper')
    const first = await revokeNew('first')
    expect(site.authority.procedures.unfinished()).toEqual([])
    const second = await revokeNew('second')
    const { procedures } = site.authority
    const waiting = () => procedures.unfinished().find(({ running }) => !running)
    await until('the rotation to wait for renewals', () => waiting() !== undefined)
    expect(site.notices).toEqual(['The revocation list of acme fills up'])
    expect(await listed(account)).toEqual(expect.arrayContaining([first, second]))
    // Nobody was cut, and what is issued now is signed by the new key.
    await keeper.flush()
    const device = await site.device('acme', 'new')
    await procedures.resume(waiting()?.id ?? '', NEVER)
    await device.flush()
    const user = site.authority.ledger.entries().findLast(({ name }) => name === 'new')
    await site.authority.revoke({ ledgerId: user?.id ?? '' }, 'x')
    await device.closed()
    // Pruned where it is due: at once when the list is full, else within the hour.
    const full = Object.fromEntries(
      Array.from({ length: REVOCATION_ENTRIES_MAX - 2 }, () => [createNkey('user').publicKey, 1]),
    )
    const now = Math.floor(Date.now() / 1000)
    const keys = Object.fromEntries(Object.keys(full).map((key) => [key, now]))
    const order = { account, keys, upTo: null, reason: 'Many.' }
    await site.authority.carryOutRevocation(order, { record: () => undefined })
    const left = await listed(account)
    expect(left).not.toContain(first)
    expect(left).not.toContain(second)
    expect(left).toContain(user?.publicKey)
  },
  PATIENCE_MS,
)

test('a list that would not fit is refused before anything is sent', async () => {
  const account = site.authority.tenants()[0]?.account ?? ''
  const before = await site.publisher.lookUp(account)
  const user = await site.issue('one-more')
  const others = await Promise.all(['p', 'q', 'r'].map((name) => site.issue(name)))
  const ids = [user, ...others].map(({ ledgerId }) => ledgerId)
  const [begun] = site.service.revoke({ type: 'credentials', ids }, 'Stolen.')
  const failed = await seen(site.service, begun?.id ?? '', ({ state }) => state === 'failed')
  expect(failed.problem?.code).toBe('REVOCATION_LIST_FULL')
  expect(await site.publisher.lookUp(account)).toBe(before)
  expect(site.authority.ledger.entry(user.ledgerId)?.state).toBe('active')
  const connection = await site.connectAs(user)
  await connection.flush()
  // One entry instead of thousands, and the list is short again.
  const all = await site.revoke({
    type: 'account',
    tenant: 'acme',
    issuedUpTo: new Date().toISOString(),
  })
  expect(all.evidence.verdict).toBe('proven')
  await connection.closed()
  expect((await listed(account)).length).toBeLessThan(10)
})
