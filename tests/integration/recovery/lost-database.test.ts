import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VaultKeychain } from '../../../src/main/keychain/vault-keychain.ts'
import { CHEAP_SCRYPT } from '../../support/cheap-scrypt.ts'
import { Laptops, upload, whenConnected } from './support/laptops.ts'

const PASSPHRASE = 'four grey herons wade'
let laptops: Laptops

beforeEach(async () => {
  laptops = await Laptops.begin()
  // What a first run without a keychain makes, at the cost of a test.
  const path = join(laptops.folder, 'mine', 'keychain.vault')
  await mkdir(join(laptops.folder, 'mine'))
  await (await VaultKeychain.create({ path, cost: CHEAP_SCRYPT }, PASSPHRASE)).close()
})
afterEach(() => laptops.end())

const mine = () => laptops.open('mine', { passphrase: PASSPHRASE })

async function loseDatabase(): Promise<void> {
  const folder = join(laptops.folder, 'mine')
  for (const name of await readdir(folder)) {
    if (name.startsWith('muster.db')) await rm(join(folder, name))
  }
}

const newMesh = {
  dialect: 'device-connect',
  tenant: 'plant',
  reach: { kind: 'loopback' },
} as const

test('a database that is lost while the keys are not comes back from a backup alone', async () => {
  const before = await mine()
  await before.client.mesh.createLocal(newMesh)
  const operator = (await before.client.recovery.state()).operator
  await before.client.recovery.backUp()
  const backup = before.last().bytes
  await before.close()
  await loseDatabase()

  const after = await mine()
  // No second operator beside the one whose keys are here; the reason names the way back.
  await expect(after.client.mesh.createLocal(newMesh)).rejects.toMatchObject({
    data: {
      code: 'OPERATOR_NOT_RECORDED',
      message: expect.stringContaining(operator?.name ?? '?') as string,
      advice: expect.stringMatching(/backup.*Restore.*no kit/u) as string,
    },
  })
  expect((await after.client.recovery.state()).orphan).toEqual(operator)

  const restored = await after.client.recovery.restore({
    kit: null,
    upload: await upload(after, backup),
  })
  expect(restored).toMatchObject({ tenants: 1, missing: [], remade: [], problem: null })
  expect(await after.client.recovery.state()).toMatchObject({ operator, orphan: null })
  await whenConnected(after)
  expect(await after.client.tenants.create({ name: 'annex' })).toMatchObject({ state: 'ready' })
})

test('a backup alone is not enough where the keychain holds no keys, or those of another operator', async () => {
  const other = await laptops.open('other')
  await other.client.mesh.createLocal(newMesh)
  await other.client.recovery.backUp()
  const foreign = other.last().bytes
  await other.close()
  const site = await mine()
  await expect(
    site.client.recovery.restore({ kit: null, upload: await upload(site, foreign) }),
  ).rejects.toMatchObject({ data: { code: 'KIT_NEEDED' } })

  await site.client.mesh.createLocal(newMesh)
  await site.close()
  await loseDatabase()
  const after = await mine()
  await expect(
    after.client.recovery.restore({ kit: null, upload: await upload(after, foreign) }),
  ).rejects.toMatchObject({ data: { code: 'BACKUP_FOREIGN' } })
})
