import { InternalError, RejectedError, TransientError } from '#shared/errors.ts'
import type { Keychain } from './keychain.ts'
import { beginUse, type AuditedSigner, type KeyAudit, type KeyUse } from './key-use.ts'
import { createNkey, type NkeyRole } from './nkey.ts'
import { signerOf } from './signer.ts'

/** The usual reason to delete a key: it was only just made, and what for was taken back. */
const TAKEN_BACK: KeyUse = {
  action: 'key-delete',
  subjects: ['a new key that nothing was built on'],
  reason: 'What it was made for was taken back.',
}

/**
 * The operator's and the accounts' keys: created into the keychain, read for a moment of signing. Each
 * use is in the audit log before it happens, and does not happen where it can't be written there.
 */
export class KeyVault {
  readonly #keychain: Keychain
  readonly #audit: KeyAudit

  constructor(keychain: Keychain, audit: KeyAudit) {
    this.#keychain = keychain
    this.#audit = audit
  }

  /**
   * Creates a key and keeps its seed in the keychain. Read back before the public key is handed out:
   * nothing may be built on a key that the keychain does not really hold. `reserve` hears of the public key
   * before the keychain does, so that a crash leaves no entry that nobody knows.
   * @throws TransientError `KEYCHAIN_FORGETS`, and what the keychain and the audit log throw.
   */
  async create(
    role: NkeyRole,
    use: KeyUse,
    reserve: (publicKey: string) => void = () => undefined,
  ): Promise<string> {
    const { publicKey, seed } = createNkey(role)
    reserve(publicKey)
    const begun = beginUse(this.#audit, publicKey, use)
    try {
      await this.#keep(publicKey, seed)
    } catch (error) {
      begun.failed(error)
      throw error
    }
    begun.done()
    return publicKey
  }

  /** Deletes keys; safe where they are gone. @throws what the keychain and the audit log throw. */
  async forget(publicKeys: readonly string[], use: KeyUse = TAKEN_BACK): Promise<void> {
    for (const publicKey of publicKeys) {
      if (!(await this.has(publicKey))) continue
      const begun = beginUse(this.#audit, publicKey, use)
      try {
        await this.#keychain.delete(publicKey)
      } catch (error) {
        begun.failed(error)
        throw error
      }
      begun.done()
    }
  }

  /** Whether the keychain holds this key. @throws what the keychain throws. */
  async has(publicKey: string): Promise<boolean> {
    return (await this.#keychain.get(publicKey)) !== undefined
  }

  /**
   * The first of `publicKeys` that the keychain holds, ready to sign.
   * @throws RejectedError `OPERATOR_KEYS_MISSING` or `ACCOUNT_KEYS_MISSING` where it holds none,
   *   InternalError `KEYCHAIN_ENTRY` where the entry is another key, and what the keychain and the
   *   audit log throw.
   */
  async signer(
    publicKeys: readonly string[],
    of: 'operator' | 'account',
    use: KeyUse,
  ): Promise<AuditedSigner> {
    for (const publicKey of publicKeys) {
      const seed = await this.#keychain.get(publicKey)
      if (seed === undefined) continue
      const signer = signerOf(seed)
      if (signer.publicKey === publicKey) {
        return { ...signer, ...beginUse(this.#audit, publicKey, use) }
      }
      throw new InternalError({
        code: 'KEYCHAIN_ENTRY',
        message: `The keychain entry named ${publicKey} holds a different key.`,
        advice: 'Restore the entry from a backup of the keychain.',
        details: { publicKey },
      })
    }
    throw keysMissing(of, publicKeys[0] ?? '')
  }

  /**
   * Checks that the keychain holds every one of these keys.
   * @throws RejectedError `OPERATOR_KEYS_MISSING` or `ACCOUNT_KEYS_MISSING`.
   */
  async requireAll(publicKeys: readonly string[], of: 'operator' | 'account'): Promise<void> {
    for (const publicKey of publicKeys) {
      if (!(await this.has(publicKey))) throw keysMissing(of, publicKey)
    }
  }

  async #keep(publicKey: string, seed: string): Promise<void> {
    await this.#keychain.set(publicKey, seed)
    if ((await this.#keychain.get(publicKey)) !== seed) {
      throw new TransientError({
        code: 'KEYCHAIN_FORGETS',
        message:
          'The keychain took a new key and did not give it back, so nothing was built on that key.',
        advice: 'Unlock the keychain of this computer, then try again.',
      })
    }
  }
}

function keysMissing(of: 'operator' | 'account', publicKey: string): RejectedError {
  return of === 'operator'
    ? new RejectedError({
        code: 'OPERATOR_KEYS_MISSING',
        message: `This profile has an operator, but the keychain does not hold its key ${publicKey}. Without it nothing can be signed; a second operator would lock out every device.`,
        advice:
          'Bring the keys back from the recovery kit (Keys, Recovery kit), or open the keychain in which the operator was created (same user, same computer).',
        details: { publicKey },
      })
    : new RejectedError({
        code: 'ACCOUNT_KEYS_MISSING',
        message: `The keychain does not hold the account key ${publicKey}, so no credentials can be issued in that account.`,
        advice:
          'Bring the keys back from the recovery kit (Keys, Recovery kit), or open the keychain in which the account was created (same user, same computer).',
        details: { publicKey },
      })
}
