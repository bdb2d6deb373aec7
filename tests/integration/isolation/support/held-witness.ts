import type { SystemWitness } from '../../../../src/main/isolation/collaborators.ts'

/** A witness that keeps a proof waiting in its rounds but the first, until it is let go on. */
export class HeldWitness implements SystemWitness {
  readonly #inner: SystemWitness
  readonly #release = Promise.withResolvers<void>()
  #asked = 0

  constructor(inner: SystemWitness) {
    this.#inner = inner
  }

  async request(subject: string, payload: string, signal: AbortSignal): Promise<string> {
    if (subject.endsWith('.INFO')) this.#asked += 1
    if (this.#asked > 1) {
      const aborted = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => aborted.resolve(), { once: true })
      if (signal.aborted) aborted.resolve()
      await Promise.race([this.#release.promise, aborted.promise])
      signal.throwIfAborted()
    }
    return this.#inner.request(subject, payload, signal)
  }

  onUserConnect(...order: Parameters<SystemWitness['onUserConnect']>): Promise<() => void> {
    return this.#inner.onUserConnect(...order)
  }

  letGo(): void {
    this.#release.resolve()
  }
}
