import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
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
  readonly #folder: string
  readonly #rotateAtBytes: number
  #file: number | undefined
  #bytes = 0
  #rest = ''
  #tail: string[] = []

  constructor(folder: string, rotateAtBytes = ROTATE_AT_BYTES) {
    this.#folder = folder
    this.#rotateAtBytes = rotateAtBytes
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

  /** Closes the file; a later line opens it again. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #writeLine(line: string): void {
    const text = redact(line.slice(0, MAX_LINE_CHARS).trimEnd())
    if (text === '') return
    this.#tail = [...this.#tail.slice(1 - TAIL_LINES), text]
    try {
      this.#file ??= this.#open()
      this.#bytes += writeSync(this.#file, `${text}\n`)
      if (this.#bytes >= this.#rotateAtBytes) this.#rotate()
    } catch {
      // No room or no right to write: the server matters more than its log.
    }
  }

  #open(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const file = openSync(join(this.#folder, 'nats-server.log'), 'a', 0o600)
    this.#bytes = fstatSync(file).size
    return file
  }

  #rotate(): void {
    this.close()
    renameSync(join(this.#folder, 'nats-server.log'), join(this.#folder, 'nats-server.1.log'))
  }
}
