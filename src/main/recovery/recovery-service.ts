import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { SavedFile } from '#shared/contract/common.ts'
import type {
  KitSealing,
  PresentedKit,
  RecoveryState,
  Rehearsal,
  Restoration,
} from '#shared/contract/recovery.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import type { Keychain } from '../authority/keychain.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { Logger } from '../log/logger.ts'
import { backupFile } from './backup.ts'
import { ABOUT, publicKeyOf, type KitContent, type KitKey } from './kit-content.ts'
import { kitPage } from './kit-page.ts'
import { openKit, sealFile, sealForPaper } from './kit-seal.ts'
import type { LentKeys } from './lent-keys.ts'
import { bytesOfPaper, isPaperText, paperTextOf } from './paper-text.ts'
import { foreignKit, keysNotHere, kitLacksKeys, kitNeeded, noOperator } from './recovery-errors.ts'
import type { KnownKey, RecoveryStore } from './recovery-store.ts'
import { rehearse } from './rehearsal.ts'
import type { Restorer } from './restore.ts'

const MINUTE_MS = 60_000

/** The certificate authority of the local mesh. Secret. */
export interface MeshAuthorityKey {
  readonly id: string
  readonly caKeyPem: string
  readonly caCertificatePem: string
}

/** What recovery needs of the authority. */
export interface Identities {
  /** Deletes an identity key from the keychain. @throws RejectedError `IDENTITY_NEEDED`. */
  forgetIdentity(publicKey: string): Promise<void>
  /** Notes that the keychain holds it again. */
  identityReturned(publicKey: string): void
}

export interface RecoveryOptions {
  readonly identities: Identities
  readonly store: RecoveryStore
  readonly operator: () => KitContent['operator'] | undefined
  /** The keychain itself; what is lent is beside it. */
  readonly keychain: Keychain
  readonly lent: LentKeys
  readonly audit: KeyAudit
  readonly meshKey: () => Promise<MeshAuthorityKey | undefined>
  readonly restorer: Restorer
  /** The operator that the keychain remembers of this profile, whatever the database says. */
  readonly remembered: () => Promise<{ name: string; publicKey: string } | undefined>
  /** Keys came back into the keychain: what was waiting for them goes on. */
  readonly onBroughtBack: () => Promise<void>
  readonly backUpTo: (path: string) => Promise<void>
  readonly saveFile: SaveFile
  readonly log: Logger
  /** Called after each change of what `state` tells. */
  readonly onChange: (state: RecoveryState) => void
  readonly now?: () => Date
}

/**
 * Recovery kits: made, rehearsed, restored; and identity keys that live in a kit instead of on this
 * computer. Daily work needs signing keys only.
 */
