import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What has to be ended, in the reverse order of its beginning, however a benchmark goes. */
export class Endings {
  readonly #endings: (() => unknown)[] = []

  /** Registers how something is ended; returns it for the expression it stands in. */
  add<T>(part: T, end: (part: T) => unknown): T {
    this.#endings.push(() => end(part))
    return part
  }

  /** A folder that is removed at the end. */
  async temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'))
    return this.add(folder, () => rm(folder, { recursive: true, force: true }))
  }

  /** Runs `work` with endings of its own; they are part of these as long as it runs. */
  async within<T>(work: (inner: Endings) => Promise<T>): Promise<T> {
    const inner = this.add(new Endings(), (it) => it.run())
    try {
      return await work(inner)
    } finally {
      await inner.run()
    }
  }

  /** Ends everything, also after one that fails; safe to call twice. */
  async run(): Promise<void> {
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      try {
        await end()
      } catch (error) {
        console.error('Something of a benchmark did not end in good order:', error)
      }
    }
  }
}
