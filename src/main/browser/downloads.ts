import { createHash, randomBytes } from 'node:crypto'
import type { SavedFile } from '#shared/contract/common.ts'
import type { FileToSave } from '../files/saved-file.ts'

const PREFIX = '/download/'
const TOKEN_BYTES = 32
/** A page fetches its file at once; what it does not fetch must not stay in memory. */
const LIFE_MS = 60_000
/** Files that may wait at once; the oldest is dropped. */
const MAX_WAITING = 8

interface Waiting {
  readonly file: FileToSave
  readonly timer: NodeJS.Timeout
}

/**
 * Files that wait to be downloaded by the window that asked for them. Each has an address that can't
 * be guessed, works once and for a minute; the server asks for the session's cookie besides.
 */
export class Downloads {
  readonly #waiting = new Map<string, Waiting>()

  /** Offers a file; the window then fetches it. */
  readonly offer = (file: FileToSave): Promise<SavedFile> => {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const key = hashOf(token)
    const timer = setTimeout(() => this.#drop(key), LIFE_MS)
    timer.unref()
    this.#waiting.set(key, { file, timer })
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= MAX_WAITING) break
      this.#drop(oldest)
    }
    return Promise.resolve({ type: 'download', url: `${PREFIX}${token}`, name: file.name })
  }

  /** Hands a file out, once; undefined where the request's target is not the address of one. */
  take(target: string): FileToSave | undefined {
    if (!target.startsWith(PREFIX)) return undefined
    const key = hashOf(target.slice(PREFIX.length))
    const { file } = this.#waiting.get(key) ?? {}
    this.#drop(key)
    return file
  }

  close(): void {
    for (const key of this.#waiting.keys()) this.#drop(key)
  }

  #drop(key: string): void {
    clearTimeout(this.#waiting.get(key)?.timer)
    this.#waiting.delete(key)
  }
}

/** `Content-Disposition` of a download; the name by RFC 6266, whatever letters it has. */
export function attachmentNamed(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._ -]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
