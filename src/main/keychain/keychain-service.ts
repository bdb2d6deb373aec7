import { join } from 'node:path'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import {
  keychainChosen,
  keychainClosed,
  keychainIsNotAVault,
  keychainNotLost,
  keychainOpening,
  keychainStillOpen,
  memoryRefused,
} from './errors.ts'
import { setAside, writeKeychainRecord, type KeychainRecord } from './keychain-record.ts'
import { changesState, statusOf } from './keychain-status.ts'
import type { Keychain, KeychainBackend } from './keychain.ts'
import { chooseKeychain, findRecord, openRecorded, type Places } from './locate-keychain.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { OsKeychain, type OsKeychainOptions } from './os-keychain.ts'
import type { ScryptCost } from './vault-format.ts'
import { VaultKeychain, type VaultOptions } from './vault-keychain.ts'

export interface KeychainUpdate {
  readonly type: 'snapshot'
  readonly status: KeychainStatus
}

export interface KeychainServiceOptions {
  /** The profile's folder: `keychain.json` tells where its keys are, `keychain.vault` may hold them. */
  readonly folder: string
  /** Service name in the OS keychain: `muster`, or with a suffix of the profile's own. */
  readonly service?: string
  /** Keep keys in memory only (demo flag). */
  readonly allowMemory?: boolean
  /** Whether this is an installed app, which never keeps keys in memory only. */
  readonly packaged: boolean
  readonly log: Logger
  readonly vaultCost?: ScryptCost
  readonly os?: Omit<OsKeychainOptions, 'service'>
}

/**
 * The keychain of one profile. It opens the place that the profile recorded for its keys, tells
 * its state, and never goes on silently with another one: that would begin a second operator.
 *
 * As a Keychain it throws a MusterError with the status's code, message and advice while it is not
 * open. An OS keychain that comes back by itself (unlocked, or its service restarted) is found
 * again by the next call, without a prompt.
 */
export class KeychainService implements Keychain {
  readonly #options: KeychainServiceOptions
  readonly #places: Places
  readonly #vault: VaultOptions
  readonly #os: OsKeychain
  readonly #turns = new OneAtATime()
  readonly #listeners = new Set<(update: KeychainUpdate) => void>()
  #record: KeychainRecord | undefined
  #keychain: Keychain | undefined
  /** Why the keychain is not open; undefined where it is. */
  #problem: MusterError | undefined = keychainOpening()
  #reviving: Promise<void> | undefined
  #closed = false

