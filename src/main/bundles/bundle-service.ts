import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type {
  BundleChoice,
  BundleJob,
  BundleKind,
  BundleOrder,
  BundlePlan,
  BundleReceipt,
  BundlesSnapshot,
  FolderCheck,
  HandOverTicket,
  HostCandidate,
  HostCheck,
  Person,
} from '#shared/contract/bundles.ts'
import type { SavedFile } from '#shared/contract/common.ts'
import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { Logger } from '../log/logger.ts'
import type { Procedure } from '../steps/procedures.ts'
import { inTransaction } from '../storage/database.ts'
import { bundleFileNames, estimatedBytes } from './assemble.ts'
import { bundleRunning, cancelled, nothingToHandOver, plainSynced } from './bundle-errors.ts'
import { bundleProcedure, type BundleState } from './bundle-procedure.ts'
import { BundleRun, type BundleRunOptions } from './bundle-run.ts'
import type { BundleAuthority, BundleMesh } from './collaborators.ts'
import { checkHost, hostCandidates, requireUrls } from './content/hosts.ts'
import { planOf, requireOperator, type Planned } from './content/plan-bundle.ts'
import { checkFolder } from './deliver/folder-destination.ts'
import type { Destination, OpenDestination } from './deliver/destination.ts'
import { receiptPage } from './deliver/receipt-page.ts'
import { ReceiptStore } from './deliver/receipt-store.ts'
import { handOverEnded } from './deliver/lan/hand-over-errors.ts'
import { servedAddresses } from '../web/served-address.ts'
import { AddressBook } from './seal/address-book.ts'
import type { Sealing } from '../age/age-file.ts'

/** As many receipts as the window shows. */
const MAX_RECEIPTS = 500
/** Progress reaches the window so often at most. */
const TELL_EVERY_MS = 100
/** A slow stick may take that long until it has written what is left. */
const EJECT_TIMEOUT_MS = 60_000
/** Beside the one at which enrollment serves. */
const HAND_OVER_PORT = 9444

export interface BundleServiceOptions {
  /** With BUNDLE_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly authority: BundleAuthority
  readonly mesh: BundleMesh
  readonly audit: KeyAudit
  readonly openDestination: OpenDestination
  /** Where a removable drive is mounted now, by its id; null where it is not plugged in. */
  readonly folderOfDrive: (id: string, signal: AbortSignal) => Promise<string | null>
  readonly starters: BundleRunOptions['starters']
  /** The page that opens a sealed bundle in a browser; null where this Muster was not built with one. */
  readonly openerPage: BundleRunOptions['openerPage']
  readonly saveFile: SaveFile
  readonly log: Logger
  readonly version: string
  /** User of the operating system, and the computer's name. */
  readonly by: string
  readonly now?: () => Date
}

/** Bundles on their way out: planned, made, handed over, receipted. */
export class BundleService {
  readonly #options: BundleServiceOptions
  readonly #now: () => Date
  readonly #receipts: ReceiptStore
  readonly #book: AddressBook
  readonly #procedure: Procedure<BundleState>
  readonly #listeners = new Set<(update: BundlesSnapshot) => void>()
  #job: BundleJob | null = null
  readonly #runs = new Map<string, BundleRun>()
  #cancel = new AbortController()
  /** The one that the other side comes to fetch. */
  #fetched: { readonly id: string; readonly ticket: () => HandOverTicket } | undefined
  #working: Promise<void> = Promise.resolve()
  #toldAt = 0

