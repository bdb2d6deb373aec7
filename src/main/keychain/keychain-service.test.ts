import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { CHEAP_SCRYPT } from '../../../tests/support/cheap-scrypt.ts'
import { silentLogger } from '../log/logger.ts'
import { KeychainService, type KeychainServiceOptions } from './keychain-service.ts'

const PASSPHRASE = 'correct horse battery'

let folder: string
const services: KeychainService[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-keychain-'))
})
afterEach(async () => {
  for (const service of services.splice(0)) await service.close()
  await rm(folder, { recursive: true })
})

/** A service on a machine without keychain: there is no native binding, as on an exotic CPU. */
function service(options: Partial<KeychainServiceOptions> = {}): KeychainService {
  const made = new KeychainService({
    folder,
    packaged: false,
    log: silentLogger(),
    vaultCost: CHEAP_SCRYPT,
    os: { loadBinding: () => Promise.reject(new Error('Cannot find native binding')) },
    ...options,
  })
  services.push(made)
  return made
}

const record = async () => JSON.parse(await readFile(join(folder, 'keychain.json'), 'utf8'))

test('asks for a vault passphrase on a first run without keychain, then keeps keys in the vault', async () => {
  const first = service()
  const seen: KeychainStatus['state'][] = []
  first.subscribe(({ status }) => seen.push(status.state))
  expect(await first.open()).toMatchObject({ state: 'uninitialised', backend: null })
  expect(first.status().advice).toMatch(/passphrase/)
  await expect(first.get('A')).rejects.toMatchObject({ code: 'KEYCHAIN_UNINITIALISED' })

  expect(await first.createVault(PASSPHRASE)).toMatchObject({ state: 'open', backend: 'vault' })
  await first.set('A', 'secret')
  expect(await record()).toEqual({ version: 1, backend: 'vault' })
  expect((await stat(join(folder, 'keychain.json'))).mode & 0o777).toBe(0o600)
  await first.close()

  const second = service()
  expect(await second.open()).toMatchObject({ state: 'locked', backend: 'vault' })
  await expect(second.get('A')).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  await expect(second.unlock('not the passphrase')).rejects.toMatchObject({
    code: 'VAULT_PASSPHRASE_WRONG',
  })
  expect(second.status().state).toBe('locked')
  expect(await second.unlock(PASSPHRASE)).toMatchObject({ state: 'open' })
  expect(await second.get('A')).toBe('secret')
  expect(await second.get('B')).toBeUndefined()
  expect(seen).toEqual(['locked', 'uninitialised', 'open'])
})

test('says that it waits until the first look is over', () => {
  expect(service().status()).toMatchObject({ state: 'locked', backend: null })
})

test('refuses a weak passphrase and stays without a vault', async () => {
  const keychain = service()
  await keychain.open()
  await expect(keychain.createVault('tooshort')).rejects.toMatchObject({
    code: 'PASSPHRASE_TOO_SHORT',
  })
  expect(keychain.status().state).toBe('uninitialised')
  expect(await readdir(folder)).toEqual([])
})

test('changes the passphrase of an open vault', async () => {
  const first = service()
  await first.open()
  await first.createVault(PASSPHRASE)
  await first.changePassphrase(PASSPHRASE, 'another good passphrase')
  await first.close()
  const second = service()
  await second.open()
  await expect(second.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'VAULT_PASSPHRASE_WRONG' })
  await second.unlock('another good passphrase')
})

test('makes no second vault, and none beside a keychain that can not be reached now', async () => {
  const keychain = service()
  await keychain.open()
  await keychain.createVault(PASSPHRASE)
  await expect(keychain.createVault(PASSPHRASE)).rejects.toMatchObject({ code: 'KEYCHAIN_CHOSEN' })

  const os = { version: 1, backend: 'os', service: 'muster', canary: '0'.repeat(32) }
  await rm(join(folder, 'keychain.vault'))
  await writeFile(join(folder, 'keychain.json'), JSON.stringify(os))
  const other = service()
  expect(await other.open()).toMatchObject({ state: 'no-service', backend: 'os' })
  await expect(other.createVault(PASSPHRASE)).rejects.toMatchObject({ code: 'KEYCHAIN_CHOSEN' })
  expect(await readdir(folder)).toEqual(['keychain.json'])
})

test('takes a vault without record for what a crash left', async () => {
  const first = service()
  await first.open()
  await first.createVault(PASSPHRASE)
  await rm(join(folder, 'keychain.json'))
  expect(await service().open()).toMatchObject({ state: 'locked', backend: 'vault' })
  expect(await record()).toEqual({ version: 1, backend: 'vault' })
})

