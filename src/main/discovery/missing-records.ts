import type { Instance, LinkStore } from './link-store.ts'
import { firstDelayMs, intervalAfterMs } from './query-schedule.ts'

/** An instance to ask, and for what. */
export interface MissingRecords {
  readonly instance: Instance
  readonly what: ReturnType<LinkStore['missingOf']>
}

interface Plan {
  readonly what: MissingRecords['what']
  asked: number
  askAt: number
}

/**
 * Plans direct questions for what instances have not told: once after 20 to 120 ms, since often
 * the rest is on its way in the next packet, then 1, 2, 4 … seconds later up to an hour.
 */
export class MissingRecordsPlan {
  readonly #store: LinkStore
  readonly #random: () => number
  readonly #plans = new Map<string, Plan>()

  constructor(store: LinkStore, random: () => number) {
    this.#store = store
    this.#random = random
  }

  /** Looks again at what this instance lacks. */
  note(instance: Instance, now: number): void {
    const what = this.#store.missingOf(instance.key)
    if (what === '') this.#plans.delete(instance.key)
    else if (this.#plans.get(instance.key)?.what !== what) {
      this.#plans.set(instance.key, { what, asked: 0, askAt: now + firstDelayMs(this.#random) })
    }
  }

  /**
   * Looks again at all instances and takes up to `most` that are due. Those that have been asked
   * least come first, so that a flood of empty names starves nobody.
   */
  take(now: number, most: number): MissingRecords[] {
    const due: (MissingRecords & { readonly plan: Plan })[] = []
    const alive = new Set<string>()
    for (const instance of this.#store.instances()) {
      alive.add(instance.key)
      this.note(instance, now)
      const plan = this.#plans.get(instance.key)
      if (plan && plan.askAt <= now) due.push({ instance, what: plan.what, plan })
    }
    for (const key of this.#plans.keys()) if (!alive.has(key)) this.#plans.delete(key)
    const taken = due.sort((left, right) => left.plan.asked - right.plan.asked).slice(0, most)
    for (const { plan } of taken) {
      plan.asked++
      plan.askAt = now + intervalAfterMs(plan.asked)
    }
    return taken
  }

  get nextAt(): number {
    let at = Number.POSITIVE_INFINITY
    for (const plan of this.#plans.values()) at = Math.min(at, plan.askAt)
    return at
  }
}