  constructor(options: BundleServiceOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
    this.#receipts = new ReceiptStore(options.database)
    this.#book = new AddressBook(options.database, this.#now)
    this.#procedure = options.authority.procedures.register(
      bundleProcedure({
        authority: options.authority,
        workOf: (id) => this.#runs.get(id),
        folderOfDrive: options.folderOfDrive,
      }),
    )
  }

  /** The bundle under way, receipts and address book; then each change. */
  subscribe(listener: (update: BundlesSnapshot) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#snapshot())
    return () => void this.#listeners.delete(listener)
  }

  /**
   * What a choice comes to. Issues nothing.
   * @throws ConflictError `AUTHORITY_NOT_SET_UP`; RejectedError `TENANT_UNKNOWN`.
   */
  async plan(choice: BundleChoice): Promise<BundlePlan> {
    return (await this.#planned(choice)).plan
  }

  /** @throws RejectedError `NO_MESH`, `MESH_NOT_OURS`; TransientError `MESH_NOT_CONNECTED`. */
  hosts(kind: BundleKind): HostCandidate[] {
    const { mesh } = this.#options
    return hostCandidates({ urls: mesh.deviceEndpoint().urls, own: mesh.ownAddresses() }, kind)
  }

  checkHost(url: string, signal: AbortSignal): Promise<HostCheck> {
    return checkHost(url, this.#options.mesh.deviceEndpoint().caPem ?? null, signal)
  }

  checkFolder(path: string): Promise<FolderCheck> {
    return checkFolder(path)
  }

  /**
   * Begins a bundle; `subscribe` tells how it goes on. One at a time. What can be wrong with the order is found
   * before anything is issued.
   * @throws ConflictError `BUNDLE_RUNNING`, `FILE_EXISTS`; RejectedError `BUNDLE_EMPTY`, `BUNDLE_LOOPBACK`, `URL_INVALID`,
   *   `PERSON_UNKNOWN`, `FOLDER_…`, `BUNDLE_PLAIN_SYNCED`; TransientError `DISK_FULL`.
   */
  async create(order: BundleOrder): Promise<BundleJob> {
    if (this.#job?.state === 'running') throw bundleRunning()
    const id = randomUUID()
    const job: BundleJob = {
      id,
      name: order.name,
      state: 'running',
      step: 'issuing',
      credentials: 0,
      bytes: 0,
      totalBytes: 0,
      beganAt: this.#now().toISOString(),
      endedAt: null,
      problem: null,
      receipt: null,
      ejection: { state: 'none' },
      handOver: null,
    }
    this.#job = job
    this.#cancel = new AbortController()
    const { signal } = this.#cancel
    try {
      const checked = await this.#check(order)
      const destination = await this.#openFor(order, checked.planned.items.length, signal)
      this.#follow(id, order, destination)
      this.#change({ credentials: checked.planned.items.length })
      this.#runs.set(
        id,
        this.#runOf(id, order, checked, destination, (step) => this.#change(step)),
      )
      this.#working = this.#work(id, order, destination, signal)
    } catch (error) {
      this.#job = null
      this.#tell()
      throw error
    }
    return this.#job
  }

  /** Takes back the bundle under way: what was issued is withdrawn, what was written removed. */
  cancel(id: string): void {
    if (this.#job?.id === id) this.#cancel.abort(cancelled())
  }

  /** Addresses of this computer under which a bundle could be fetched, those of the network first. */
  servers(): { url: string; loopback: boolean }[] {
    return servedAddresses(HAND_OVER_PORT)
  }

  /** A code for the bundle that waits to be fetched. Secret. @throws ConflictError `HAND_OVER_ENDED`. */
  newCode(id: string): HandOverTicket {
    if (this.#fetched?.id !== id || this.#job?.state !== 'running') throw handOverEnded()
    return this.#fetched.ticket()
  }

  /**
   * Makes a bundle beside the window's and hands it to a destination that is there already, such as the answer
   * to somebody's request. What fails is taken back. `id` becomes that of its receipt.
   * @throws as `create`, and what the destination throws.
   */
  async handOver(
    id: string,
    order: Omit<BundleOrder, 'destination'>,
    destination: Destination,
    signal: AbortSignal,
  ): Promise<void> {
    const checked = await this.#check(order)
    this.#runs.set(
      id,
      this.#runOf(id, order, checked, destination, () => undefined),
    )
    try {
      await this.#procedure.start(startOf(id, order, destination), signal)
      this.#tell()
    } finally {
      this.#runs.delete(id)
    }
  }

  /** Keys (U…) of what went out with a receipt; undefined where there is no such receipt. */
  keysOf(receipt: string): readonly string[] | undefined {
    return this.#receipts.keysOf(receipt)
  }

  /** Receipts of what a key (U…) went out with, the newest first. */
  receiptsOfKey(publicKey: string): BundleReceipt[] {
    return this.#receipts.receiptsOfKey(publicKey).map((id) => this.#receipts.receipt(id))
  }

  /** @throws RejectedError `RECEIPT_UNKNOWN`, `FILE_NOT_WRITTEN`. */
  printReceipt(id: string): Promise<SavedFile> {
    const receipt = this.#receipts.receipt(id)
    return this.#options.saveFile({
      name: `receipt-${receipt.name}-${receipt.at.slice(0, 10)}.html`,
      mediaType: 'text/html; charset=utf-8',
      content: receiptPage(receipt),
    })
  }

  /** @throws RejectedError `BUNDLE_RECIPIENT`; ConflictError `PERSON_EXISTS`. */
  addPerson(person: Pick<Person, 'name' | 'publicKey' | 'note'>): Person {
    const added = this.#book.add(person)
    this.#tell()
    return added
  }

  removePerson(id: string): void {
    this.#book.remove(id)
    this.#tell()
  }

  /** Cancels what is under way and waits until it is taken back. */
  async close(): Promise<void> {
    this.#cancel.abort(cancelled())
    await this.#working
    this.#listeners.clear()
  }

  async #check(order: Omit<BundleOrder, 'destination'>): Promise<CheckedOrder> {
    const { choice, sealing } = order
    requireUrls(order.urls, order.allowLoopback)
    const people = sealing.kind === 'people' ? this.#book.chosen(sealing.people) : []
    const planned = await this.#planned(choice)
    const items = planned.items.filter(({ way }) => way !== 'refuse')
    if (items.length === 0) {
      throw nothingToHandOver(planned.items[0]?.reason ?? 'no device was chosen.')
    }
    return { planned: { ...planned, items }, people, sealing: sealingOf(sealing, people) }
  }

  async #openFor(
    order: BundleOrder,
    credentials: number,
    signal: AbortSignal,
  ): Promise<Destination> {
    const destination = await this.#options.openDestination(order.destination, signal)
    try {
      const { syncedBy } = destination.facts
      if (order.sealing.kind === 'plain' && syncedBy !== null) throw plainSynced(syncedBy)
      const need = { bytes: estimatedBytes(credentials), names: bundleFileNames(order) }
      await destination.check(need, signal)
      return destination
    } catch (error) {
      await destination.close()
      throw error
    }
  }

  /** Tells the window how a bundle is fetched, where its destination is of that kind. */
  #follow(id: string, order: BundleOrder, { handOver }: Destination): void {
    const [file] = bundleFileNames(order)
    this.#fetched = undefined
    if (handOver === undefined || file === undefined) return
    this.#fetched = { id, ticket: () => handOver.newTicket(file) }
    handOver.onChange((state) => {
      this.#change({ handOver: state })
      this.#tell()
    })
    this.#change({ handOver: handOver.state() })
  }

  #runOf(
    id: string,
    order: Omit<BundleOrder, 'destination'>,
    { planned, people, sealing }: CheckedOrder,
    destination: Destination,
    onProgress: BundleRunOptions['onProgress'],
  ): BundleRun {
    const { authority, mesh, starters, openerPage, version, by, database, audit } = this.#options
    const { name, publicKey, jwt, dialect } = requireOperator(authority.operator())
    return new BundleRun({
      id,
      order,
      items: planned.items,
      account: planned.account,
      operator: { name, publicKey, jwt },
      dialect,
      caPem: mesh.deviceEndpoint().caPem ?? null,
      sealing,
      people: people.map((person) => person.name),
      destination,
      authority,
      starters,
      openerPage,
      madeBy: `Muster ${version}`,
      by,
      now: this.#now,
      onProgress,
      record: (receipt, publicKeys) =>
        inTransaction(database, () => {
          this.#receipts.add(receipt, publicKeys)
          this.#book.used(people.map((person) => person.id))
          audit.record([
            {
              action: 'bundle-deliver',
              key: receipt.signedBy,
              subject: `bundle ${receipt.name}`,
              reason: inWords(receipt),
              result: 'done',
            },
          ])
        }),
    })
  }

  async #work(
    id: string,
    order: BundleOrder,
    destination: Destination,
    signal: AbortSignal,
  ): Promise<void> {
    const { log } = this.#options
    try {
      await this.#procedure.start(startOf(id, order, destination), signal)
      await this.#eject(destination)
      this.#change({ state: 'done', receipt: id, endedAt: this.#now().toISOString() })
      log.info('a bundle was handed over', { kind: order.choice.kind })
    } catch (thrown) {
      const error = toMusterError(thrown)
      const state = signal.aborted ? 'cancelled' : 'failed'
      this.#change({ state, problem: problemOf(error), endedAt: this.#now().toISOString() })
      if (state === 'failed') log.warn('a bundle could not be handed over', { error })
    } finally {
      this.#runs.delete(id)
      await destination
        .close()
        .catch((error: unknown) => log.warn('a destination did not close well', { error }))
    }
  }

  /** What was delivered stays delivered, whether the drive lets go or not. */
  async #eject(destination: Destination): Promise<void> {
    if (destination.eject === undefined) return
    this.#change({ step: 'ejecting' })
    try {
      await destination.eject(AbortSignal.timeout(EJECT_TIMEOUT_MS))
      this.#change({ ejection: { state: 'done' } })
    } catch (thrown) {
      const problem = problemOf(toMusterError(thrown))
      this.#change({ ejection: { state: 'failed', problem } })
    }
  }

  #planned(choice: BundleChoice): Promise<Planned> {
    return planOf(this.#options.authority, choice, this.#now())
  }

  #change(change: Partial<BundleJob>): void {
    if (this.#job === null) return
    const before = this.#job
    this.#job = { ...before, ...change }
    const now = performance.now()
    const sameStep = before.step === this.#job.step && before.state === this.#job.state
    if (sameStep && now - this.#toldAt < TELL_EVERY_MS) return
    this.#toldAt = now
    this.#tell()
  }

  #snapshot(): BundlesSnapshot {
    return {
      type: 'snapshot',
      job: this.#job,
      receipts: this.#receipts.receipts(MAX_RECEIPTS),
      people: this.#book.people(),
    }
  }

  #tell(): void {
    if (this.#listeners.size === 0) return
    const update = this.#snapshot()
    for (const listener of this.#listeners) listener(update)
  }
}