test('does not begin anew where the vault file is gone or the record unreadable', async () => {
  const first = service()
  await first.open()
  await first.createVault(PASSPHRASE)
  await rm(join(folder, 'keychain.vault'))
  expect(await service().open()).toMatchObject({ state: 'changed', backend: 'vault' })

  for (const text of ['', '{', '{"version":2}', '{"version":1,"backend":"os"}']) {
    await writeFile(join(folder, 'keychain.json'), text)
    const keychain = service()
    expect(await keychain.open()).toMatchObject({ state: 'changed' })
    await expect(keychain.set('A', 'b')).rejects.toMatchObject({ code: 'KEYCHAIN_CHANGED' })
    await expect(keychain.createVault(PASSPHRASE)).rejects.toMatchObject({
      code: 'KEYCHAIN_CHANGED',
    })
    expect(await readFile(join(folder, 'keychain.json'), 'utf8')).toBe(text)
  }
})

test('tells a damaged vault before it asks for the passphrase', async () => {
  const first = service()
  await first.open()
  await first.createVault(PASSPHRASE)
  const path = join(folder, 'keychain.vault')
  await writeFile(path, (await readFile(path)).subarray(0, -5))
  const second = service()
  expect(await second.open()).toMatchObject({ state: 'locked' })
  expect(second.status().summary).toMatch(/cut off/)
  await expect(second.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'VAULT_TRUNCATED' })
})

test('starts over on demand, and keeps record and vault of before', async () => {
  const first = service()
  await first.open()
  await first.createVault(PASSPHRASE)
  await expect(first.startOver()).rejects.toMatchObject({ code: 'KEYCHAIN_OPEN' })
  await first.close()
  const second = service()
  await second.open()
  expect(await second.startOver()).toMatchObject({ state: 'uninitialised', backend: null })
  const kept = await readdir(folder)
  expect(kept.filter((name) => /^keychain\.(json|vault)\.until-/.test(name))).toHaveLength(2)
  expect(kept).toHaveLength(2)
  expect(await second.createVault('another good passphrase')).toMatchObject({ state: 'open' })
})

test('gives nothing up where the keys are in a keychain of the system that only can not be reached', async () => {
  const os = { version: 1, backend: 'os', service: 'muster', canary: '0'.repeat(32) }
  await writeFile(join(folder, 'keychain.json'), JSON.stringify(os))
  const keychain = service()
  expect(await keychain.open()).toMatchObject({ state: 'no-service', backend: 'os' })
  await expect(keychain.startOver()).rejects.toMatchObject({ code: 'KEYCHAIN_NOT_LOST' })
  expect(await readdir(folder)).toEqual(['keychain.json'])
})

test('keeps keys in memory only on demand, shown as such, and never in a packaged app', async () => {
  expect(() => service({ allowMemory: true, packaged: true })).toThrow(
    expect.objectContaining({ code: 'KEYCHAIN_MEMORY_REFUSED' }),
  )
  const keychain = service({ allowMemory: true })
  expect(await keychain.open()).toMatchObject({ state: 'open', backend: 'memory' })
  await keychain.set('A', 'secret')
  expect(await keychain.get('A')).toBe('secret')
  expect(await keychain.accounts()).toEqual(['A'])
  expect(await keychain.delete('A')).toBe(true)
  expect(await keychain.get('A')).toBeUndefined()
  await keychain.close()
  await expect(keychain.get('A')).rejects.toMatchObject({ code: 'KEYCHAIN_CLOSED' })

  // The keys of that run are gone: neither flag may go on with this profile as if it were new.
  expect(await service({ allowMemory: true }).open()).toMatchObject({ state: 'changed' })
  expect(await service().open()).toMatchObject({ state: 'changed', backend: 'memory' })
})

test('does not use memory for a profile that keeps its keys in a vault', async () => {
  const first = service()
  await first.open()
  await first.createVault(PASSPHRASE)
  expect(await service({ allowMemory: true }).open()).toMatchObject({ state: 'changed' })
})

test('asks for no passphrase where the keys are in no vault', async () => {
  const keychain = service({ allowMemory: true })
  await keychain.open()
  await expect(keychain.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'KEYCHAIN_NOT_A_VAULT' })
  await expect(keychain.changePassphrase(PASSPHRASE, PASSPHRASE)).rejects.toMatchObject({
    code: 'KEYCHAIN_NOT_A_VAULT',
  })
})
