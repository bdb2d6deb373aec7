import { pause } from '../mesh/waiting.ts'
import type { SystemWitness } from './collaborators.ts'
import type { Entrance } from './enter-tenant.ts'

const NOTICE_TIMEOUT_MS = 5_000

/** Watches, as the system account, the consoles connect. */
export class ConsoleNotices {
  readonly #awaited: Set<string>
  readonly #stop: (() => void)[] = []
  readonly #all = new AbortController()

  private constructor(users: readonly string[]) {
    this.#awaited = new Set(users)
  }

  /** Never throws: without a system account there is nothing to see, and `seen` says so. */
  static async watch(
    witness: SystemWitness,
    entrances: readonly Entrance[],
    signal: AbortSignal,
  ): Promise<ConsoleNotices> {
    const users = entrances.flatMap(({ consoleUser }) => consoleUser?.publicKey ?? [])
    const notices = new ConsoleNotices(users)
    try {
      for (const account of new Set(entrances.map(({ tenant }) => tenant.account))) {
        notices.#stop.push(
          await witness.onUserConnect(account, (user) => notices.#heard(user), signal),
        )
      }
    } catch {
      signal.throwIfAborted()
    }
    return notices
  }

  /** Whether all consoles were told of; waits for it a while. */
  async seen(signal: AbortSignal): Promise<boolean> {
    if (this.#awaited.size > 0) {
      await pause(NOTICE_TIMEOUT_MS, AbortSignal.any([signal, this.#all.signal]))
    }
    for (const stop of this.#stop) stop()
    signal.throwIfAborted()
    return this.#awaited.size === 0
  }

  #heard(user: string): void {
    this.#awaited.delete(user)
    if (this.#awaited.size === 0) this.#all.abort()
  }
}