interface CheckedOrder {
  readonly planned: Planned
  readonly people: readonly Person[]
  readonly sealing: Sealing | null
}

function startOf(
  id: string,
  { name, sealing }: Pick<BundleOrder, 'name' | 'sealing'>,
  { facts, driveId }: Destination,
): BundleState {
  const sealed = sealing.kind !== 'plain'
  return {
    id,
    name,
    keys: [],
    before: [],
    folder: facts.path,
    drive: driveId ?? null,
    files: [],
    sealed,
    seen: false,
  }
}

function sealingOf(sealing: BundleOrder['sealing'], people: readonly Person[]): Sealing | null {
  switch (sealing.kind) {
    case 'plain':
      return null
    case 'passphrase':
      return sealing
    case 'people':
      return { kind: 'recipients', recipients: people.map(({ publicKey }) => publicKey) }
  }
}

/** For the audit log, which outlives the receipt. */
function inWords({
  credentials,
  tenant,
  destination,
  sealing,
  people,
  files,
  id,
}: BundleReceipt): string {
  const to =
    destination.serial === null
      ? destination.label
      : `${destination.label}, serial ${destination.serial}`
  const how = {
    plain: 'open',
    passphrase: 'sealed to a passphrase',
    people: `sealed to ${people.join(', ')}`,
  }
  return `${credentials} credentials of ${tenant} to ${to}; ${how[sealing]}; receipt ${id}; SHA-256 ${files[0]?.sha256 ?? ''}.`
}
