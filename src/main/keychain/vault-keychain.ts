import { readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../files/atomic-write.ts'
import { keychainClosed } from './errors.ts'
import { checkAccount, checkSecret, type Keychain } from './keychain.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { checkNewPassphrase } from './passphrase.ts'
import { forgetKey, newVaultKey, seal, unseal, vaultKeyOf, type VaultKey } from './vault-crypto.ts'
import {
  vaultChangedOnDisk,
  vaultExists,
  vaultMissing,
  vaultNotWritten,
  vaultTampered,
  vaultUnreadable,
} from './vault-errors.ts'
import {
  decodeVault,
  encodeVault,
  SCRYPT_COST,
  VAULT_MAX_BYTES,
  type ScryptCost,
} from './vault-format.ts'

export interface VaultOptions {
  /** Path of the vault file. */
  readonly path: string
  /** Cost of a new key; a vault that exists keeps its own until its passphrase changes. */
  readonly cost?: ScryptCost
  readonly write?: (path: string, content: Uint8Array) => Promise<void>
}

type Entries = Map<string, string>

const Plain = z.array(z.tuple([z.string(), z.string()]))

/**
 * Secrets in one encrypted file, for machines without a keychain. While open it holds the derived
 * key and the encrypted file, and decrypts for the moment of each call.
 *
 * Every change rewrites the file atomically and one at a time. The version before stays beside it
 * as `.previous` until the new one has been read back, and goes then: it would still open with an
 * old passphrase and hold deleted keys.
 */
export class VaultKeychain implements Keychain {
  readonly backend = 'vault'
  readonly #path: string
  readonly #cost: ScryptCost
  readonly #write: (path: string, content: Uint8Array) => Promise<void>
  readonly #turns = new OneAtATime()
  /** What the file holds, byte by byte: a difference means that somebody else wrote it. */
  #sealed: Buffer
  #key: VaultKey | undefined

  private constructor(options: VaultOptions, sealed: Buffer, key: VaultKey) {
    this.#path = options.path
    this.#cost = options.cost ?? SCRYPT_COST
    this.#write = options.write ?? writeFileAtomic
    this.#sealed = sealed
    this.#key = key
  }

  /**
   * Makes an empty vault.
   * @throws RejectedError `PASSPHRASE_…`, ConflictError `VAULT_EXISTS`, TransientError
   * `VAULT_NOT_WRITTEN`.
   */
  static async create(options: VaultOptions, passphrase: string): Promise<VaultKeychain> {
    checkNewPassphrase(passphrase)
    if ((await readIfThere(options.path)) !== undefined) throw vaultExists()
    const key = await newVaultKey(passphrase, options.cost ?? SCRYPT_COST)
    const vault = new VaultKeychain(options, Buffer.alloc(0), key)
    await vault.#store(new Map(), key)
    return vault
  }

  /**
   * Opens a vault; never writes to the vault file itself.
   * @throws RejectedError `VAULT_PASSPHRASE_WRONG`, `VAULT_TRUNCATED`, `VAULT_TAMPERED`,
   * `VAULT_VERSION_UNSUPPORTED`, `VAULT_PARAMETERS_REFUSED`, `VAULT_MISSING`; TransientError
   * `VAULT_UNREADABLE`.
   */
  static async open(options: VaultOptions, passphrase: string): Promise<VaultKeychain> {
    const sealed = await readIfThere(options.path)
    if (sealed === undefined) throw vaultMissing()
    const file = decodeVault(sealed)
    const key = await vaultKeyOf(passphrase, file.header)
    const vault = new VaultKeychain(options, sealed, key)
    try {
      vault.#entries()
    } catch (error) {
      forgetKey(key)
      throw error
    }
    await removeLeftovers(options.path)
    return vault
  }

  /** Tells damage before a passphrase is asked. @throws as `open`, but for the passphrase. */
  static async inspect(path: string): Promise<void> {
    const sealed = await readIfThere(path)
    if (sealed === undefined) throw vaultMissing()
    decodeVault(sealed)
  }

  async get(account: string): Promise<string | undefined> {
    checkAccount(account)
    return this.#turns.run(async () => this.#entries().get(account))
  }

  async set(account: string, secret: string): Promise<void> {
    checkAccount(account)
    checkSecret(secret)
    return this.#turns.run(async () => {
      await this.#store(this.#entries().set(account, secret), this.#openKey())
    })
  }

  async delete(account: string): Promise<boolean> {
    checkAccount(account)
    return this.#turns.run(async () => {
      const entries = this.#entries()
      if (!entries.delete(account)) return false
      await this.#store(entries, this.#openKey())
      return true
    })
  }

  async accounts(): Promise<readonly string[]> {
    return this.#turns.run(async () => [...this.#entries().keys()])
  }

  /**
   * Encrypts everything anew under another passphrase, at today's cost.
   * @throws RejectedError `VAULT_PASSPHRASE_WRONG` for the old one, `PASSPHRASE_…` for the new.
   */
  async changePassphrase(oldPassphrase: string, newPassphrase: string): Promise<void> {
    checkNewPassphrase(newPassphrase)
    return this.#turns.run(async () => {
      const entries = this.#entries()
      forgetKey(await vaultKeyOf(oldPassphrase, decodeVault(this.#sealed).header))
      const next = await newVaultKey(newPassphrase, this.#cost)
      try {
        await this.#store(entries, next)
      } catch (error) {
        forgetKey(next)
        throw error
      }
    })
  }

  /** Waits for a write under way, then forgets the key. */
  async close(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#key !== undefined) forgetKey(this.#key)
      this.#key = undefined
    })
  }

  #openKey(): VaultKey {
    if (this.#key === undefined) throw keychainClosed()
    return this.#key
  }

  #entries(): Entries {
    const plain = unseal(decodeVault(this.#sealed), this.#openKey())
    const entries = Plain.safeParse(parseJson(plain))
    plain.fill(0)
    if (!entries.success) throw vaultTampered()
    return new Map(entries.data)
  }

  async #store(entries: Entries, key: VaultKey): Promise<void> {
    const plain = Buffer.from(JSON.stringify([...entries]))
    const next = encodeVault(seal(plain, key))
    plain.fill(0)
    const onDisk = await readIfThere(this.#path)
    if (!(onDisk ?? Buffer.alloc(0)).equals(this.#sealed)) throw vaultChangedOnDisk()

    const previous = `${this.#path}.previous`
    try {
      if (onDisk !== undefined) await this.#write(previous, onDisk)
      await this.#write(this.#path, next)
    } catch (error) {
      const now = await readIfThere(this.#path)
      // The failure may have come after the rename, in making it durable.
      if (now?.equals(next)) this.#adopt(next, key)
      else if (onDisk !== undefined && now?.equals(onDisk)) await rm(previous, { force: true })
      throw vaultNotWritten(error)
    }
    if (!(await readIfThere(this.#path))?.equals(next)) {
      if (onDisk !== undefined) await rename(previous, this.#path)
      throw vaultNotWritten()
    }
    this.#adopt(next, key)
    await rm(previous, { force: true })
  }

  #adopt(sealed: Buffer, key: VaultKey): void {
    this.#sealed = sealed
    if (this.#key !== key && this.#key !== undefined) forgetKey(this.#key)
    this.#key = key
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    if ((await stat(path)).size <= VAULT_MAX_BYTES) return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw vaultUnreadable(error)
  }
  throw vaultTampered()
}

/** What a crash left: the version before, and encrypted temporary files of unfinished writes. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  const name = basename(path)
  try {
    for (const file of await readdir(folder)) {
      const unfinished = file.startsWith(`.${name}.`) && file.endsWith('.tmp')
      if (unfinished || file === `${name}.previous`) await rm(join(folder, file), { force: true })
    }
  } catch {
    // On a read-only disk they stay; the keys can be used all the same.
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
