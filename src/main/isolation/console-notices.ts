import { pause } from '../mesh/waiting.ts'
import type { SystemWitness } from './collaborators.ts'
import type { Entrance } from './enter-tenant.ts'

const NOTICE_TIMEOUT_MS = 5_000

/** Watches, as the system account, the consoles connect. */
export class ConsoleNotices {
  readonly #heard = new Set<string>()
  readonly #stop: (() => void)[] = []
  #awaited: readonly string[] | undefined
  readonly #all = new AbortController()

  /** Never throws: without a system account there is nothing to see, and `seen` says so. */
  static async watch(
    witness: SystemWitness,
    entrances: readonly Entrance[],
    signal: AbortSignal,
  ): Promise<ConsoleNotices> {
    const notices = new ConsoleNotices()
    try {
      for (const account of new Set(entrances.map(({ tenant }) => tenant.account))) {
        notices.#stop.push(
          await witness.onUserConnect(account, (user) => notices.#onUser(user), signal),
        )
      }
    } catch {
      signal.throwIfAborted()
    }
    return notices
  }

  /** Whether these, who have connected, were told of; waits for it a while. */
  async seen(users: readonly string[], signal: AbortSignal): Promise<boolean> {
    this.#awaited = users
    this.#check()
    await pause(NOTICE_TIMEOUT_MS, AbortSignal.any([signal, this.#all.signal]))
    for (const stop of this.#stop) stop()
    signal.throwIfAborted()
    return this.#all.signal.aborted
  }

  #onUser(user: string): void {
    this.#heard.add(user)
    this.#check()
  }

  #check(): void {
    if (this.#awaited?.every((user) => this.#heard.has(user)) === true) this.#all.abort()
  }
}
