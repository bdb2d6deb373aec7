import type { NatsConnection, Subscription } from '@nats-io/nats-core'
import type { SeenSubject } from '#shared/contract/tenants.ts'

/** A tenant may make up subjects without end; those beyond are counted. */
const MAX_SUBJECTS = 500
const TELL_EVERY_MS = 500

interface Count {
  messages: number
  bytes: number
  lastAt: number
}

/** Which subjects something is heard on, how often and how much. */
export class SeenSubjects {
  readonly #counts = new Map<string, Count>()
  readonly #tell: (subjects: SeenSubject[], more: number) => void
  readonly #now: () => Date
  readonly #timer: NodeJS.Timeout
  #subscription: Subscription | undefined
  #more = 0
  #changed = false

  constructor(tell: (subjects: SeenSubject[], more: number) => void, now: () => Date) {
    this.#tell = tell
    this.#now = now
    this.#timer = setInterval(() => this.#flush(), TELL_EVERY_MS)
    this.#timer.unref()
  }

  /** Listens on this connection from now on; undefined while there is none. */
  listen(nats: NatsConnection | undefined, subject: string): void {
    this.#subscription?.unsubscribe()
    this.#subscription = nats?.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) this.#count(message.subject, message.data.byteLength)
      },
    })
  }

  close(): void {
    clearInterval(this.#timer)
    try {
      this.#subscription?.unsubscribe()
    } catch {
      // Its connection has ended before it.
    }
  }

  #count(subject: string, bytes: number): void {
    this.#changed = true
    const known = this.#counts.get(subject)
    if (known === undefined && this.#counts.size >= MAX_SUBJECTS) {
      this.#more += 1
      return
    }
    const count = known ?? { messages: 0, bytes: 0, lastAt: 0 }
    count.messages += 1
    count.bytes += bytes
    count.lastAt = this.#now().getTime()
    if (known === undefined) this.#counts.set(subject, count)
  }

  #flush(): void {
    if (!this.#changed) return
    this.#changed = false
    const subjects = [...this.#counts].map(([subject, { messages, bytes, lastAt }]) => ({
      subject,
      messages,
      bytes,
      lastAt: new Date(lastAt).toISOString(),
    }))
    this.#tell(subjects, this.#more)
  }
}
