import { RejectedError, TransientError } from '#shared/errors.ts'
import type { Keychain } from '../authority/keychain.ts'
import { beginUse, type KeyAudit } from '../authority/key-use.ts'
import type { PlannedKey } from './import-plan.ts'
import { readSeed } from './read-store-file.ts'

export interface SeedKeeping {
  readonly keychain: Keychain
  readonly audit: KeyAudit
  /** Hears of each key before the keychain does, where the keychain did not have it before. */
  readonly reserve: (publicKey: string) => void
  readonly signal: AbortSignal
}

/**
 * Puts private keys from their files into the keychain, one after the other, and reads each back. A key
 * that the keychain has already stays as it is.
 * @throws RejectedError `NSC_KEY_GONE` where a file is not what it was; TransientError `KEYCHAIN_FORGETS`;
 *   what the keychain throws; the abort reason.
 */
export async function keepSeeds(keys: readonly PlannedKey[], keeping: SeedKeeping): Promise<void> {
  const { keychain, audit, reserve, signal } = keeping
  for (const { publicKey, path } of keys) {
    signal.throwIfAborted()
    const seed = await readSeed(path, publicKey)
    const held = await keychain.get(publicKey)
    if (seed === undefined) {
      // After a crash: it may be in the keychain already, and its file gone since.
      if (held !== undefined) continue
      throw keyGone(publicKey)
    }
    if (held === seed) continue
    const reason = 'It was imported from an nsc store.'
    const use = beginUse(audit, publicKey, { action: 'key-import', subjects: [publicKey], reason })
    try {
      if (held === undefined) reserve(publicKey)
      await keychain.set(publicKey, seed)
      if ((await keychain.get(publicKey)) !== seed) throw forgets()
    } catch (error) {
      use.failed(error)
      throw error
    }
    use.done()
  }
}

/**
 * Takes keys out of the keychain again; one whose file no longer holds it stays, for it may be the last.
 */
export async function releaseSeeds(
  keys: readonly PlannedKey[],
  put: readonly string[],
  keychain: Keychain,
): Promise<void> {
  for (const { publicKey, path } of keys) {
    if (!put.includes(publicKey)) continue
    if ((await readSeed(path, publicKey)) !== undefined) await keychain.delete(publicKey)
  }
}

function keyGone(publicKey: string): RejectedError {
  return new RejectedError({
    code: 'NSC_KEY_GONE',
    message: `The file of the key ${publicKey} is gone, or holds another key than when the store was looked at.`,
    advice: 'Look at the store again.',
    details: { publicKey },
  })
}

function forgets(): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_FORGETS',
    message: 'The keychain took a key and did not give it back, so nothing was recorded.',
    advice: 'Unlock the keychain of this computer, then try again.',
  })
}
