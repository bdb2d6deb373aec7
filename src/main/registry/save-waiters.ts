import type { DeviceEntry } from './device-entry.ts'

/** A device that registers waits no longer for the store; then it is kept in memory for the while. */
const SAVED_WITHIN_MS = 1000
const LOOK_EVERY_MS = 250

/** Somebody who waits for one registration to be written. */
export interface SaveWaiter extends PromiseWithResolvers<void> {
  readonly sinceMs: number
}

/** Who waits until a registration is written, and for how long at most. */
export class SaveWaiters {
  /** Of registrations that are not under way yet. */
  readonly #due = new Map<DeviceEntry, SaveWaiter>()
  /** Those and the ones under way, in the order in which they came. */
  readonly #all = new Set<SaveWaiter>()
  #timer: NodeJS.Timeout | undefined

  /** Resolves once this registration was released, or at the end of the time. */
  wait(entry: DeviceEntry): Promise<void> {
    let waiter = this.#due.get(entry)
    if (waiter === undefined) {
      waiter = { ...Promise.withResolvers<void>(), sinceMs: performance.now() }
      this.#due.set(entry, waiter)
      this.#all.add(waiter)
    }
    this.#timer ??= setInterval(() => this.#releaseLate(), LOOK_EVERY_MS)
    return waiter.promise
  }

  /** The registration is under way: who waits for it is released by that, later ones by the next. */
  take(entry: DeviceEntry): SaveWaiter | undefined {
    const waiter = this.#due.get(entry)
    this.#due.delete(entry)
    return waiter
  }

  release(waiter: SaveWaiter | undefined): void {
    if (waiter === undefined) return
    waiter.resolve()
    this.#all.delete(waiter)
  }

  releaseAll(): void {
    for (const waiter of this.#all) this.release(waiter)
    this.#due.clear()
  }

  close(): void {
    this.releaseAll()
    clearInterval(this.#timer)
  }

  #releaseLate(): void {
    const late = performance.now() - SAVED_WITHIN_MS
    for (const waiter of this.#all) {
      if (waiter.sinceMs > late) return
      this.release(waiter)
    }
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
