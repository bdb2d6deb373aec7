import type { ClientLink, ClientOptions } from '@orpc/client'
import { MusterError, TransientError } from '#shared/errors.ts'
import { deadlineOf } from './deadlines.ts'
import { connectionLost, guardedCall } from './guarded-call.ts'
import type { CallContext, OpenTransport, Transport } from './transport.ts'

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000

export type ConnectionState =
  | { readonly phase: 'connecting' }
  /** `generation` counts the wires: above 1 everything seen before may be outdated. */
  | { readonly phase: 'open'; readonly generation: number }
  | { readonly phase: 'lost'; readonly attempt: number; readonly everOpen: boolean }
  /** Trying again cannot help: the person needs a new link. */
  | { readonly phase: 'refused' }

/**
 * Keeps one wire to main open: opens it, notices its end, opens the next with backoff
 * (250 ms to 5 s), and is itself the link that the typed client calls through.
 */
export class Connection implements ClientLink<CallContext> {
  readonly #open: OpenTransport
  readonly #ended = new AbortController()
  readonly #listeners = new Set<() => void>()
  #state: ConnectionState = { phase: 'connecting' }
  #transport: Transport | undefined
  #generation = 0
  #wake: () => void = () => undefined

  constructor(open: OpenTransport) {
    this.#open = open
    void this.#run()
  }

  /** The current state; the same object until it changes. */
  readonly getState = (): ConnectionState => this.#state

  /** Calls `listener` after each change of state; the returned function ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Calls a procedure of main. Waits while the first wire is being opened, fails at once when
   * there was one and it is lost.
   * @throws TransientError `CONNECTION_LOST`, `CALL_TIMED_OUT`; otherwise what main answered.
   */
  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<CallContext>,
  ): Promise<unknown> {
    const deadlineMs = deadlineOf(path, input)
    if (this.#state.phase === 'connecting') {
      const limits = [AbortSignal.timeout(deadlineMs)]
      if (options.signal !== undefined) limits.push(options.signal)
      await this.#settled(AbortSignal.any(limits))
    }
    const transport = this.#transport
    if (transport === undefined) throw connectionLost()
    return guardedCall(transport, path, input, options, deadlineMs)
  }

  /** Resolves when there is a wire, at once if there is one now. Rejects when `signal` aborts. */
  async whenOpen(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.#state.phase !== 'open') await this.#nextChange(signal)
  }

  /** Opens the next wire now instead of at the end of the current pause. */
  retryNow(): void {
    this.#wake()
  }

  /** Ends the wire and every attempt to open one. */
  dispose(): void {
    this.#ended.abort()
    this.#transport?.close()
    this.#listeners.clear()
  }

  async #run(): Promise<void> {
    let attempt = 0
    while (!this.#ended.signal.aborted) {
      try {
        const transport = await this.#open(this.#ended.signal)
        attempt = 0
        this.#transport = transport
        this.#generation += 1
        this.#change({ phase: 'open', generation: this.#generation })
        await aborted(transport.gone)
      } catch (error) {
        if (isRefusal(error)) return this.#change({ phase: 'refused' })
      }
      this.#transport = undefined
      if (this.#ended.signal.aborted) return
      attempt += 1
      this.#change({ phase: 'lost', attempt, everOpen: this.#generation > 0 })
      await this.#pause(attempt)
    }
  }

  async #pause(attempt: number): Promise<void> {
    const full = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, full * (0.8 + Math.random() * 0.2))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #change(state: ConnectionState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }

  async #settled(signal: AbortSignal): Promise<void> {
    while (this.#state.phase === 'connecting') {
      await this.#nextChange(signal).catch((error: unknown) => {
        throw error instanceof DOMException && error.name === 'TimeoutError' ? noAnswer() : error
      })
    }
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.subscribe(() => {
        stop()
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = () => {
        stop()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof MusterError && error.code === 'SESSION_REFUSED'
}

function noAnswer(): TransientError {
  return new TransientError({
    code: 'CONNECTION_LOST',
    message: 'This window could not reach Muster.',
    advice: 'Check that Muster still runs; this window connects by itself once it does.',
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
