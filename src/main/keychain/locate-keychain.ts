import { access } from 'node:fs/promises'
import { toMusterError } from '#shared/errors.ts'
import { keychainChanged, keychainUninitialised } from './errors.ts'
import { readKeychainRecord, writeKeychainRecord, type KeychainRecord } from './keychain-record.ts'
import type { Keychain } from './keychain.ts'
import { MemoryKeychain } from './memory-keychain.ts'
import type { OsKeychain } from './os-keychain.ts'
import { vaultLocked } from './vault-errors.ts'
import { VaultKeychain } from './vault-keychain.ts'

/** The places where a profile's keys may be. */
export interface Places {
  readonly recordPath: string
  readonly vaultPath: string
  readonly os: OsKeychain
  readonly allowMemory: boolean
  readonly packaged: boolean
}

/** What a first run answers with "no keychain here, choose a passphrase". */
const NO_KEYCHAIN_HERE: ReadonlySet<string> = new Set([
  'KEYCHAIN_UNAVAILABLE',
  'KEYCHAIN_NO_COLLECTION',
  'KEYCHAIN_FAILED',
])

/**
 * Where the profile keeps its keys; undefined on a first run. A vault file without record is what
 * a crash between the two leaves, and is recorded now.
 * @throws ConflictError `KEYCHAIN_CHANGED` for a record that can't be read.
 */
export async function findRecord(places: Places): Promise<KeychainRecord | undefined> {
  const record = await readKeychainRecord(places.recordPath)
  if (record !== undefined || !(await isThere(places.vaultPath))) return record
  const vault: KeychainRecord = { version: 1, backend: 'vault' }
  await writeKeychainRecord(places.recordPath, vault)
  return vault
}

/**
 * The keychain that the record names. A vault is never opened here: it waits for its passphrase.
 * @throws MusterError `KEYCHAIN_LOCKED`, `KEYCHAIN_CHANGED`, the errors of OsKeychain.verify, and
 * of VaultKeychain.inspect for a damaged vault.
 */
export async function openRecorded(
  places: Places,
  record: KeychainRecord,
  how: { readonly prompt: boolean },
): Promise<Keychain> {
  if (record.backend === 'memory') throw keychainChanged('memory-ended')
  if (places.allowMemory) throw keychainChanged('memory-asked')
  if (record.backend === 'vault') {
    if (!(await isThere(places.vaultPath))) throw keychainChanged('vault-missing')
    await VaultKeychain.inspect(places.vaultPath)
    throw vaultLocked()
  }
  if (record.service !== places.os.service) throw keychainChanged('other-service')
  await places.os.verify(record.canary, how)
  return places.os
}

/**
 * First run: the OS keychain where there is one. Recorded once it is proven.
 * @throws MusterError `KEYCHAIN_UNINITIALISED` where the OS has none, and those of
 * OsKeychain.establish that a person can do something about.
 */
export async function chooseKeychain(
  places: Places,
): Promise<{ readonly record: KeychainRecord; readonly keychain: Keychain }> {
  if (places.allowMemory) {
    const keychain = new MemoryKeychain({ packaged: places.packaged })
    const record: KeychainRecord = { version: 1, backend: 'memory' }
    await writeKeychainRecord(places.recordPath, record)
    return { record, keychain }
  }
  try {
    const { service } = places.os
    const canary = await places.os.establish()
    const record: KeychainRecord = { version: 1, backend: 'os', service, canary }
    await writeKeychainRecord(places.recordPath, record)
    return { record, keychain: places.os }
  } catch (error) {
    const problem = toMusterError(error)
    throw NO_KEYCHAIN_HERE.has(problem.code) ? keychainUninitialised(problem) : problem
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
