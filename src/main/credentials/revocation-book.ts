import type {
  Revocation,
  RevocationEvidence,
  RevocationsUpdate,
  RevocationStep,
} from '#shared/contract/credentials.ts'
import { messageOf } from '#shared/errors.ts'
import type { RevocationOrder } from '../authority/revocation-order.ts'
import type { Logger } from '../log/logger.ts'
import { revocationUnknown } from './revocation-errors.ts'
import type { RevocationRecords } from './revocation-records.ts'

/** The revocations, those under way in memory, and whoever watches them. */
export class RevocationBook {
  readonly #records: RevocationRecords
  readonly #log: Logger
  readonly #live = new Map<string, { view: Revocation; readonly order: RevocationOrder }>()
  readonly #listeners = new Set<(update: RevocationsUpdate) => void>()

  constructor(records: RevocationRecords, log: Logger) {
    this.#records = records
    this.#log = log
  }

  /** Writes a new one down. @throws TransientError `DISK_FULL` */
  open(view: Revocation, order: RevocationOrder, credentialIds: readonly string[]): void {
    this.#records.add({ view, order }, credentialIds)
    this.#live.set(view.id, { view, order })
    this.#tell(view)
  }

  /** @throws RejectedError `REVOCATION_UNKNOWN` */
  view(id: string): Revocation {
    return this.#entry(id).view
  }

  /** @throws RejectedError `REVOCATION_UNKNOWN` */
  order(id: string): RevocationOrder {
    return this.#entry(id).order
  }

  /** What is live, or as it was recorded. */
  current(view: Revocation): Revocation {
    return this.#live.get(view.id)?.view ?? view
  }

  /**
   * Changes what is seen of one and writes it down.
   */
  change(id: string, change: Partial<Revocation>): Revocation {
    const entry = this.#entry(id)
    entry.view = { ...entry.view, ...change }
    try {
      this.#records.save(entry.view)
    } catch (error) {
      // What matters is in the ledger and the journal; on a full disk the rest is shown all the same.
      this.#log.warn('what was seen of a revocation could not be kept', {
        reason: messageOf(error),
      })
    }
    this.#tell(entry.view)
    return entry.view
  }

  evidence(id: string, evidence: RevocationEvidence): void {
    this.change(id, { evidence })
  }

  /** Sets the state of one step. */
  step(id: string, name: RevocationStep['name'], change: Partial<RevocationStep>): void {
    const steps = this.view(id).steps.map((step) =>
      step.name === name ? { ...step, ...change } : step,
    )
    this.change(id, { steps })
  }

  /**
   * Notes within the transaction that ends the credentials when that was. The listeners hear with the
   * next change, since the transaction may still fail.
   */
  noteRevoked(id: string, at: Date): Revocation {
    const view = { ...this.view(id), revokedAt: at.toISOString(), canCancel: false }
    this.#records.save(view)
    return view
  }

  /** Nothing more is expected of it: from now on it is read from the database. */
  release(id: string): void {
    this.#live.delete(id)
  }

  readonly subscribe = (listener: (update: RevocationsUpdate) => void): (() => void) => {
    this.#listeners.add(listener)
    const revocations = this.#records.latest().map((view) => this.current(view))
    listener({ type: 'snapshot', revocations })
    return () => void this.#listeners.delete(listener)
  }

  #entry(id: string): { view: Revocation; readonly order: RevocationOrder } {
    const known = this.#live.get(id)
    if (known !== undefined) return known
    const record = this.#records.record(id)
    if (record === undefined) throw revocationUnknown()
    const entry = { ...record }
    this.#live.set(id, entry)
    return entry
  }

  #tell(revocation: Revocation): void {
    for (const listener of this.#listeners) listener({ type: 'changed', revocation })
  }
}
