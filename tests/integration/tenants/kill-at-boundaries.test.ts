import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { FaultRun } from '../../support/fault/fault-run.ts'
import type { FaultWorld } from '../../support/fault/fault-world.ts'
import { logIn } from '../../support/log-in.ts'
import { whenStill } from './support/run-batch.ts'
import { tenancyOn } from './support/tenancy.ts'
import { NEVER } from '#shared/never.ts'

const SCENARIO = join(import.meta.dirname, 'support', 'run-batch.ts')
const CLEARING = join(import.meta.dirname, 'support', 'clear-tenant.ts')
let faults: FaultRun
let folder: string

beforeAll(async () => {
  faults = await FaultRun.begin()
  folder = await mkdtemp(join(tmpdir(), 'muster-batch-'))
})

afterAll(async () => {
  await faults.end()
  await rm(folder, { recursive: true, force: true })
})

async function requireAgreement(world: FaultWorld, tenant: string): Promise<void> {
  const { authority, keychain, publisher } = world
  const { accounts } = authority.tenantAccounts.book()
  const own = accounts.filter(({ name }) => name === tenant)
  expect(own).toHaveLength(1)
  expect(await publisher.lookUp(own[0]?.publicKey ?? '')).toBe(own[0]?.jwt)
  const keys = authority.tenantAccounts.keysOf(tenant)
  expect(keys).toHaveLength(2)
  for (const key of keys) expect(await keychain.get(key)).toBeDefined()
  const open = authority.ledger.entriesOfTenant(tenant).filter(({ state }) => state === 'active')
  expect(open).toHaveLength(1)
  const path = join(folder, tenant, 'credentials', 'device-1.creds.json')
  const { nats } = JSON.parse(await readFile(path, 'utf8')) as CredentialFile
  const device = await logIn(nats.urls[0] ?? '', { jwt: nats.jwt, seed: nats.nkey_seed })
  await device.close()
}

test('a batch killed at any boundary is resumed: one account, its keys, one working file', async () => {
  for (let at = 1; ; at += 1) {
    const tenant = `tenant-${at}`
    const argument = JSON.stringify({ list: tenant, folder })
    const passed = await faults.until(at, SCENARIO, argument)
    const world = await faults.open()
    if (passed !== undefined) {
      expect(passed.length).toBe(at - 1)
      await requireAgreement(world, tenant)
      return
    }
    const tenancy = tenancyOn(world)
    await world.authority.procedures.takeUp('mesh', NEVER)
    const { id, state } = await whenStill(tenancy.batches)
    expect(state).toBe('interrupted')
    tenancy.batches.resume(id)
    expect(await whenStill(tenancy.batches)).toMatchObject({ state: 'done' })
    await requireAgreement(world, tenant)
    await tenancy.close()
  }
})

test('a tenant whose clearing is killed at any boundary is gone after the next start, its keys last', async () => {
  for (let at = 1; ; at += 1) {
    const name = `doomed-${at}`
    const { authority } = await faults.open()
    await authority.createTenant(name, { isolation: 'account' }, NEVER)
    const { accounts } = authority.tenantAccounts.book()
    const account = accounts.find((each) => each.name === name)?.publicKey ?? ''
    const keys = authority.tenantAccounts.keysOf(name)
    expect(keys).toHaveLength(2)
    const passed = await faults.until(at, CLEARING, name)
    const world = await faults.open()
    const tenancy = tenancyOn(world)
    // As long as a server knows the account, somebody may have to sign for it.
    if ((await world.publisher.list()).includes(account)) {
      for (const key of keys) expect(await world.keychain.get(key)).toBeDefined()
    }
    const taken = await world.authority.procedures.takeUp('mesh', NEVER)
    expect(taken).toEqual(
      passed === undefined ? [expect.objectContaining({ outcome: 'done' })] : [],
    )
    expect(world.authority.tenants().map((each) => each.name)).not.toContain(name)
    expect(await world.publisher.list()).not.toContain(account)
    for (const key of keys) expect(await world.keychain.get(key)).toBeUndefined()
    await tenancy.close()
    if (passed !== undefined) return
  }
})
