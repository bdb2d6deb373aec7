import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { redact } from '../log/redact.ts'

/** The log is set aside as `nats-server.1.log` at this size, and the one before that dropped. */
const ROTATE_AT_BYTES = 5 * 1024 * 1024
/** A line longer than this is cut; nats-server logs single lines. */
const MAX_LINE_CHARS = 4096
/** How many lines are kept at hand to explain a server that did not start. */
const TAIL_LINES = 40

/**
 * What nats-server writes, line by line and redacted, in `nats-server.log` of the log folder. Takes
 * at most twice ROTATE_AT_BYTES of disk. A log that can't be written never stops the server.
 */
export class ServerLog {
  readonly #path: string
  readonly #aside: string
  readonly #rotateAtBytes: number
  #file: WriteStream | undefined
  #bytes = 0
  #rest = ''
  #tail: string[] = []

  constructor(folder: string, rotateAtBytes = ROTATE_AT_BYTES) {
    this.#path = join(folder, 'nats-server.log')
    this.#aside = join(folder, 'nats-server.1.log')
    this.#rotateAtBytes = rotateAtBytes
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
    } catch {
      // Writing fails as well then, which is dealt with there.
    }
  }

  /** Takes output as it comes. */
  write(chunk: Buffer | string): void {
    const lines = (this.#rest + chunk.toString()).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS)
    for (const line of lines) this.#writeLine(line)
  }

  /** The last lines, oldest first. */
  tail(): readonly string[] {
    return this.#rest === '' ? this.#tail : [...this.#tail, redact(this.#rest)]
  }

  /** Forgets the tail: a new server starts. */
  begin(): void {
    this.#rest = ''
    this.#tail = []
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (file === undefined || file.destroyed) return
    await new Promise<void>((resolve) => {
      file.once('close', resolve)
      file.end()
    })
  }

  #writeLine(line: string): void {
    const text = redact(line.slice(0, MAX_LINE_CHARS).trimEnd())
    if (text === '') return
    this.#tail = [...this.#tail.slice(1 - TAIL_LINES), text]
    if (this.#bytes >= this.#rotateAtBytes) this.#rotate()
    this.#file ??= this.#open()
    this.#bytes += Buffer.byteLength(text) + 1
    this.#file.write(`${text}\n`)
  }

  #open(): WriteStream {
    const file = createWriteStream(this.#path, { flags: 'a', mode: 0o600 })
    file.on('error', () => undefined)
    return file
  }

  #rotate(): void {
    this.#file?.end()
    this.#file = undefined
    this.#bytes = 0
    try {
      renameSync(this.#path, this.#aside)
    } catch {
      // Windows refuses while the old stream is still open: the next round then.
    }
  }
}
