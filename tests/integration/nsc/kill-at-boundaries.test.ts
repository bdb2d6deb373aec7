import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { AuthorityStore } from '../../../src/main/authority/authority-store.ts'
import { FaultRun } from '../../support/fault/fault-run.ts'
import { MadeStore } from '../../support/nsc-made-store.ts'
import { testedNscService } from '../../support/nsc-service.ts'
import type { ImportOrder } from './support/import-store.ts'
import { NEVER } from '#shared/never.ts'

const SCENARIO = join(import.meta.dirname, 'support', 'import-store.ts')
const NO_KILL = { call: 'delete', times: 0 } as const
const TIMEOUT_MS = 400_000

let run: FaultRun
let store: MadeStore
/** Private keys of the store, by public key. */
let seeds: Map<string, string>

beforeAll(async () => {
  run = await FaultRun.begin({ bare: true })
})
afterAll(() => run.end())

beforeEach(plant)
afterEach(() => store.remove())

/** A store with a tenant; anew, since an import takes the keys out of it. */
async function plant(): Promise<void> {
  store = await MadeStore.create()
  const operator = await store.operator('acme')
  const account = await operator.account('north')
  await account.device('north', 'pump-1')
  const keys = [operator.key, operator.signing, operator.system, account.key]
  seeds = new Map(keys.map(({ publicKey, seed }) => [publicKey, seed]))
}

const importing = (dieAfter: ImportOrder['dieAfter']) =>
  JSON.stringify({ folder: store.folder, dieAfter } satisfies ImportOrder)

/** Those of operator and accounts; a user's stays with the user. */
async function keyFiles(): Promise<string[]> {
  const files = await readdir(store.path('keys'), { recursive: true })
  return files.filter((name) => /[OA][A-Z2-7]{55}\.nk$/u.test(name))
}

/** The next start of the app: everything is there and in one place only, or nothing was begun. */
async function restart(): Promise<'imported' | 'nothing'> {
  const world = await run.open()
  const nsc = testedNscService({ ...world, home: store.folder })
  const outcomes = await world.authority.procedures.takeUp('keychain', NEVER)
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(outcomes.map(() => 'done'))
  expect(world.authority.procedures.unfinished()).toEqual([])
  await nsc.close()
  if (world.authority.operator() === undefined) {
    expect(await world.keychain.accounts()).toEqual([])
    return 'nothing'
  }
  for (const [publicKey, seed] of seeds) expect(await world.keychain.get(publicKey)).toBe(seed)
  const accounts = new AuthorityStore(world.database).accounts()
  expect(accounts.map(({ kind }) => kind).toSorted()).toEqual(['registry', 'system', 'tenant'])
  expect(world.authority.tenants().map(({ name }) => name)).toEqual(['north'])
  expect(await keyFiles()).toEqual([])
  return 'imported'
}

test(
  'an import that is killed at any boundary of its steps is carried through, its key files removed',
  { timeout: TIMEOUT_MS },
  async () => {
    const passed = await run.until(Infinity, SCENARIO, importing(NO_KILL))
    expect(passed!.length).toBeGreaterThan(12)
    expect(await restart()).toBe('imported')
    for (const [index] of passed!.entries()) {
      await run.fresh()
      await store.remove()
      await plant()
      expect(await run.until(index + 1, SCENARIO, importing(NO_KILL))).toBeUndefined()
      expect(await restart()).toBe('imported')
    }
  },
)

test.each([
  { call: 'overwrite', times: 1 },
  { call: 'delete', times: 1 },
  { call: 'overwrite', times: 3 },
  { call: 'delete', times: 3 },
] as const)(
  'key files are removed to the last one after a kill in the middle of it: $call number $times',
  async (dieAfter) => {
    await run.fresh()
    expect(await run.until(Infinity, SCENARIO, importing(dieAfter))).toBeUndefined()
    const left = await keyFiles()
    expect(left.length).toBeGreaterThan(0)
    expect(await restart()).toBe('imported')
  },
)

test('what stands in a key’s file meanwhile is not deleted with it', async () => {
  await run.fresh()
  expect(
    await run.until(Infinity, SCENARIO, importing({ call: 'overwrite', times: 1 })),
  ).toBeUndefined()
  const [, second = ''] = await keyFiles()
  await rm(store.path('keys', second))
  await store.write(join('keys', second), 'not a key, and somebody’s all the same')
  const world = await run.open()
  const nsc = testedNscService({ ...world, home: store.folder })
  await world.authority.procedures.takeUp('keychain', NEVER)
  await nsc.close()
  expect(await keyFiles()).toEqual([second])
})
