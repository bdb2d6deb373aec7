import { randomBytes } from 'node:crypto'

const MARK = 'muster-canary-'
const NONCE_BYTES = 12
const NONCE_LENGTH = NONCE_BYTES * 2

/** That a canary was heard: by whom, and on which subject. */
export interface Hearing {
  /** The ear that heard it: a subscription of the proof. */
  readonly ear: object
  readonly subject: string
  readonly reply: string | undefined
}

/** A payload that can be told from every other, and everybody who heard it. */
export interface Canary {
  readonly nonce: string
  readonly heard: readonly Hearing[]
  /** Calls back at each hearing, for who answers a request. */
  onHeard?: (hearing: Hearing) => void
}

interface MutableCanary extends Canary {
  readonly heard: Hearing[]
}

/**
 * The canaries of one proof. A canary is found in whatever a message holds, so that it does not matter
 * what it was wrapped in on its way.
 */
export class Canaries {
  readonly #mark: Buffer
  readonly #live = new Map<string, MutableCanary>()

  constructor() {
    this.#mark = Buffer.from(`${MARK}${randomBytes(4).toString('hex')}-`, 'latin1')
  }

  mint(): Canary {
    const nonce = this.#mark.toString('latin1') + randomBytes(NONCE_BYTES).toString('hex')
    const canary: MutableCanary = { nonce, heard: [] }
    this.#live.set(nonce, canary)
    return canary
  }

  /** Notes that `ear` heard a message, where it holds a canary. */
  hear(data: Uint8Array, hearing: Hearing): void {
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const at = text.indexOf(this.#mark)
    if (at < 0) return
    const nonce = text.toString('latin1', at, at + this.#mark.length + NONCE_LENGTH)
    const canary = this.#live.get(nonce)
    if (canary === undefined) return
    canary.heard.push(hearing)
    canary.onHeard?.(hearing)
  }

  /** Forgets canaries of a round that is over. */
  release(canaries: Iterable<Canary>): void {
    for (const { nonce } of canaries) this.#live.delete(nonce)
  }
}

/** Whether a message is one of a proof's own, of whichever proof. */
export function isCanary(text: string): boolean {
  return text.includes(MARK)
}

/** Whether one of these ears heard the canary. */
export function heardBy(canary: Canary, ears: ReadonlySet<object>): Hearing | undefined {
  return canary.heard.find(({ ear }) => ears.has(ear))
}
