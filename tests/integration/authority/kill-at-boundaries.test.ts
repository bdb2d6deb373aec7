import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProcedureBoundary } from '../../../src/main/steps/procedure.ts'
import { FaultRun } from '../../support/fault/fault-run.ts'
import { expectAgreement, expectLogin } from './support/agreement.ts'

/** Some forty processes have to start, on a machine that may be busy. */
const TIMEOUT_MS = 400_000
const signal = AbortSignal.timeout(2 * TIMEOUT_MS)
const scenario = (name: string) => join(import.meta.dirname, 'support', `${name}.ts`)
let run: FaultRun

beforeAll(async () => {
  run = await FaultRun.begin()
  const { authority } = await run.open()
  await authority.createTenant('standing', { isolation: 'account' }, signal)
})

afterAll(() => run.end())

/** Names of unfinished procedures after a kill, and what is done about them: all of it by the journal. */
async function restart(how: 'resume' | 'roll back'): Promise<'done' | 'rolled back'> {
  const { authority } = await run.open()
  const [left] = authority.procedures.unfinished()
  expect(left).toBeDefined()
  const back = how === 'roll back' && left?.canRollBack === true
  if (back) await authority.procedures.rollBack(left.id, signal)
  else {
    const outcomes = await authority.procedures.takeUp('mesh', signal)
    expect(outcomes).toMatchObject([{ outcome: 'done' }])
  }
  return back ? 'rolled back' : 'done'
}

function stepsOf(boundaries: readonly ProcedureBoundary[] | undefined): string[] {
  return [...new Set(boundaries?.map(({ step }) => step))]
}

test(
  'provisioning a tenant survives a kill at every boundary of its steps',
  async () => {
    const boundaries = await run.until(Infinity, scenario('provision'), 'whole')
    expect(stepsOf(boundaries)).toHaveLength(3)
    for (const [index] of boundaries!.entries()) {
      const name = `killed-${index}`
      expect(await run.until(index + 1, scenario('provision'), name)).toBeUndefined()
      const outcome = await restart(index % 2 === 0 ? 'resume' : 'roll back')
      const world = await run.open()
      await expectAgreement(world)
      const tenant = world.authority.tenants().find((each) => each.name === name)
      expect(tenant?.state).toBe(outcome === 'done' ? 'ready' : undefined)
      if (outcome === 'done') await expectLogin(world, name)
    }
  },
  TIMEOUT_MS,
)

test.each([
  { what: 'an account', name: 'rotate-account', steps: 4, keys: signingKeys },
  { what: 'the operator', name: 'rotate-operator', steps: 7, keys: operatorKeys },
])(
  'rotating the signing key of $what survives a kill at every boundary of its steps',
  async ({ name, steps, keys }) => {
    const boundaries = await run.until(Infinity, scenario(name), 'standing')
    expect(stepsOf(boundaries)).toHaveLength(steps)
    for (const [index] of boundaries!.entries()) {
      const before = await keys()
      await run.until(index + 1, scenario(name), 'standing')
      const outcome = await restart(index % 2 === 0 ? 'roll back' : 'resume')
      const world = await run.open()
      await expectAgreement(world)
      await expectLogin(world, 'standing')
      const after = await keys()
      expect(after).toHaveLength(1)
      expect(after[0] === before[0]).toBe(outcome === 'rolled back')
    }
  },
  TIMEOUT_MS,
)

test(
  'making lost keys anew survives a kill at every boundary of its steps, and makes each once',
  async () => {
    const name = 'lost'
    const { authority } = await run.open()
    const { account } = await authority.createTenant(name, { isolation: 'account' }, signal)
    await authority.keys.addRoleKey({ account, role: 'device', tenant: name }, signal)
    const boundaries = await run.until(Infinity, scenario('regain-keys'), name)
    expect(stepsOf(boundaries)).toHaveLength(2)
    for (const [index] of boundaries!.entries()) {
      const before = await listedKeys(account)
      await run.until(index + 1, scenario('regain-keys'), name)
      expect(await restart('resume')).toBe('done')
      const world = await run.open()
      await expectLogin(world, name)
      await expectLogin(world, name, 'device')
      expect(world.authority.procedures.unfinished()).toEqual([])
      // The lost ones stay, so that what they signed stays good.
      const after = await listedKeys(account)
      expect(after).toHaveLength(before.length + 2)
      expect(after).toEqual(expect.arrayContaining(before))
    }
  },
  TIMEOUT_MS,
)

async function listedKeys(account: string): Promise<string[]> {
  const { authority } = await run.open()
  return (await authority.keys.signingKeysOf(account)).map(({ publicKey }) => publicKey)
}

async function signingKeys(): Promise<string[]> {
  const { authority } = await run.open()
  const account = authority.tenants().find(({ name }) => name === 'standing')?.account ?? ''
  return (await authority.keys.signingKeysOf(account)).map(({ publicKey }) => publicKey)
}

async function operatorKeys(): Promise<string[]> {
  const { authority } = await run.open()
  return (await authority.keys.operatorKeys()).map(({ publicKey }) => publicKey)
}
