import { InternalError, RejectedError, TransientError } from '#shared/errors.ts'
import type { Keychain } from './keychain.ts'
import { createNkey, type NkeyRole } from './nkey.ts'
import { signerOf, type Signer } from './signer.ts'

/** The operator's and the accounts' keys: created into the keychain, read for a moment of signing. */
export class KeyVault {
  readonly #keychain: Keychain

  constructor(keychain: Keychain) {
    this.#keychain = keychain
  }

  /**
   * Creates a key and keeps its seed in the keychain. Read back before the public key is handed out:
   * nothing may be recorded for a key that the keychain does not really hold.
   * @throws TransientError `KEYCHAIN_FORGETS`, and what the keychain throws.
   */
  async create(role: NkeyRole): Promise<string> {
    const { publicKey, seed } = createNkey(role)
    await this.#keychain.set(publicKey, seed)
    if ((await this.#keychain.get(publicKey)) !== seed) {
      throw new TransientError({
        code: 'KEYCHAIN_FORGETS',
        message:
          'The keychain took a new key and did not give it back, so nothing was built on that key.',
        advice: 'Unlock the keychain of this computer, then try again.',
      })
    }
    return publicKey
  }

  /** Whether the keychain holds this key. @throws what the keychain throws. */
  async has(publicKey: string): Promise<boolean> {
    return (await this.#keychain.get(publicKey)) !== undefined
  }

  /**
   * The first of `publicKeys` that the keychain holds, ready to sign.
   * @throws RejectedError `OPERATOR_KEYS_MISSING` or `ACCOUNT_KEYS_MISSING` where it holds none,
   *   InternalError `KEYCHAIN_ENTRY` where the entry is another key, and what the keychain throws.
   */
  async signer(publicKeys: readonly string[], of: 'operator' | 'account'): Promise<Signer> {
    for (const publicKey of publicKeys) {
      const seed = await this.#keychain.get(publicKey)
      if (seed === undefined) continue
      const signer = signerOf(seed)
      if (signer.publicKey === publicKey) return signer
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
}

function keysMissing(of: 'operator' | 'account', publicKey: string): RejectedError {
  return of === 'operator'
    ? new RejectedError({
        code: 'OPERATOR_KEYS_MISSING',
        message: `This profile has an operator, but the keychain does not hold its key ${publicKey}. Without it nothing can be signed; a second operator would lock out every device.`,
        advice:
          'Open the keychain in which the operator was created (same user, same computer), or restore its entries from a backup.',
        details: { publicKey },
      })
    : new RejectedError({
        code: 'ACCOUNT_KEYS_MISSING',
        message: `The keychain does not hold the account key ${publicKey}, so no credentials can be issued in that account.`,
        advice:
          'Open the keychain in which the account was created (same user, same computer), or restore its entries from a backup.',
        details: { publicKey },
      })
}
