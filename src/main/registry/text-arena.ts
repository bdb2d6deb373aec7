const UNIT_BYTES = 32
const SLAB_BYTES = 1024 * 1024
const SLAB_UNITS = SLAB_BYTES / UNIT_BYTES
/** Length, uses and the two halves of the hash, 32 bits each, stand before the text. */
const HEADER_BYTES = 16
const USES_AT = 4
const HASH_AT = 8
/** Of the length: the text is ASCII, which is read faster. */
const ASCII = 0x8000_0000
/** What a keeper of nothing holds. */
export const NO_TEXT = -1

/**
 * Text outside of the JavaScript heap: 100,000 documents of 2 KB as strings make the collector keep
 * twice their size and walk through them again and again. Here they are bytes in large blocks, and
 * room that becomes free is used again by text of about the same length, so that devices that
 * register again and again cost nothing. What many devices have in common is kept once.
 */
export class TextArena {
  readonly #slabs: Buffer[] = []
  /** Blocks that are free, by their number of units. */
  readonly #free = new Map<number, number[]>()
  /** Shared texts by their hash. */
  readonly #shared = new Map<number, number>()
  /** What is too long for a slab stays a string. Their handles lie below NO_TEXT. */
  readonly #long = new Map<number, string>()
  #lastLong = NO_TEXT
  #nextUnit = 0
  /** Devices of a model come one after the other: to compare takes less than to hash. */
  #lastShared = ''
  #lastHash = hashOf('')

  /** Bytes taken from the system. */
  get reservedBytes(): number {
    return this.#slabs.length * SLAB_BYTES
  }

  /**
   * Keeps a text and returns what it is read and released by.
   * @param instead released; its room is written over where the text fits there
   */
  keep(text: string, instead = NO_TEXT): number {
    const bytes = Buffer.byteLength(text)
    const handle = this.#roomFor(bytes, instead)
    if (handle === NO_TEXT) {
      this.#lastLong -= 1
      this.#long.set(this.#lastLong, text)
      return this.#lastLong
    }
    const isAscii = bytes === text.length
    const slab = this.#begin(handle, bytes, isAscii)
    slab.write(text, offsetOf(handle) + HEADER_BYTES, isAscii ? 'latin1' : 'utf8')
    return handle
  }

  /** The same of bytes, which are not looked into. NO_TEXT where they are too long to be kept. */
  keepBytes(data: Uint8Array, instead = NO_TEXT): number {
    const handle = this.#roomFor(data.length, instead)
    if (handle === NO_TEXT) return NO_TEXT
    this.#begin(handle, data.length, false).set(data, offsetOf(handle) + HEADER_BYTES)
    return handle
  }

  /** Keeps a text that others have, too: the same one is kept once, and released by the last. */
  share(text: string): number {
    const hash = text === this.#lastShared ? this.#lastHash : hashOf(text)
    this.#lastShared = text
    this.#lastHash = hash
    const known = this.#shared.get(hash)
    if (known !== undefined && this.read(known) === text) {
      const slab = this.#slabOf(known)
      const at = offsetOf(known) + USES_AT
      slab.writeUInt32LE(slab.readUInt32LE(at) + 1, at)
      return known
    }
    const handle = this.keep(text)
    // Two texts of one hash: the second is kept like any other.
    if (handle > NO_TEXT && known === undefined) {
      this.#slabOf(handle).writeDoubleLE(hash, offsetOf(handle) + HASH_AT)
      this.#shared.set(hash, handle)
    }
    return handle
  }

  /** The text; empty for NO_TEXT. */
  read(handle: number): string {
    if (handle <= NO_TEXT) return this.#long.get(handle) ?? ''
    const slab = this.#slabOf(handle)
    const at = offsetOf(handle)
    const length = slab.readUInt32LE(at)
    const from = at + HEADER_BYTES
    if (length >= ASCII) return slab.toString('latin1', from, from + length - ASCII)
    return slab.toString('utf8', from, from + length)
  }

