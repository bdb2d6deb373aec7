import type {
  BundleJob,
  BundleOrder,
  BundleReceipt,
  StarterName,
} from '#shared/contract/bundles.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { assemble, type AssembledBundle } from './assemble.ts'
import type { BundleState, BundleWork } from './bundle-procedure.ts'
import type { BundleAuthority } from './collaborators.ts'
import type { ContentFile, PackedCredential, Parcel } from './content/content-file.ts'
import type { PlannedItem } from './content/plan.ts'
import type { DeliveredFile, Destination, OutgoingFile } from './deliver/destination.ts'
import { issueFor, newKeys, repackedOf, type NewKey } from './issue-credentials.ts'
import type { Manifest } from './manifest/manifest.ts'
import { sha256Of } from './manifest/sign-manifest.ts'
import type { Sealing } from '../age/age-file.ts'

/** A receipt lists so many names; the manifest has them all. */
const MAX_RECEIPT_NAMES = 500

export interface BundleRunOptions {
  readonly id: string
  readonly order: Omit<BundleOrder, 'destination'>
  readonly items: readonly PlannedItem[]
  /** The tenant's account (A…). */
  readonly account: string
  readonly operator: Manifest['operator']
  readonly dialect: Parcel['dialect']
  readonly caPem: string | null
  readonly sealing: Sealing | null
  /** Names of those it is sealed to. */
  readonly people: readonly string[]
  readonly destination: Destination
  readonly authority: BundleAuthority
  readonly starters: (
    names: readonly StarterName[],
    place: { readonly tenant: string; readonly inTenantFolder: boolean },
  ) => Promise<ContentFile[]>
  readonly openerPage: () => Promise<string | null>
  /** Of Muster, for the manifest. */
  readonly madeBy: string
  /** User of the operating system, and the computer's name. */
  readonly by: string
  readonly now: () => Date
  readonly onProgress: (progress: Partial<Pick<BundleJob, 'step' | 'bytes' | 'totalBytes'>>) => void
  readonly record: (receipt: BundleReceipt, publicKeys: readonly string[]) => void
}

/** One bundle on its way: its secrets are here, for as long as it takes. */
export class BundleRun implements BundleWork {
  readonly #options: BundleRunOptions
  #keys: readonly NewKey[] = []
  #credentials: readonly PackedCredential[] = []
  #bundle: AssembledBundle | undefined
  #delivered: readonly DeliveredFile[] = []

  constructor(options: BundleRunOptions) {
    this.#options = options
  }

  makeKeys(): readonly string[] {
    this.#keys = newKeys(this.#options.items)
    return this.#keys.map(({ publicKey }) => publicKey)
  }

  async prepare(): Promise<BundleState['files']> {
    const { authority, order, items, dialect, onProgress, now } = this.#options
    const { choice, name } = order
    onProgress({ step: 'issuing' })
    const there = await repackedOf(authority, name, items)
    const issued = await issueFor(
      authority,
      choice,
      { name, root: `${dialectOf(dialect).subjectRoot}.${choice.tenant}` },
      this.#keys,
    )
    this.#credentials = [...there, ...issued].toSorted((one, other) =>
      one.file < other.file ? -1 : 1,
    )
    onProgress({ step: 'sealing' })
    const parcel = this.#parcel(now())
    const { id, account, operator, sealing, madeBy } = this.#options
    this.#bundle = await assemble({
      facts: {
        id,
        kind: choice.kind,
        parcel,
        operator,
        accounts: authority.accountsOf([account]),
        madeBy,
      },
      name,
      starters: await this.#options.starters(choice.starters, {
        tenant: choice.tenant,
        inTenantFolder: choice.kind === 'tenant',
      }),
      sealing,
      openerPage: await this.#options.openerPage(),
      sign: (text) =>
        authority.signStatement(text, {
          action: 'bundle-sign',
          subject: `bundle ${name}`,
          reason: `The manifest of ${this.#credentials.length} credentials of ${choice.tenant}.`,
        }),
    })
    return this.#files().map((file) => ({ name: file.name, sha256: sha256Of(file.content) }))
  }

  async deliver(signal: AbortSignal): Promise<void> {
    const { destination, onProgress } = this.#options
    this.#delivered = await destination.deliver(this.#files(), {
      signal,
      onProgress: ({ step, bytes, total }) => onProgress({ step, bytes, totalBytes: total }),
    })
  }

  async takeBack(): Promise<void> {
    await this.#options.destination.takeBack(this.#delivered)
    this.#delivered = []
  }

  untouched(): boolean {
    return this.#options.destination.untouched?.() ?? false
  }

  record(): void {
    const { onProgress, record } = this.#options
    onProgress({ step: 'recording' })
    record(
      this.#receipt(),
      this.#credentials.map(({ publicKey }) => publicKey),
    )
  }

  #files(): readonly OutgoingFile[] {
    return this.#bundle?.files ?? []
  }

  #parcel(createdAt: Date): Parcel {
    const { order, caPem, dialect } = this.#options
    const { tenant, alsoCreds, certificates, starters } = order.choice
    return {
      dialect,
      tenant,
      urls: order.urls,
      caPem,
      credentials: this.#credentials,
      alsoCreds,
      certificates,
      starters,
      createdAt,
    }
  }

  #receipt(): BundleReceipt {
    const { id, order, people, destination, by, now } = this.#options
    const { choice, name, urls, sealing } = order
    const ends = this.#credentials.map(({ expiresAt }) => expiresAt.getTime())
    return {
      id,
      at: now().toISOString(),
      by,
      kind: choice.kind,
      tenant: choice.tenant,
      name,
      credentials: this.#credentials.length,
      issued: this.#keys.length,
      urls,
      sealing: sealing.kind,
      people: [...people],
      destination: { ...destination.facts },
      files: [...this.#delivered],
      manifestSha256: this.#bundle?.manifestSha256 ?? '',
      signedBy: this.#bundle?.signedBy ?? '',
      expiresAt: ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString(),
      names: this.#credentials.slice(0, MAX_RECEIPT_NAMES).map((credential) => credential.name),
    }
  }
}
