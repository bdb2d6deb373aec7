import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { FaultRun } from '../../support/fault/fault-run.ts'
import type { FaultWorld } from '../../support/fault/fault-world.ts'
import { logIn } from '../../support/log-in.ts'
import { openCredentials } from './support/fault-service.ts'
import { seen } from './support/site.ts'
import { NEVER } from '#shared/never.ts'

const SCENARIO = join(import.meta.dirname, 'support/revoke-scenario.ts')
const DAY_MS = 24 * 60 * 60 * 1000
/** look, push and prove, each before and after its work; the count is checked against what passed. */
const BOUNDARIES = 6
const PATIENCE_MS = 60_000

let run: FaultRun
beforeAll(async () => {
  run = await FaultRun.begin()
  const { authority } = await run.open()
  await authority.createTenant('acme', { isolation: 'account' })
}, PATIENCE_MS)
afterAll(() => run.end())

async function issue(name: string): Promise<IssuedUser> {
  const { authority } = await run.open()
  return authority.issueUser({
    account: { tenant: 'acme' },
    role: 'device',
    name,
    deviceId: name,
    ttlMs: DAY_MS,
    delivery: 'commissioning',
  })
}

async function mayConnect({ publisher }: FaultWorld, user: IssuedUser): Promise<boolean> {
  try {
    const connection = await logIn(publisher.connection?.getServer() ?? '', user)
    await connection.close()
    return true
  } catch {
    return false
  }
}

/** Starts the app again after the crash: what was begun is carried out, and ledger and server agree. */
async function expectCarriedOut(user: IssuedUser, other: IssuedUser): Promise<void> {
  const world = await run.open()
  const service = openCredentials(world)
  try {
    const [begun] = service.details(user.ledgerId).revocations
    if (begun === undefined) throw new Error('the revocation was forgotten')
    // Before it is taken up nothing may be said that is not so.
    if (service.details(user.ledgerId).credential.state === 'revoked') {
      expect(await mayConnect(world, user)).toBe(false)
    } else expect(service.details(user.ledgerId).credential.state).toBe('revoking')
    await world.authority.procedures.takeUp('mesh', NEVER)
    service.resume()
    const revocation = await seen(service, begun.id, ({ state }) => state === 'done')
    expect(revocation.revokedAt).not.toBeNull()
    expect(service.details(user.ledgerId).credential.state).toBe('revoked')
    expect(await mayConnect(world, user)).toBe(false)
    expect(await mayConnect(world, other)).toBe(true)
    expect(revocation.evidence.connectedAfter).toBe(0)
    expect(world.authority.procedures.unfinished()).toEqual([])
  } finally {
    await service.close()
  }
}

test(
  'killed at any boundary, a revocation is carried out at the next start',
  async () => {
    const other = await issue('other')
    // All at once: each time the profile is opened its server is started anew.
    const users = await Promise.all(
      Array.from({ length: BOUNDARIES }, (_, index) => issue(`stolen-${index + 1}`)),
    )
    for (const [index, user] of users.entries()) {
      const killAt = index + 1
      expect(await run.until(killAt, SCENARIO, `${user.ledgerId} none`)).toBeUndefined()
      await expectCarriedOut(user, other)
    }
    const last = await issue('finished')
    const passed = await run.until(Infinity, SCENARIO, `${last.ledgerId} none`)
    expect(passed?.map(({ step, point }) => `${step} ${point}`)).toEqual([
      'look begun',
      'look acted',
      'push begun',
      'push acted',
      'prove begun',
      'prove acted',
    ])
  },
  PATIENCE_MS,
)

test.each(['noted', 'pushed'])(
  'killed once it was %s and nothing more, it is carried out too',
  async (end) => {
    const other = await issue(`other-${end}`)
    const user = await issue(`stolen-${end}`)
    expect(await run.until(Infinity, SCENARIO, `${user.ledgerId} ${end}`)).toBeUndefined()
    await expectCarriedOut(user, other)
  },
  PATIENCE_MS,
)
