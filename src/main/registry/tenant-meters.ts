/** Tenants that are told apart; made-up ones must not fill the memory. */
const MAX_TENANTS = 10_000

/** What a tenant has sent of late. Plain numbers: the heartbeat path adds to them. */
export interface TenantMeter {
  heartbeats: number
  /** Of these, counted when the rate was looked at last. */
  counted: number
  /** Up to when its changes of status, and heartbeats of unknown devices, are paid for: see `payFor`. */
  changesPaidMs: number
  unknownPaidMs: number
}

/** One meter for each tenant that was heard. */
export class TenantMeters {
  readonly #meters = new Map<string, TenantMeter>()
  readonly #others = newMeter()

  get size(): number {
    return this.#meters.size
  }

  of(tenant: string): TenantMeter {
    const known = this.#meters.get(tenant)
    if (known !== undefined) return known
    if (this.#meters.size >= MAX_TENANTS) return this.#others
    const meter = newMeter()
    this.#meters.set(tenant, meter)
    return meter
  }

  entries(): IterableIterator<[string, TenantMeter]> {
    return this.#meters.entries()
  }
}

function newMeter(): TenantMeter {
  return { heartbeats: 0, counted: 0, changesPaidMs: 0, unknownPaidMs: 0 }
}
