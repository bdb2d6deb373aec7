import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

const END_TIMEOUT_MS = 30_000

/** What has to be ended, in the reverse order of its beginning, however a benchmark goes. */
export class Endings {
  readonly #endings: (() => unknown)[] = []
  readonly #folder: string
  #ended: Promise<void> = Promise.resolve()

  /** @param folder where temporary folders are made */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Registers how something is ended; returns it for the expression it stands in. */
  add<T>(part: T, end: (part: T) => unknown): T {
    this.#endings.push(() => end(part))
    return part
  }

  /** A folder that is removed at the end. */
  async temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(this.#folder, 'site-'))
    return this.add(folder, () => rm(folder, { recursive: true, force: true }))
  }

  /** Runs `work` with endings of its own; they are part of these as long as it runs. */
  async within<T>(work: (inner: Endings) => Promise<T>): Promise<T> {
    const inner = this.add(new Endings(this.#folder), (it) => it.run())
    try {
      return await work(inner)
    } finally {
      await inner.run()
    }
  }

  /** Ends everything, also after one that fails; safe to call twice, also at the same time. */
  run(): Promise<void> {
    this.#ended = this.#ended.then(() => this.#endAll())
    return this.#ended
  }

  async #endAll(): Promise<void> {
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      try {
        await endInTime(end)
      } catch (error) {
        console.error('Something of a benchmark did not end in good order:', error)
      }
    }
  }
}

async function endInTime(end: () => unknown): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const tooLong = new Error(`It took longer than ${END_TIMEOUT_MS} ms.`)
  const timer = setTimeout(() => reject(tooLong), END_TIMEOUT_MS)
  try {
    await Promise.race([end(), late])
  } finally {
    clearTimeout(timer)
  }
}
