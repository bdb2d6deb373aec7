import { TransientError } from '#shared/errors.ts'
import type { FromSidecar, ToSidecar } from './sidecar-messages.ts'

const ANSWER_TIMEOUT_MS = 5000

type Answer = Extract<FromSidecar, { type: 'record' | 'forgotten' | 'selected' }>

interface Pending {
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** Questions to the sidecar that wait for their answer, paired by number. */
export class PendingAnswers {
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  /**
   * Sends a question and waits for the answer.
   * @param sidecar undefined where none runs
   * @throws TransientError `REGISTRY_DOWN`, `REGISTRY_SLOW`; the signal's reason
   */
  async ask<Type extends Answer['type']>(
    type: Type,
    signal: AbortSignal,
    sidecar: { send(message: ToSidecar): void } | undefined,
    question: (requestId: number) => ToSidecar,
  ): Promise<Extract<FromSidecar, { type: Type }>> {
    signal.throwIfAborted()
    if (sidecar === undefined) throw registryDown()
    const requestId = (this.#lastId += 1)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#pending.set(requestId, { resolve, reject })
    const timer = setTimeout(() => reject(registrySlow()), ANSWER_TIMEOUT_MS)
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      sidecar.send(question(requestId))
      const answer = await promise
      if (answer.type !== type) throw registrySlow()
      return answer as Extract<FromSidecar, { type: Type }>
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      this.#pending.delete(requestId)
    }
  }

  settle(answer: Answer): void {
    this.#pending.get(answer.requestId)?.resolve(answer)
  }

  /** The sidecar has gone. */
  failAll(): void {
    for (const pending of this.#pending.values()) pending.reject(registryDown())
  }
}

function registryDown(): TransientError {
  return new TransientError({
    code: 'REGISTRY_DOWN',
    message: 'The registry is not running at the moment. Muster is starting it again.',
    advice: 'Try again in a few seconds.',
  })
}

function registrySlow(): TransientError {
  return new TransientError({
    code: 'REGISTRY_SLOW',
    message: 'The registry did not answer in time.',
    advice: 'Try again. If it happens often, look at its load under Health.',
  })
}
