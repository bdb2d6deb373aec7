import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { TestProfile, type TestApp } from '../mesh/support/test-app.ts'
import { NEVER } from '#shared/never.ts'
import {
  accountOf,
  issueDevice,
  limitConnections,
  manage,
  ready,
  resolverOf,
  standingOf,
  twin,
  type ManagedSite,
} from './support/managed-site.ts'

let here: TestProfile
let there: TestProfile
let one: TestApp
let other: TestApp
let site: ManagedSite

beforeEach(async () => {
  here = await TestProfile.create()
  one = here.open()
  site = await manage(one)
  there = await twin(one, here.secrets)
  other = there.open()
  await other.mesh.startActive()
  await ready(other)
})
afterEach(async () => {
  await here.close()
  await there.close()
  await site.server.stop()
})

const held = (app: TestApp) => app.link.lookUpClaims(accountOf(app), NEVER)

test('a change that another Muster made is not overwritten: nothing sent, nothing recorded', async () => {
  await limitConnections(other, 'north', 5)
  const theirs = await held(one)
  const recorded = one.database.prepare('SELECT jwt FROM authority_accounts').all()
  await expect(limitConnections(one, 'north', 9)).rejects.toMatchObject({
    kind: 'conflict',
    code: 'ACCOUNT_CHANGED_ELSEWHERE',
    message: expect.stringContaining('connections changed') as string,
  })
  expect(await held(one)).toBe(theirs)
  expect(one.database.prepare('SELECT jwt FROM authority_accounts').all()).toEqual(recorded)
})

test('the other one’s version is shown and taken over, revocations too', async () => {
  const user = await issueDevice(one, 'pump-1')
  await other.close()
  // The other one works from a backup that knows this credential.
  const latest = await twin(one, here.secrets)
  const later = latest.open()
  try {
    await later.mesh.startActive()
    await ready(later)
    await later.authority.revoke({ publicKey: user.publicKey }, 'stolen', NEVER)
    const resolver = resolverOf(one)
    const report = await resolver.look(NEVER)
    expect(report.accounts[0]).toMatchObject({
      name: 'north',
      standing: 'elsewhere',
      repairs: ['push', 'adopt'],
      differences: [{ area: 'revocations', change: 'added', subject: 'pump-1' }],
    })
    expect(standingOf(await resolver.repair(accountOf(one), 'adopt', NEVER), 'north')).toBe(
      'in-step',
    )
    expect(one.authority.ledger.entriesOfKey(user.publicKey)).toMatchObject([
      { state: 'revoked', reason: 'Revoked by another Muster.' },
    ])
    await limitConnections(one, 'north', 9)
  } finally {
    await latest.close()
  }
})

test('to put ours back over it lets nobody in again', async () => {
  const user = await issueDevice(other, 'pump-2')
  await other.authority.revoke({ publicKey: user.publicKey }, 'stolen', NEVER)
  await limitConnections(other, 'north', 5)
  const resolver = resolverOf(one)
  await resolver.repair(accountOf(one), 'push', NEVER)
  const report = await resolver.look(NEVER)
  expect(standingOf(report, 'north')).toBe('in-step')
  const claims = one.publisher.ownClaims((await held(one))!, accountOf(one))!
  expect(claims.nats).toMatchObject({
    limits: { conn: -1 },
    revocations: { [user.publicKey]: expect.any(Number) as number },
  })
})

test('a connect leaves the other one’s change alone, and says so', async () => {
  await one.close()
  await limitConnections(other, 'north', 5)
  const theirs = await held(other)
  const again = here.open()
  await again.mesh.startActive()
  await until('the notice', () =>
    again.notices.some(({ title }) => title === 'Accounts were changed elsewhere'),
  )
  expect(await held(again)).toBe(theirs)
})

test('a tenant that another Muster made is found and taken over', async () => {
  await other.tenants.create('south')
  const resolver = resolverOf(one)
  const report = await resolver.look(NEVER)
  const account = accountOf(other, 'south')
  expect(report.accounts.map(({ name, standing }) => [name, standing])).toEqual([
    ['REGISTRY', 'elsewhere'],
    ['south', 'unknown'],
    ['north', 'in-step'],
    ['SYS', 'in-step'],
  ])
  const registry = report.accounts[0]!.publicKey
  await resolver.repair(registry, 'adopt', NEVER)
  const after = await resolver.repair(account, 'adopt', NEVER)
  expect(new Set(after.accounts.map(({ standing }) => standing))).toEqual(new Set(['in-step']))
  expect(one.authority.tenants().find(({ name }) => name === 'south')).toMatchObject({
    account,
    state: 'ready',
  })
  await one.tenants.create('west')
})
