/**
 * What a datagram on the mDNS port turned out to be before anything decoded it:
 * `response` may be decoded; `query` is somebody else's question; `malformed` is dropped.
 */
export type DatagramVerdict = 'response' | 'query' | 'malformed'

/** Largest mDNS message, headers included (RFC 6762, section 17). */
const MAX_DATAGRAM_BYTES = 9000
const HEADER_BYTES = 12
/** Root name, type and class. */
const MIN_QUESTION_BYTES = 5
/** Root name, type, class, TTL and data length. */
const MIN_RECORD_BYTES = 11
/** Longest name on the wire (RFC 1035, section 3.1). */
const MAX_NAME_BYTES = 255
/** Compression is legal to any depth; real encoders stay below the number of labels of a name. */
const MAX_JUMPS_PER_NAME = 16
/**
 * Labels, jumps and list items that a decoder may have to follow, for each byte of the datagram.
 * Honest answers stay below 1 (reverse names of IPv6 have 34 labels); so the price of decoding is
 * proportional to what was sent, and a limit on bytes is a limit on work.
 */
const MAX_STEPS_PER_BYTE = 2

const RESPONSE_BIT = 0x8000
/** Opcode and response code must be zero, else the message is ignored (RFC 6762, section 18). */
const OPCODE_AND_CODE_BITS = 0x780f

/**
 * Walks the structure of a datagram without building anything from it. dns-packet allocates by
 * the header's counts and follows names without a budget: a forged packet of 12 bytes costs it
 * 34 ms, one of 9000 with chained compression pointers about as much. After this check the
 * decoder's work is bounded and every field lies inside the datagram.
 */
export function checkDatagram(datagram: Buffer): DatagramVerdict {
  if (datagram.length < HEADER_BYTES || datagram.length > MAX_DATAGRAM_BYTES) return 'malformed'
  const flags = datagram.readUInt16BE(2)
  if ((flags & RESPONSE_BIT) === 0) return 'query'
  if ((flags & OPCODE_AND_CODE_BITS) !== 0) return 'malformed'
  return new Walk(datagram).message() ? 'response' : 'malformed'
}

class Walk {
  readonly #bytes: Buffer
  #offset = HEADER_BYTES
  #steps: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#steps = bytes.length * MAX_STEPS_PER_BYTE
  }

  /** Whether the message is well formed. Each part below moves on, or says false. */
  message(): boolean {
    const questions = this.#bytes.readUInt16BE(4)
    const records =
      this.#bytes.readUInt16BE(6) + this.#bytes.readUInt16BE(8) + this.#bytes.readUInt16BE(10)
    const least = HEADER_BYTES + questions * MIN_QUESTION_BYTES + records * MIN_RECORD_BYTES
    if (least > this.#bytes.length) return false
    for (let i = 0; i < questions; i++) if (!this.#question()) return false
    for (let i = 0; i < records; i++) if (!this.#record()) return false
    return true
  }

  #question(): boolean {
    return this.#name(this.#bytes.length) && this.#skip(4, this.#bytes.length)
  }

  #record(): boolean {
    if (!this.#name(this.#bytes.length)) return false
    const head = this.#offset
    if (!this.#skip(10, this.#bytes.length)) return false
    const end = this.#offset + this.#bytes.readUInt16BE(head + 8)
    if (end > this.#bytes.length) return false
    return this.#data(this.#bytes.readUInt16BE(head), end) && this.#offset === end
  }

  #data(type: number, end: number): boolean {
    switch (type) {
      case 1: // A
        return this.#skip(4, end)
      case 28: // AAAA
        return this.#skip(16, end)
      case 5: // CNAME
      case 12: // PTR
        return this.#name(end)
      case 33: // SRV: priority, weight, port, target
        return this.#skip(6, end) && this.#name(end)
      case 13: // HINFO: two strings; the decoder goes on behind them, whatever length was said
        return this.#string(end) && this.#string(end)
      case 16: // TXT
        return this.#strings(end)
      case 41: // OPT
        return this.#options(end)
      case 47: // NSEC
        return this.#name(end) && this.#typeBitmap(end)
      default:
        // Types that dns-packet decodes further hold names or lists that mDNS has no use for.
        return type === 10 || type >= 64 ? this.#skip(end - this.#offset, end) : false
    }
  }

  #skip(count: number, end: number): boolean {
    this.#offset += count
    return this.#offset <= end
  }

  #name(end: number): boolean {
    let at = this.#offset
    let after = -1
    let lowest = this.#offset
    let jumps = 0
    for (let length = 1; length <= MAX_NAME_BYTES && this.#steps-- > 0;) {
      if (at >= (after < 0 ? end : this.#bytes.length)) return false
      const first = this.#bytes[at] ?? 0
      if (first === 0) {
        this.#offset = after < 0 ? at + 1 : after
        return true
      }
      if ((first & 0xc0) === 0) {
        at += first + 1
        length += first + 1
        continue
      }
      if ((first & 0xc0) !== 0xc0 || at + 1 >= this.#bytes.length) return false
      if (after < 0) after = at + 2
      if (after > end || ++jumps > MAX_JUMPS_PER_NAME) return false
      at = this.#bytes.readUInt16BE(at) & 0x3fff
      // Only ever backwards, so that a name cannot loop (RFC 1035, section 4.1.4).
      if (at >= lowest || at < HEADER_BYTES) return false
      lowest = at
    }
    return false
  }

  #strings(end: number): boolean {
    while (this.#offset < end) if (!this.#string(end)) return false
    return true
  }

  #string(end: number): boolean {
    return this.#steps-- > 0 && this.#skip((this.#bytes[this.#offset] ?? 0) + 1, end)
  }

  #options(end: number): boolean {
    while (this.#offset < end) {
      const head = this.#offset
      if (this.#steps-- <= 0 || !this.#skip(4, end)) return false
      if (!this.#skip(this.#bytes.readUInt16BE(head + 2), end)) return false
    }
    return true
  }

  /** In mDNS a single window for types below 256 (RFC 6762, section 6.1). */
  #typeBitmap(end: number): boolean {
    const head = this.#offset
    if (!this.#skip(2, end) || this.#bytes[head] !== 0) return false
    const length = this.#bytes[head + 1] ?? 0
    if (length > 32 || !this.#skip(length, end)) return false
    for (let at = head + 2; at < this.#offset; at++) this.#steps -= bitsIn(this.#bytes[at] ?? 0)
    return this.#steps > 0
  }
}

function bitsIn(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}