  /** @throws RejectedError `KEYCHAIN_MEMORY_REFUSED` for `allowMemory` in a packaged app. */
  constructor(options: KeychainServiceOptions) {
    if (options.allowMemory && options.packaged) throw memoryRefused()
    this.#options = options
    const path = join(options.folder, 'keychain.vault')
    this.#vault = options.vaultCost === undefined ? { path } : { path, cost: options.vaultCost }
    this.#os = new OsKeychain({ ...options.os, service: options.service ?? 'muster' })
    this.#places = {
      recordPath: join(options.folder, 'keychain.json'),
      vaultPath: path,
      os: this.#os,
      allowMemory: options.allowMemory ?? false,
      packaged: options.packaged,
    }
  }

  status(): KeychainStatus {
    const backend = this.#keychain?.backend ?? this.#record?.backend ?? null
    return statusOf(this.#problem, backend)
  }

  /** Calls the listener with the status at once, and again at each change of it. */
  readonly subscribe = (listener: (update: KeychainUpdate) => void): (() => void) => {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', status: this.status() })
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Opens what the profile recorded, or on a first run the OS keychain where there is one. Never
   * throws: what stands in the way is the status.
   *
   * A keychain that the profile used before is not prompted for here (Linux; on macOS and Windows
   * the system decides). A first run writes to it, for which the system may ask to unlock it.
   */
  async open(): Promise<KeychainStatus> {
    return this.#look({ prompt: false })
  }

  /** Tries again, on the person's word: the system may ask them to unlock its keychain. */
  async retry(): Promise<KeychainStatus> {
    return this.#look({ prompt: true })
  }

  /**
   * Opens the vault file.
   * @throws RejectedError `VAULT_PASSPHRASE_WRONG`, `VAULT_TRUNCATED`, `VAULT_TAMPERED` and the
   * other errors of VaultKeychain.open; `KEYCHAIN_NOT_A_VAULT`. The file is not touched.
   */
  async unlock(passphrase: string): Promise<KeychainStatus> {
    return this.#turns.run(async () => {
      this.#throwIfClosed()
      if (this.#record?.backend !== 'vault') throw keychainIsNotAVault()
      if (this.#problem === undefined) return this.status()
      const vault = await VaultKeychain.open(this.#vault, passphrase)
      return this.#opened(vault)
    })
  }

  /**
   * First run without a usable OS keychain: makes a vault file and opens it.
   * @throws RejectedError `PASSPHRASE_TOO_SHORT`, `PASSPHRASE_TOO_LONG`, `PASSPHRASE_TOO_SIMPLE`;
   * ConflictError `KEYCHAIN_CHOSEN` where the profile has a place for its keys already.
   */
  async createVault(passphrase: string): Promise<KeychainStatus> {
    return this.#turns.run(async () => {
      this.#throwIfClosed()
      if ((await findRecord(this.#places)) !== undefined) throw keychainChosen()
      const vault = await VaultKeychain.create(this.#vault, passphrase)
      // A crash before this leaves a vault without record, which is taken for what it is.
      this.#record = { version: 1, backend: 'vault' }
      await writeKeychainRecord(this.#places.recordPath, this.#record)
      return this.#opened(vault)
    })
  }

  /** @throws RejectedError `VAULT_PASSPHRASE_WRONG`, `PASSPHRASE_…`, `KEYCHAIN_NOT_A_VAULT`. */
  async changePassphrase(oldPassphrase: string, newPassphrase: string): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#problem !== undefined) throw this.#problem
      if (!(this.#keychain instanceof VaultKeychain)) throw keychainIsNotAVault()
      await this.#keychain.changePassphrase(oldPassphrase, newPassphrase)
    })
  }

  /**
   * The person's decision to give up the keys that can't be reached (lost keyring, forgotten
   * passphrase). Deletes nothing: the record and the vault file are renamed and stay beside.
   * @throws ConflictError `KEYCHAIN_OPEN` where the keys can be reached; RejectedError `KEYCHAIN_NOT_LOST` where
   *   they wait in the OS keychain.
   */
  async startOver(): Promise<KeychainStatus> {
    return this.#turns.run(async () => {
      this.#throwIfClosed()
      if (this.#problem === undefined) throw keychainStillOpen()
      const changed = this.#problem.code === 'KEYCHAIN_CHANGED'
      if (this.#record?.backend !== 'vault' && !changed) throw keychainNotLost()
      const suffix = `until-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
      await setAside(this.#places.vaultPath, suffix)
      await setAside(this.#places.recordPath, suffix)
      return this.#lookNow({ prompt: true })
    })
  }

  /** @throws MusterError of the status where no backend has been chosen yet. */
  get backend(): KeychainBackend {
    const { backend } = this.status()
    if (backend === null) throw this.#problem ?? keychainOpening()
    return backend
  }

  async get(account: string): Promise<string | undefined> {
    return this.#use((keychain) => keychain.get(account))
  }

  async set(account: string, secret: string): Promise<void> {
    return this.#use((keychain) => keychain.set(account, secret))
  }

  async delete(account: string): Promise<boolean> {
    return this.#use((keychain) => keychain.delete(account))
  }

  async accounts(): Promise<readonly string[]> {
    return this.#use((keychain) => keychain.accounts())
  }

  /**
   * True while the operating system has not answered a call, for example because its password
   * prompt is open. Node can't end such a process by itself: the host must kill it after `close()`.
   */
  get waitsForSystem(): boolean {
    return this.#os.busy
  }

  /** Ends all waiting, forgets the vault's key. Does not wait for a prompt of the system. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#listeners.clear()
    await this.#os.close()
    const keychain = this.#keychain
    this.#keychain = undefined
    this.#problem = keychainClosed()
    await keychain?.close()
  }

  async #use<T>(call: (keychain: Keychain) => Promise<T>): Promise<T> {
    const keychain = await this.#ready()
    try {
      return await call(keychain)
    } catch (error) {
      const problem = toMusterError(error)
      if (changesState(problem)) this.#report(problem)
      throw problem
    }
  }

  async #ready(): Promise<Keychain> {
    if (this.#mayRevive()) {
      this.#reviving ??= this.#look({ prompt: false }).then(() => {
        this.#reviving = undefined
      })
    }
    if (this.#problem !== undefined) await this.#reviving
    if (this.#problem !== undefined) throw this.#problem
    if (this.#keychain === undefined) throw keychainOpening()
    return this.#keychain
  }

  #mayRevive(): boolean {
    const lost = this.#problem !== undefined && this.#record?.backend === 'os'
    return lost && !this.#closed && this.#os.looksSilently && !this.#turns.busy
  }

  #look(how: { readonly prompt: boolean }): Promise<KeychainStatus> {
    return this.#turns.run(() => this.#lookNow(how))
  }

  async #lookNow(how: { readonly prompt: boolean }): Promise<KeychainStatus> {
    if (this.#closed || this.#problem === undefined) return this.status()
    try {
      this.#record = await findRecord(this.#places)
      if (this.#record === undefined) {
        const chosen = await chooseKeychain(this.#places)
        this.#record = chosen.record
        return await this.#opened(chosen.keychain)
      }
      return await this.#opened(await openRecorded(this.#places, this.#record, how))
    } catch (error) {
      this.#report(toMusterError(error))
      return this.status()
    }
  }

  async #opened(keychain: Keychain): Promise<KeychainStatus> {
    if (this.#closed) await keychain.close()
    this.#throwIfClosed()
    this.#keychain = keychain
    this.#report(undefined)
    return this.status()
  }

  #report(problem: MusterError | undefined): void {
    if (this.#closed) return
    const before = this.status()
    this.#problem = problem
    if (problem !== undefined) this.#keychain = undefined
    const status = this.status()
    if (before.state === status.state && before.summary === status.summary) return
    const { log } = this.#options
    if (problem === undefined) log.info('keychain is open', { backend: status.backend })
    else log.warn('keychain is not open', { state: status.state, error: problem })
    for (const listener of this.#listeners) listener({ type: 'snapshot', status })
  }

  #throwIfClosed(): void {
    if (this.#closed) throw keychainClosed()
  }
}
