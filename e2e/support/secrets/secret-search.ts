import { formsOf } from './encodings.ts'
import { findPatterns } from './secret-patterns.ts'

/** What must not be found, and what a report may call it. */
export interface Secret {
  readonly name: string
  readonly value: string | Buffer
}

interface Needle {
  readonly label: string
  readonly bytes: Buffer
}

/** Searches bytes for known secrets in every encoding, and for whatever looks like a secret. */
export class SecretSearch {
  /** Needles by their first two bytes: one pass over the bytes, however many there are. */
  readonly #needles = new Map<number, Needle[]>()
  readonly #isPrefix = new Uint8Array(0x1_00_00)

  constructor(secrets: readonly Secret[]) {
    for (const { name, value } of secrets) {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value
      for (const form of formsOf(bytes)) {
        this.#add({ label: `${name} (${form.encoding})`, bytes: form.bytes })
      }
    }
  }

  /** What stands in the bytes, each thing once, as `name (encoding)`. Never the secret itself. */
  find(bytes: Buffer | string): string[] {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    const patterns = findPatterns(buffer).map(({ kind, encoding }) => `${kind} (${encoding})`)
    return [...new Set([...this.#findNeedles(buffer), ...patterns])].toSorted()
  }

  #add(needle: Needle): void {
    const prefix = needle.bytes.readUInt16BE(0)
    this.#isPrefix[prefix] = 1
    this.#needles.set(prefix, [...(this.#needles.get(prefix) ?? []), needle])
  }

  #findNeedles(bytes: Buffer): string[] {
    const found: string[] = []
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const prefix = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      if (this.#isPrefix[prefix] === 0) continue
      for (const { label, bytes: needle } of this.#needles.get(prefix) ?? []) {
        if (needle.equals(bytes.subarray(at, at + needle.length))) found.push(label)
      }
    }
    return found
  }
}
