import type { ClientOptions } from '@orpc/client'
import { TransientError } from '#shared/errors.ts'
import type { CallContext, Transport } from './transport.ts'

/** The error of every call while there is no wire to main. */
export function connectionLost(): TransientError {
  return new TransientError({
    code: 'CONNECTION_LOST',
    message: 'The connection between this window and Muster is lost.',
    advice: 'Wait until the banner at the top is gone, then try again.',
  })
}

function callTimedOut(deadlineMs: number): TransientError {
  return new TransientError({
    code: 'CALL_TIMED_OUT',
    message: `Muster did not answer within ${Math.round(deadlineMs / 1000)} s. What was asked may still happen.`,
    advice: 'Look whether it took effect before you try again.',
    details: { deadlineMs },
  })
}

/**
 * One call over one wire that always ends: with its answer, at its deadline, when the wire goes,
 * or when the caller gives up. oRPC itself waits for ever on a wire that died silently. A stream
 * is held to the deadline until it begins, and to the wire and its caller until it ends.
 * @throws TransientError `CALL_TIMED_OUT`, `CONNECTION_LOST`; otherwise what main answered.
 */
export async function guardedCall(
  transport: Transport,
  path: readonly string[],
  input: unknown,
  options: ClientOptions<CallContext>,
  deadlineMs: number,
): Promise<unknown> {
  options.signal?.throwIfAborted()
  const guard = new CallGuard(transport, options.signal)
  const timer = setTimeout(() => guard.end(callTimedOut(deadlineMs)), deadlineMs)
  let isStream = false
  try {
    const call = transport.link.call(path, input, { ...options, signal: guard.signal })
    const output = await guard.unlessEnded(call)
    isStream = isAsyncIterable(output)
    return isAsyncIterable(output) ? guarded(output, guard) : output
  } finally {
    clearTimeout(timer)
    if (!isStream) guard.release()
  }
}

/** Ends one call early: for its caller, for its wire, or for its deadline. */
class CallGuard {
  readonly #transport: Transport
  readonly #caller: AbortSignal | undefined
  readonly #abort = new AbortController()
  #reason: unknown
  // One slot instead of a promise to race with: a race that is never decided keeps every value.
  #reject: (reason: unknown) => void = () => undefined

  constructor(transport: Transport, caller: AbortSignal | undefined) {
    this.#transport = transport
    this.#caller = caller
    transport.gone.addEventListener('abort', this.#onGone)
    caller?.addEventListener('abort', this.#onCaller)
    if (transport.gone.aborted) this.#onGone()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  end(reason: unknown): void {
    this.#reason ??= reason
    // Over a dead wire there is nobody to tell, and oRPC would throw where nobody can catch it.
    if (!this.#transport.gone.aborted) this.#abort.abort(reason)
    this.#reject(this.#reason)
  }

  unlessEnded<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      work.then(resolve, reject)
      if (this.#reason !== undefined) reject(this.#reason)
    })
  }

  release(): void {
    this.#transport.gone.removeEventListener('abort', this.#onGone)
    this.#caller?.removeEventListener('abort', this.#onCaller)
  }

  readonly #onGone = () => this.end(connectionLost())
  readonly #onCaller = () => this.end(this.#caller?.reason)
}

async function* guarded(stream: AsyncIterable<unknown>, guard: CallGuard): AsyncGenerator {
  const iterator = stream[Symbol.asyncIterator]()
  try {
    while (true) {
      const next = await guard.unlessEnded(iterator.next())
      if (next.done === true) return
      yield next.value
    }
  } finally {
    guard.release()
    // Not awaited: over a dead wire it would never end.
    iterator.return?.().catch(() => undefined)
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
