import type { Logger } from '../log/logger.ts'

type Ending = () => void | Promise<void>

/** What was begun and has to be ended, in the reverse order. */
export class Endings {
  readonly #all: Ending[] = []

  /** Notes a part that has to be closed, and gives it back. */
  own<T extends { close(): void | Promise<void> }>(part: T): T {
    this.#all.push(() => part.close())
    return part
  }

  add(...endings: readonly Ending[]): void {
    this.#all.push(...endings)
  }

  /** Ends everything, also where a part does not end in good order. */
  async end(log?: Logger): Promise<void> {
    for (let end = this.#all.pop(); end !== undefined; end = this.#all.pop()) {
      try {
        await end()
      } catch (error) {
        log?.error('A part did not close in good order', { error })
      }
    }
  }
}
