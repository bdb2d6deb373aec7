/** Runs tasks one after the other, in the order they came. A failed one does not stop the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  /** Result of `task`, once those before it have ended. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task)
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Resolves when everything asked for so far has ended. */
  async idle(): Promise<void> {
    await this.#tail
  }
}
