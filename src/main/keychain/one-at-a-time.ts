export interface CallLimit {
  readonly timeoutMs: number
  /** Made only where the time is over. */
  readonly timeoutError: () => Error
  /** Ends the wait, not the call: native calls can't be interrupted. */
  readonly signal: AbortSignal
}

/**
 * Runs asynchronous calls one after the other.
 *
 * For native calls this also bounds harm: each occupies a thread of libuv's pool (four, shared
 * with file access and scrypt) for as long as it hangs, so at most one may ever hang. Those behind
 * it fail at their own deadline, and one that gave up before its turn is never started.
 */
export class OneAtATime {
  #tail: Promise<unknown> = Promise.resolve()
  #running = 0

  /** True while a call has not come back, also after its caller gave up waiting. */
  get busy(): boolean {
    return this.#running > 0
  }

  /** @throws what the call throws, the limit's timeout error, or its signal's reason. */
  run<T>(call: () => Promise<T>, limit?: CallLimit): Promise<T> {
    let abandoned = false
    const done = Promise.withResolvers<T>()
    const turn = this.#tail.then(async () => {
      if (abandoned) return
      this.#running += 1
      try {
        done.resolve(await call())
      } catch (error) {
        done.reject(error)
      } finally {
        this.#running -= 1
      }
    })
    this.#tail = turn
    if (limit === undefined) return done.promise

    const giveUp = (error: unknown) => {
      abandoned = true
      done.reject(error)
    }
    const aborted = () => giveUp(limit.signal.reason)
    const timer = setTimeout(() => giveUp(limit.timeoutError()), limit.timeoutMs)
    if (limit.signal.aborted) aborted()
    else limit.signal.addEventListener('abort', aborted, { once: true })
    return done.promise.finally(() => {
      clearTimeout(timer)
      limit.signal.removeEventListener('abort', aborted)
    })
  }
}
