import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'

/** What the log needs of the keychain. */
export interface AnchorStore {
  get(account: string): Promise<string | undefined>
  set(account: string, secret: string): Promise<void>
}

/** What the keychain remembers of the log. Not secret; kept there because it can't be edited unseen. */
const AnchorShape = z.object({
  seq: z.int().min(0),
  hash: z.string(),
  /** The last check of all entries, and whether it found the log sound. */
  checked: z.object({ at: z.iso.datetime(), sound: z.boolean() }).nullable(),
})
export type Anchor = z.infer<typeof AnchorShape>

/**
 * The end of the log as the keychain remembers it: a log that was cut or rewritten with care is
 * consistent in itself, and does not end where it did.
 *
 * Its entry is named after the profile's folder, not after anything in the database: otherwise a log that
 * was deleted with its database would not be missed.
 */
export class AuditAnchor {
  readonly #keychain: AnchorStore
  readonly #account: string

  constructor(keychain: AnchorStore, profileFolder: string) {
    this.#keychain = keychain
    const folder = createHash('sha256').update(resolve(profileFolder)).digest('hex').slice(0, 16)
    this.#account = `audit-head:${folder}`
  }

  /** Undefined where the keychain has none, or something that is none. @throws what the keychain throws. */
  async read(): Promise<Anchor | undefined> {
    const text = await this.#keychain.get(this.#account)
    if (text === undefined) return undefined
    try {
      const parsed = AnchorShape.safeParse(JSON.parse(text))
      return parsed.success ? parsed.data : undefined
    } catch {
      return undefined
    }
  }

  /** @throws what the keychain throws. */
  async write(anchor: Anchor): Promise<void> {
    await this.#keychain.set(this.#account, JSON.stringify(anchor))
  }
}
