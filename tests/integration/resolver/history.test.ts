import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { NEVER } from '#shared/never.ts'
import {
  accountOf,
  issueDevice,
  limitConnections,
  manage,
  resolverOf,
  type ManagedSite,
} from './support/managed-site.ts'

let profile: TestProfile
let app: TestApp
let site: ManagedSite

beforeAll(async () => {
  profile = await TestProfile.create()
  app = profile.open()
  site = await manage(app)
})
afterAll(async () => {
  await profile.close()
  await site.server.stop()
})

const held = async () =>
  app.publisher.ownClaims(
    (await app.link.lookUpClaims(accountOf(app), NEVER)) ?? '',
    accountOf(app),
  )?.nats

test('every confirmed version is kept and told in words, none as a JWT', async () => {
  const account = accountOf(app)
  const resolver = resolverOf(app)
  await limitConnections(app, 'north', 5)
  const user = await issueDevice(app, 'pump-1')
  await app.authority.revoke({ publicKey: user.publicKey }, 'stolen', NEVER)
  const versions = resolver.versions(account)
  expect(versions.map(({ summary, current }) => [summary, current])).toEqual([
    ['1 revocation added', true],
    ['connections changed', false],
    ['First version that is kept', false],
  ])
  expect(resolver.diff(account, null, versions[0]!.id)).toMatchObject([
    { area: 'revocations', change: 'added', subject: 'pump-1', key: user.publicKey },
  ])
  expect(resolver.diff(account, versions[2]!.id, versions[0]!.id)).toHaveLength(2)
  expect(JSON.stringify(versions)).not.toContain('eyJ')
})

test('going back brings the limits and lets nobody in again', async () => {
  const account = accountOf(app)
  const resolver = resolverOf(app)
  const first = resolver.versions(account).at(-1)!
  const plan = resolver.planRollback(account, first.id)
  expect(plan).toMatchObject({
    differences: [{ area: 'limits', subject: 'connections', before: '5', after: 'no limit' }],
    kept: [{ area: 'revocations', subject: 'pump-1' }],
  })
  const before = await held()
  const versions = await resolver.rollBack(account, first.id, NEVER)
  expect(versions[0]).toMatchObject({ current: true, summary: 'connections changed' })
  const after = await held()
  expect(after?.['limits']).toMatchObject({ conn: -1 })
  expect(after?.['revocations']).toEqual(before?.['revocations'])
  expect(Object.keys((after?.['revocations'] as object) ?? {})).toHaveLength(1)
  await app.mesh.confirmTenant('north', NEVER)
})

test('a change that fails leaves no trace in the history', async () => {
  const account = accountOf(app)
  const before = resolverOf(app).versions(account)
  await expect(
    app.authority.tenantAccounts.edit(
      'too much',
      (book) =>
        new Map([
          [
            account,
            {
              ...book.claimsOf(account)!,
              revocations: Object.fromEntries(
                Array.from({ length: 16_000 }, (_, index) => [`U${'A'.repeat(50)}${index}`, 1]),
              ),
            },
          ],
        ]),
      NEVER,
    ),
  ).rejects.toMatchObject({ code: 'ACCOUNT_TOO_LARGE' })
  expect(resolverOf(app).versions(account)).toEqual(before)
})

test('accounts that hold the deployment together, and versions that are none, are refused', () => {
  const resolver = resolverOf(app)
  const registry = app.authority.operator()?.registryAccount ?? ''
  const [version] = resolver.versions(registry)
  expect(() => resolver.planRollback(registry, version!.id)).toThrow(
    expect.objectContaining({ code: 'ROLLBACK_NOT_OF_THIS' }),
  )
  expect(() => resolver.diff(accountOf(app), null, version!.id)).toThrow(
    expect.objectContaining({ code: 'VERSION_UNKNOWN' }),
  )
})
