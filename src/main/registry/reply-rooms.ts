/** Shorter replies are not worth being kept for. */
const LEAST_BYTES = 64 * 1024
/** Where a server takes larger messages, larger replies are made anew each time. */
const MOST_BYTES = 1024 * 1024
const MOST_KEPT = 4

/**
 * Room for long replies that is used again. Memory outside of the JavaScript heap counts with it: the
 * 50 replies of a walk through 10,000 devices would make the collector look through everything twice,
 * which took a third of the walk.
 */
export class ReplyRooms {
  readonly #free: ArrayBufferLike[] = []
  readonly #lent = new WeakSet<ArrayBufferLike>()

  /** Bytes to write a reply into, with whatever stood there before. */
  take(bytes: number): Buffer {
    if (bytes < LEAST_BYTES || bytes > MOST_BYTES) return Buffer.allocUnsafe(bytes)
    const fitting = this.#free.findIndex((room) => room.byteLength >= bytes)
    const [room = new ArrayBuffer(sizeFor(bytes))] =
      fitting < 0 ? [] : this.#free.splice(fitting, 1)
    this.#lent.add(room)
    return Buffer.from(room, 0, bytes)
  }

  /** Whether it is worth to wait until nobody reads this reply any more, and to give it back. */
  wants(reply: Uint8Array): boolean {
    return this.#free.length < MOST_KEPT && this.#lent.has(reply.buffer)
  }

  /** Nobody reads this reply any more. */
  giveBack(reply: Uint8Array): void {
    const wanted = this.wants(reply)
    this.#lent.delete(reply.buffer)
    if (wanted) this.#free.push(reply.buffer)
  }
}

/** Sizes are few, so that a page fits where the one before it was. */
function sizeFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes))
}
