import { problemOf } from '#shared/problem-of.ts'
import type { Logger } from '../log/logger.ts'
import { isNew } from './arrival.ts'
import type { ConnectionWitness } from './connection-witness.ts'
import { cameLate } from './renewal-errors.ts'
import type { RenewalIssuer } from './renewal-issuer.ts'
import type { ItemRecord, RenewalStore } from './renewal-store.ts'

export interface LateArrivalsOptions {
  readonly store: RenewalStore
  readonly issuer: RenewalIssuer
  readonly witness: Pick<ConnectionWitness, 'expect'>
  readonly now: () => Date
  readonly log: Logger
  readonly onChange: (jobId: string) => void
}

/**
 * Looks out for new credentials that are used later than anybody waited: files that somebody carries to
 * their devices, and what was taken back without a revocation from a device that was away. Otherwise the
 * ledger would say something else than the server lets happen.
 */
export class LateArrivals {
  readonly #options: LateArrivalsOptions
  readonly #stops = new Map<string, () => void>()

  constructor(options: LateArrivalsOptions) {
    this.#options = options
  }

  /** Takes in an item that has just ended so. */
  take(jobId: string, sequence: number): void {
    const item = this.#options.store.item(jobId, sequence)
    if (item !== undefined) this.#await(keyOf(item), item)
  }

  /** Takes in all that are to be looked out for, and lets go of what has expired. */
  refresh(): void {
    const { store, now } = this.#options
    const wanted = new Map(store.unseen(now()).map((item) => [keyOf(item), item]))
    for (const [key, stop] of this.#stops) {
      if (wanted.has(key)) continue
      stop()
      this.#stops.delete(key)
    }
    for (const [key, item] of wanted) this.#await(key, item)
  }

  close(): void {
    for (const stop of this.#stops.values()) stop()
    this.#stops.clear()
  }

  #await(key: string, item: ItemRecord): void {
    const { issuer, witness } = this.#options
    if (this.#stops.has(key)) return
    const state = issuer.stateOf(item.new_ledger_id ?? '')
    if (state !== 'pending' && state !== 'struck') return
    const stop = witness.expect({
      account: item.account,
      publicKey: item.public_key,
      soon: false,
      onSeen: (sighting) => {
        // A connection that merely began later says nothing here: the old credential is in use too.
        if (sighting.digest !== undefined && isNew(item, sighting)) this.#onArrived(key, item)
      },
    })
    this.#stops.set(key, stop)
  }

  #onArrived(key: string, item: ItemRecord): void {
    const { store, issuer, now, log, onChange } = this.#options
    const id = item.new_ledger_id ?? ''
    this.#stops.get(key)?.()
    this.#stops.delete(key)
    if (item.state === 'written') issuer.confirm(id)
    else issuer.reinstate(id)
    if (issuer.stateOf(id) !== 'active') return
    store.changeItem(item, {
      state: 'renewed',
      problem: item.state === 'written' ? null : problemOf(cameLate()),
      ended_at: now().getTime(),
    })
    log.info('A renewed credential came into use', {
      deviceId: item.device_id,
      tenant: item.tenant,
      publicKey: item.public_key,
    })
    onChange(item.job_id)
  }
}

function keyOf({ job_id, sequence }: ItemRecord): string {
  return `${job_id} ${sequence}`
}
