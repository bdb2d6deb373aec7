/**
 * Base32 after RFC 4648 without padding: the text form of nkeys, of a JWT's `jti` and of key
 * fingerprints. Node has none, and `@nats-io/nkeys` keeps its own to itself.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const VALUES: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
)

/** Bytes as upper-case base32 text without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let pending = 0
  let bits = 0
  for (const byte of bytes) {
    pending = (pending << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET.charAt((pending >> bits) & 31)
    }
    pending &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET.charAt((pending << (5 - bits)) & 31)
}

/**
 * Bytes of canonical, upper-case, unpadded base32 text; undefined where it holds another character
 * or bits that no encoder leaves behind.
 */
export function decodeBase32(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8))
  let pending = 0
  let bits = 0
  let length = 0
  for (let index = 0; index < text.length; index += 1) {
    const value = VALUES[text.charCodeAt(index)] ?? -1
    if (value < 0) return undefined
    pending = (pending << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[length] = (pending >> bits) & 255
      length += 1
      pending &= (1 << bits) - 1
    }
  }
  return bits >= 5 || pending !== 0 ? undefined : bytes
}
