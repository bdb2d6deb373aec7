import type { CallContext, Transport } from './transport.ts'

type Answer = (path: readonly string[], signal: AbortSignal) => Promise<unknown>

/** A wire for tests: answers as told and ends when told. */
export class FakeTransport implements Transport {
  readonly #gone = new AbortController()
  readonly link: Transport['link']

  constructor(answer: Answer) {
    this.link = {
      call: (path, _input, options: { signal?: AbortSignal; context: CallContext }) =>
        answer(path, options.signal ?? new AbortController().signal),
    }
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  close(): void {
    this.#gone.abort()
  }
}

/** An answer that never comes. */
export const never: Answer = () => new Promise(() => undefined)