  /** Bytes of a text as UTF-8; -1 where it is not kept as bytes. */
  bytesOf(handle: number): number {
    if (handle <= NO_TEXT) return handle === NO_TEXT ? 0 : -1
    return bytesIn(this.#slabOf(handle).readUInt32LE(offsetOf(handle)))
  }

  /** The same; -1 where it is not ASCII either. */
  asciiBytes(handle: number): number {
    if (handle <= NO_TEXT) return handle === NO_TEXT ? 0 : -1
    const length = this.#slabOf(handle).readUInt32LE(offsetOf(handle))
    return length >= ASCII ? length - ASCII : -1
  }

  /** Copies bytes `from` to `to` of what is kept into `target`, and returns where they end there. */
  copy(handle: number, from: number, to: number, target: Buffer, at: number): number {
    if (handle <= NO_TEXT) return at
    const begin = offsetOf(handle) + HEADER_BYTES
    return at + this.#slabOf(handle).copy(target, at, begin + from, begin + to)
  }

  /** Whether bytes `from` to `to` of what is kept stand in `data` at `at`. */
  hasBytes(handle: number, from: number, to: number, data: Uint8Array, at: number): boolean {
    if (handle <= NO_TEXT) return false
    const slab = this.#slabOf(handle)
    const begin = offsetOf(handle) + HEADER_BYTES
    const shift = at - from
    for (let place = from; place < to; place += 1) {
      if (slab[begin + place] !== data[shift + place]) return false
    }
    return true
  }

  /** Gives the room of a text back, once everybody who shares it did. */
  release(handle: number): void {
    if (handle <= NO_TEXT) {
      this.#long.delete(handle)
      return
    }
    const slab = this.#slabOf(handle)
    const at = offsetOf(handle)
    const uses = slab.readUInt32LE(at + USES_AT) - 1
    slab.writeUInt32LE(uses, at + USES_AT)
    if (uses > 0) return
    const hash = slab.readDoubleLE(at + HASH_AT)
    if (hash > 0) this.#shared.delete(hash)
    const units = unitsFor(HEADER_BYTES + bytesIn(slab.readUInt32LE(at)))
    const free = this.#free.get(units)
    if (free === undefined) this.#free.set(units, [handle])
    else free.push(handle)
  }

  /** Where so many bytes can be written; NO_TEXT where they are too many for a slab. */
  #roomFor(bytes: number, instead: number): number {
    const units = unitsFor(HEADER_BYTES + bytes)
    if (instead > NO_TEXT && this.#isAlone(instead)) {
      if (unitsFor(HEADER_BYTES + this.bytesOf(instead)) === units) return instead
    }
    this.release(instead)
    if (units > SLAB_UNITS) return NO_TEXT
    return this.#free.get(units)?.pop() ?? this.#takeNew(units)
  }

  /** It is neither shared nor found by its hash. */
  #isAlone(handle: number): boolean {
    const slab = this.#slabOf(handle)
    const at = offsetOf(handle)
    return slab.readUInt32LE(at + USES_AT) === 1 && slab.readDoubleLE(at + HASH_AT) === 0
  }

  #begin(handle: number, bytes: number, isAscii: boolean): Buffer {
    const slab = this.#slabOf(handle)
    const at = offsetOf(handle)
    slab.writeUInt32LE((bytes | (isAscii ? ASCII : 0)) >>> 0, at)
    slab.writeUInt32LE(1, at + USES_AT)
    slab.writeDoubleLE(0, at + HASH_AT)
    return slab
  }

  #takeNew(units: number): number {
    const left = SLAB_UNITS - (this.#nextUnit % SLAB_UNITS)
    if (this.#slabs.length === 0 || left < units || left === SLAB_UNITS) {
      // Not from Buffer's pool, and not filled: what is written is all that is read.
      this.#slabs.push(Buffer.allocUnsafeSlow(SLAB_BYTES))
      this.#nextUnit = (this.#slabs.length - 1) * SLAB_UNITS
    }
    const handle = this.#nextUnit
    this.#nextUnit += units
    return handle
  }

  #slabOf(handle: number): Buffer {
    return this.#slabs[Math.floor(handle / SLAB_UNITS)] ?? EMPTY
  }
}

const EMPTY = Buffer.alloc(HEADER_BYTES)

function offsetOf(handle: number): number {
  return (handle % SLAB_UNITS) * UNIT_BYTES
}

function bytesIn(length: number): number {
  return length >= ASCII ? length - ASCII : length
}

/** Sizes of blocks grow by an eighth, so that text that became a little longer fits as well. */
function unitsFor(bytes: number): number {
  const units = Math.ceil(bytes / UNIT_BYTES)
  const step = 2 ** Math.max(0, 31 - Math.clz32(units) - 3)
  return Math.ceil(units / step) * step
}

/** 52 bits, never 0. Not for secrets: two texts of one hash are compared. */
function hashOf(text: string): number {
  let high = 0x811c_9dc5
  let low = 0x1000_193
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x0100_0193)
    low = Math.imul(low + unit, 0x85eb_ca6b) ^ (low >>> 15)
  }
  return (high >>> 0) * 0x10_0000 + ((low >>> 0) & 0xf_ffff) + 1
}
