import type { DeviceEvent, EventsUpdate } from '#shared/contract/events.ts'
import type { Client } from '../../scripts/lib/contract-client.ts'

const PATIENCE_MS = 60_000

/** The events of a tenant from now on, as they reach the window. */
export class EventLog {
  readonly #events: DeviceEvent[] = []
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()

  /** Resolves once the tenant is being watched. */
  static async open(client: Client, tenant: string): Promise<EventLog> {
    const log = new EventLog()
    const updates = await client.events.watch(
      { tenant, deviceId: null },
      { signal: log.#closing.signal },
    )
    const opened = Promise.withResolvers<void>()
    void log.#read(updates, opened.resolve).catch(opened.reject)
    await opened.promise
    return log
  }

  /** Resolves with the params of the first event of that name and device since it was opened. */
  async first(deviceId: string, name: string): Promise<Record<string, unknown>> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const found = this.#events.find((event) => event.deviceId === deviceId && event.name === name)
      if (found !== undefined) return JSON.parse(found.payload) as Record<string, unknown>
      if (late.aborted) {
        const seen = this.#events.map((event) => `${event.deviceId} ${event.name}`).join(', ')
        throw new Error(`No event ${name} of ${deviceId}; there were: ${seen}`)
      }
      await new Promise<void>((resolve) => {
        this.#listeners.add(resolve)
        late.addEventListener('abort', () => resolve())
      })
    }
  }

  close(): void {
    this.#closing.abort()
  }

  async #read(updates: AsyncIterable<EventsUpdate>, opened: () => void): Promise<void> {
    try {
      for await (const update of updates) {
        this.#events.push(...update.events)
        opened()
        for (const listener of this.#listeners) listener()
        this.#listeners.clear()
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error
    }
  }
}