export class RecoveryService {
  readonly #options: RecoveryOptions
  readonly #now: () => Date

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
  }

  /** Tells how it stands, for whoever reminds of it. */
  async remind(): Promise<void> {
    await this.#tell()
  }

  /** Where the identity keys are and what the person should do. @throws what the keychain throws. */
  async state(): Promise<RecoveryState> {
    const { store, lent, operator } = this.#options
    const current = operator()
    const known = store.knownKeys().filter(({ purpose }) => purpose === 'identity')
    const kits = store.kits()
    const rehearsed = kits.find(({ rehearsedAt }) => rehearsedAt !== null)
    const identities = await Promise.all(
      known.map(async ({ publicKey, kind, holder }) => ({
        publicKey,
        kind,
        holder,
        place: await this.#placeOf(publicKey),
        covered: rehearsed?.keys.has(publicKey) ?? false,
      })),
    )
    return {
      operator: current === undefined ? null : { name: current.name, publicKey: current.publicKey },
      orphan: current === undefined ? ((await this.#options.remembered()) ?? null) : null,
      identities,
      kits: kits.map(({ id, createdAt, form, sealedTo, rehearsedAt, keys }) => ({
        id,
        createdAt: createdAt.toISOString(),
        form,
        sealedTo,
        keys: known.filter(({ publicKey }) => keys.has(publicKey)).length,
        missing: known.filter(({ publicKey }) => !keys.has(publicKey)).length,
        rehearsedAt: rehearsedAt?.toISOString() ?? null,
      })),
      advice: (await this.#isLost(current))
        ? 'bring-back'
        : adviceFor(current !== undefined, kits.length, identities),
      lentUntil: lent.until?.toISOString() ?? null,
      lastBackupAt: store.lastBackupAt()?.toISOString() ?? null,
    }
  }

  /**
   * Makes a kit of all identity keys (a file also holds the signing keys and the mesh's certificate
   * authority) and gives it to the person.
   * @throws ConflictError `AUTHORITY_NOT_SET_UP`; RejectedError `KIT_INCOMPLETE`, `KIT_RECIPIENT`.
   */
  async createKit(form: 'file' | 'page', sealing: z.infer<typeof KitSealing>): Promise<SavedFile> {
    const { operator, store, saveFile, log } = this.#options
    const current = operator()
    if (current === undefined) throw noOperator()
    const id = randomUUID()
    return this.#noted('recovery-kit', `kit ${id}`, 'the person made a recovery kit', async () => {
      const createdAt = this.#now()
      const content = await this.#content(current, form, id, createdAt)
      const name = `${current.name}-${createdAt.toISOString().slice(0, 10)}`
      const saved =
        form === 'file'
          ? await saveFile({
              name: `${name}.muster-kit.age`,
              mediaType: 'application/octet-stream',
              content: await sealFile({ ...content, about: ABOUT }, sealing),
            })
          : await saveFile({
              name: `${name}.muster-kit.html`,
              mediaType: 'text/html',
              content: kitPage(
                content,
                paperTextOf(await sealForPaper(content, sealing)),
                sealedToWords(sealing),
              ),
            })
      if (saved.type !== 'cancelled') {
        const keys = new Set(
          content.keys.filter(({ purpose }) => purpose === 'identity').map(publicKeyOf),
        )
        store.addKit({ id, createdAt, form, sealedTo: sealing.kind, rehearsedAt: null, keys })
        log.info('a recovery kit was made', { form, keys: keys.size })
      }
      await this.#tell()
      return saved
    })
  }

  /**
   * Restores a kit into a scratch keychain, has each key sign a test JWT and verifies it. Changes
   * nothing but the record that it was done.
   * @throws RejectedError `KIT_…`, `PAPER_…`.
   */
  async rehearse(presented: PresentedKit): Promise<Rehearsal> {
    const content = await this.#open(presented)
    const subject = `kit ${content.id}`
    return this.#noted('recovery-rehearsal', subject, 'the person rehearsed a kit', async () => {
      const known = this.#options.store.knownKeys()
      const result = await rehearse(content, known, this.#now())
      this.#recordRehearsal(content, presented)
      await this.#tell()
      return result
    })
  }

  /**
   * Takes the identity keys off this computer, after the presented kit proved to hold each of them.
   * @throws RejectedError `KIT_LACKS_KEYS`, `KIT_…`, `IDENTITY_NEEDED` where an account has no signing key.
   */
  async moveOffline(presented: PresentedKit): Promise<RecoveryState> {
    const { store, identities: authority, lent } = this.#options
    const content = await this.#open(presented)
    const inKit = new Set(content.keys.map(publicKeyOf))
    const identities = store.knownKeys().filter(({ purpose }) => purpose === 'identity')
    const lacking = identities.filter(({ publicKey }) => !inKit.has(publicKey))
    if (lacking.length > 0) throw kitLacksKeys(lacking.map(({ holder }) => holder))
    await rehearse(content, store.knownKeys(), this.#now())
    this.#recordRehearsal(content, presented)
    lent.end()
    for (const { publicKey } of identities) await authority.forgetIdentity(publicKey)
    return this.#tell()
  }

  /** Lends the kit's identity keys for some minutes, in memory. @throws RejectedError `KIT_…`. */
  async lend(presented: PresentedKit, minutes: number): Promise<RecoveryState> {
    const content = await this.#open(presented)
    const reason = `the person lent the identity keys for ${minutes} minutes`
    return this.#noted('key-import', `kit ${content.id}`, reason, async () => {
      const seeds = content.keys
        .filter(({ purpose }) => purpose === 'identity')
        .map((key) => [publicKeyOf(key), key.seed] as const)
      this.#options.lent.lend(new Map(seeds), minutes * MINUTE_MS, () => {
        this.#tell().catch((error: unknown) =>
          this.#options.log.warn('the end of a loan could not be told', { error }),
        )
      })
      return this.#tell()
    })
  }

  endLending(): Promise<RecoveryState> {
    this.#options.lent.end()
    return this.#tell()
  }

  /** Puts the kit's keys of this deployment back for good. @throws RejectedError `KIT_…`. */
  async bringBack(presented: PresentedKit): Promise<RecoveryState> {
    const { store, identities, lent, restorer } = this.#options
    const content = await this.#open(presented)
    const known = new Set(store.knownKeys().map(({ publicKey }) => publicKey))
    const ours = content.keys.filter((key) => known.has(publicKeyOf(key)))
    await restorer.keepKeys(ours, 'the person brought keys back from a kit')
    for (const key of ours) {
      if (key.purpose === 'identity') identities.identityReturned(publicKeyOf(key))
    }
    if (content.mesh !== undefined && (await this.#options.meshKey()) === undefined) {
      await restorer.keepMeshKey(content.mesh)
    }
    lent.end()
    await this.#options.onBroughtBack()
    return this.#tell()
  }

  /** A copy of the database for the person; everything but the keys. */
  async backUp(): Promise<SavedFile> {
    const { saveFile, store, backUpTo } = this.#options
    const at = this.#now()
    const saved = await saveFile(await backupFile(backUpTo, at))
    if (saved.type !== 'cancelled') store.setBackedUp(at)
    await this.#tell()
    return saved
  }

  /** One part of a backup that the window sends. @throws RejectedError `BACKUP_UNUSABLE`. */
  uploadBackup(upload: string, part: number, base64: string): Promise<void> {
    return this.#options.restorer.receive(upload, part, base64)
  }

  /**
   * Restores a profile that has no operator: keys from the kit, everything else from the backup.
   * Without a kit where the keychain remembers the operator of this profile and holds its key.
   * @throws ConflictError `PROFILE_HAS_OPERATOR`; RejectedError `BACKUP_…`, `KIT_…`.
   */
  async restore(presented: PresentedKit | null, upload: string): Promise<Restoration> {
    const content = presented === null ? null : await openPresented(presented)
    const operator = content?.operator ?? (await this.#options.remembered())
    if (operator === undefined) throw kitNeeded()
    const restored = await this.#options.restorer.restore(content, operator, upload)
    await this.#tell()
    return restored
  }

  async #content(
    operator: KitContent['operator'],
    form: 'file' | 'page',
    id: string,
    createdAt: Date,
  ): Promise<KitContent> {
    const known = this.#options.store.knownKeys()
    const wanted = form === 'file' ? known : known.filter(({ purpose }) => purpose === 'identity')
    const keys: KitKey[] = []
    const absent: KnownKey[] = []
    for (const key of wanted) {
      const seed = await this.#options.lent.get(key.publicKey)
      if (seed !== undefined) {
        keys.push({ kind: key.kind, holder: key.holder, purpose: key.purpose, seed })
      } else if (key.purpose === 'identity') {
        absent.push(key)
      }
    }
    if (absent.length > 0) throw keysNotHere(absent.map(({ holder }) => holder))
    const mesh = form === 'file' ? await this.#options.meshKey() : undefined
    return {
      format: 'muster-recovery-kit',
      version: 1,
      id,
      createdAt: createdAt.toISOString(),
      operator,
      keys,
      ...(mesh === undefined ? {} : { mesh }),
    }
  }

  /** Opens a kit of this deployment. */
  async #open(presented: PresentedKit): Promise<KitContent> {
    const current = this.#options.operator()
    if (current === undefined) throw noOperator()
    const content = await openPresented(presented)
    if (content.operator.publicKey !== current.publicKey) {
      throw foreignKit(content.operator.publicKey)
    }
    return content
  }

  #recordRehearsal(content: KitContent, presented: PresentedKit): void {
    const { store } = this.#options
    const identities = content.keys.filter(({ purpose }) => purpose === 'identity')
    if (!store.kits().some(({ id }) => id === content.id)) {
      // Made by another profile of this deployment, or after the backup that this one came from.
      store.addKit({
        id: content.id,
        createdAt: new Date(content.createdAt),
        form: isPaperText(presented.text) ? 'page' : 'file',
        sealedTo: presented.keyhole.kind === 'passphrase' ? 'passphrase' : 'recipients',
        rehearsedAt: null,
        keys: new Set(identities.map(publicKeyOf)),
      })
    }
    store.setRehearsed(content.id, this.#now())
  }

  /** Whether the keychain holds no key of the operator at all. */
  async #isLost(operator: KitContent['operator'] | undefined): Promise<boolean> {
    if (operator === undefined) return false
    const { store, lent } = this.#options
    for (const { kind, publicKey } of store.knownKeys()) {
      if (kind === 'operator' && (await lent.get(publicKey)) !== undefined) return false
    }
    return true
  }

  async #placeOf(publicKey: string): Promise<'here' | 'lent' | 'offline'> {
    const { keychain, lent } = this.#options
    if ((await keychain.get(publicKey)) !== undefined) return 'here'
    return lent.isLent(publicKey) ? 'lent' : 'offline'
  }

  async #tell(): Promise<RecoveryState> {
    const state = await this.state()
    this.#options.onChange(state)
    return state
  }

  /** Notes beginning and end in the audit log. */
  async #noted<T>(
    action: 'recovery-kit' | 'recovery-rehearsal' | 'key-import',
    subject: string,
    reason: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const { audit, operator } = this.#options
    const line = { action, key: operator()?.publicKey ?? null, subject, reason }
    const [begun] = audit.record([{ ...line, result: 'begun' }])
    const link = begun === undefined ? {} : { begun }
    try {
      const result = await work()
      audit.record([{ ...line, ...link, result: 'done' }])
      return result
    } catch (error) {
      audit.record([{ ...line, ...link, result: 'failed' }])
      throw error
    }
  }
}

/** Opens what the person presents: a kit file, or what was typed or scanned off its page. */
async function openPresented({ text, keyhole }: PresentedKit): Promise<KitContent> {
  return openKit(isPaperText(text) ? bytesOfPaper(text) : text, keyhole)
}

function adviceFor(
  hasOperator: boolean,
  kits: number,
  identities: RecoveryState['identities'],
): RecoveryState['advice'] {
  if (!hasOperator) return 'none'
  if (kits === 0) return 'make'
  if (identities.every(({ covered }) => !covered)) return 'rehearse'
  return identities.every(({ covered }) => covered) ? 'none' : 'renew'
}

function sealedToWords(sealing: z.infer<typeof KitSealing>): string {
  if (sealing.kind === 'passphrase') return 'a passphrase'
  return sealing.recipients.length === 1
    ? `the age key ${sealing.recipients[0] ?? ''}`
    : `${sealing.recipients.length} age keys`
}
