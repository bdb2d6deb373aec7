import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ConflictError } from '#shared/errors.ts'
import type { OperatorRow } from './authority-store.ts'
import type { Keychain } from './keychain.ts'

const Mark = z.object({ publicKey: z.string(), name: z.string() })

const ID_LENGTH = 16

/**
 * An entry in the keychain that says which operator a profile has. Should the profile lose its database, it
 * is what keeps the next start from making a second operator, which would lock out every device.
 */
export class OperatorMarker {
  readonly #keychain: Keychain
  readonly #account: string | undefined

  /** @param place the profile's folder; without one, nothing is marked */
  constructor(keychain: Keychain, place: string | undefined) {
    this.#keychain = keychain
    // Several profiles may share a keychain. A folder's name may hold what keychains do not.
    this.#account =
      place === undefined
        ? undefined
        : `operator-of.${createHash('sha256').update(place).digest('hex').slice(0, ID_LENGTH)}`
  }

  /**
   * Checks that the keychain knows of no operator of this profile.
   * @throws ConflictError `OPERATOR_NOT_RECORDED`; what the keychain throws.
   */
  async requireNone(): Promise<void> {
    const mark = await this.remembered()
    if (mark === undefined) return
    throw new ConflictError({
      code: 'OPERATOR_NOT_RECORDED',
      message: `The keychain holds the keys of the operator ${mark.name} of this profile, and the profile’s database does not know it: the database was lost or replaced. A second operator would lock out every device of the first.`,
      advice:
        'Bring the database back by a backup (Restore; the keys are here, so it takes no kit), or by the copy that stands beside the database, should it have been damaged. For something new, use another profile folder.',
      details: { publicKey: mark.publicKey },
    })
  }

  /** The operator of this profile as far as the keychain knows, where it holds its key. @throws what the keychain throws. */
  async remembered(): Promise<{ publicKey: string; name: string } | undefined> {
    const mark = await this.#read()
    // Without its key there is nothing left to lock anybody out of.
    return mark !== undefined && (await this.#keychain.get(mark.publicKey)) !== undefined
      ? mark
      : undefined
  }

  /** Leaves the mark, where it is not there yet. */
  async leave({ publicKey, name }: Pick<OperatorRow, 'publicKey' | 'name'>): Promise<void> {
    if (this.#account === undefined) return
    const mark = await this.#read()
    if (mark?.publicKey === publicKey) return
    await this.#keychain.set(this.#account, JSON.stringify({ publicKey, name }))
  }

  async #read(): Promise<z.infer<typeof Mark> | undefined> {
    if (this.#account === undefined) return undefined
    const text = await this.#keychain.get(this.#account)
    try {
      return text === undefined ? undefined : Mark.parse(JSON.parse(text))
    } catch {
      return undefined
    }
  }
}
