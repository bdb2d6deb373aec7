import { isMisleading } from '#shared/plain-text.ts'
import { tooLarge, unsafePath } from './hostile-errors.ts'

/** Far above any bundle: 10,000 credentials take 40 MiB. */
export const MAX_TOTAL_BYTES = 256 * 1024 * 1024
const MAX_ENTRIES = 50_000
const MAX_PATH_CHARS = 512
const MAX_NAME_CHARS = 255
const MAX_DEPTH = 8
/** Text shrinks to a tenth; what shrinks to a hundredth is made to. Small files may be what they like. */
const MAX_RATIO = 100
const RATIO_FROM_BYTES = 1024 * 1024

/** Judges what an archive says of its entries, before anything is unpacked. One for each archive. */
export class EntryGuard {
  readonly #seen = new Set<string>()
  #total = 0
  #entries = 0

  /**
   * The path of a file; undefined for a folder, which needs nothing.
   * @throws RejectedError `BUNDLE_UNSAFE_PATH`, `BUNDLE_TOO_LARGE`.
   */
  admit(name: string, isFolder: boolean, bytes: number, packedBytes: number): string | undefined {
    this.#entries += 1
    if (this.#entries > MAX_ENTRIES) throw tooLarge(`it holds more than ${MAX_ENTRIES} files`)
    const path = requireSafePath(isFolder ? name.replace(/\/$/u, '') : name)
    if (isFolder) return undefined
    // Systems that tell no capitals apart would lay one over the other.
    const folded = path.normalize('NFC').toLowerCase()
    if (this.#seen.has(folded)) throw unsafePath(path, 'is there twice')
    this.#seen.add(folded)
    this.#total += bytes
    if (this.#total > MAX_TOTAL_BYTES) throw tooLarge('it unpacks to more than 256 MiB')
    this.requireRatio(bytes, packedBytes)
    return path
  }

  /** @throws RejectedError `BUNDLE_TOO_LARGE`. */
  requireRatio(bytes: number, packedBytes: number): void {
    if (bytes > RATIO_FROM_BYTES && bytes > packedBytes * MAX_RATIO) {
      throw tooLarge('it unpacks to over a hundred times its size')
    }
  }
}

/**
 * Checks that a path stays inside of wherever it is unpacked, on every system.
 * @throws RejectedError `BUNDLE_UNSAFE_PATH`.
 */
export function requireSafePath(path: string): string {
  if (path.length > MAX_PATH_CHARS) throw unsafePath(path, 'has a name that is far too long')
  if (path === '' || /[\\:]/u.test(path) || isMisleading(path)) {
    throw unsafePath(path, 'has a name that means something else elsewhere')
  }
  const parts = path.split('/')
  if (path.startsWith('/') || parts.some((part) => part === '..')) {
    throw unsafePath(path, 'would land outside of the folder that it is unpacked into')
  }
  if (parts.some((part) => part === '' || part === '.' || part.length > MAX_NAME_CHARS)) {
    throw unsafePath(path, 'has a name that no bundle has')
  }
  if (parts.length > MAX_DEPTH) throw unsafePath(path, 'lies in more folders than any bundle has')
  return path
}
