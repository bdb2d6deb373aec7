import type { KeychainLoss, KeychainStatus } from '#shared/contract/keychain.ts'
import { RejectedError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { RecoveryStore } from './recovery-store.ts'

/** What is typed where there is no operator whose name could be. */
const NAME_WITHOUT_OPERATOR = 'start over'

export interface StartOverOptions {
  readonly keychain: {
    startOver(): Promise<KeychainStatus>
  }
  /** Path of the vault file, which is renamed. */
  readonly vaultPath: string
  readonly store: Pick<RecoveryStore, 'knownKeys' | 'kits'>
  /** What the database, which stays, says of the deployment. */
  readonly deployment: () => {
    readonly operator: string | null
    readonly tenants: number
    readonly credentials: number
  }
  /** Notes that signing keys have to be made anew once the identities are back. */
  readonly expectLostKeys: () => void
  /** Tells the audit log that the next keychain will not remember it. */
  readonly acceptNewKeychain: (reason: string) => void
  readonly log: Logger
}

/**
 * The way on from a keychain that can't be opened any more: the old place of the keys is set aside, and a new one
 * begun. The database stays, so that a recovery kit makes it whole again.
 */
export class StartOver {
  readonly #options: StartOverOptions

  constructor(options: StartOverOptions) {
    this.#options = options
  }

  /** What is lost with the keys, and what would bring them back. */
  loss(): KeychainLoss {
    const { store, deployment, vaultPath } = this.#options
    const { operator, tenants, credentials } = deployment()
    const identities = store.knownKeys().filter(({ purpose }) => purpose === 'identity')
    const kits = store.kits()
    const kit = kits.find(({ rehearsedAt }) => rehearsedAt !== null) ?? kits[0]
    return {
      typedName: operator ?? NAME_WITHOUT_OPERATOR,
      operator,
      tenants,
      credentials,
      kit:
        kit === undefined
          ? null
          : {
              createdAt: kit.createdAt.toISOString(),
              form: kit.form,
              rehearsed: kit.rehearsedAt !== null,
              complete: identities.every(({ publicKey }) => kit.keys.has(publicKey)),
            },
      vaultPath,
    }
  }

  /**
   * @throws RejectedError `NAME_NOT_TYPED`, `KEYCHAIN_NOT_LOST`; ConflictError `KEYCHAIN_OPEN`.
   */
  async startOver(typedName: string): Promise<KeychainStatus> {
    const { keychain, expectLostKeys, acceptNewKeychain, log } = this.#options
    const { typedName: name, operator } = this.loss()
    if (typedName !== name) {
      throw new RejectedError({
        code: 'NAME_NOT_TYPED',
        message: 'What was typed is not the name that was asked for, so nothing was changed.',
        advice: `Type ${name} exactly as it stands.`,
      })
    }
    const status = await keychain.startOver()
    log.warn('the person gave up the keychain of this profile and began a new one')
    acceptNewKeychain('The keychain that remembered this log was given up for a new one.')
    if (operator !== null) expectLostKeys()
    return status
  }
}
