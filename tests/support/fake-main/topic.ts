import { streamOf, type Subscribe } from '../../../src/main/router/stream.ts'

/** A live view as the services of main offer it: a snapshot at once, then what is emitted. */
export class Topic<Update> {
  readonly #listeners = new Set<(update: Update) => void>()
  readonly #snapshot: () => Update

  constructor(snapshot: () => Update) {
    this.#snapshot = snapshot
  }

  readonly subscribe: Subscribe<Update> = (listener) => {
    this.#listeners.add(listener)
    listener(this.#snapshot())
    return () => void this.#listeners.delete(listener)
  }

  emit(update: Update): void {
    for (const listener of this.#listeners) listener(update)
  }

  /** Sends everybody the current state anew. */
  refresh(): void {
    this.emit(this.#snapshot())
  }

  stream(signal: AbortSignal | undefined): AsyncGenerator<Update, void, void> {
    return streamOf(this.subscribe, signal ?? new AbortController().signal)
  }
}
