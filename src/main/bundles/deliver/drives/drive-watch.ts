import type { Drive, DrivesSnapshot } from '#shared/contract/bundles.ts'
import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { pause } from '../../../mesh/waiting.ts'
import type { DriveSource, FoundDrive } from './drive-source.ts'
import { limitsOf } from './file-system-limits.ts'

/** So often it is looked whether a drive came or went. */
const LOOK_EVERY_MS = 1_000
/** So often all is asked anew: how much is free, and what came without a sign. */
const ASK_EVERY_MS = 4_000

/** Drives as they come and go, for as long as somebody looks. */
export class DriveWatch {
  readonly #source: DriveSource
  readonly #listeners = new Set<(update: DrivesSnapshot) => void>()
  #last: DrivesSnapshot | undefined
  #ended: AbortController | undefined

  constructor(source: DriveSource) {
    this.#source = source
  }

  /** What is plugged in, as soon as it is known; then each change. */
  subscribe(listener: (update: DrivesSnapshot) => void): () => void {
    this.#listeners.add(listener)
    if (this.#ended === undefined) this.#begin()
    else if (this.#last !== undefined) listener(this.#last)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  close(): void {
    this.#ended?.abort()
    this.#ended = undefined
    this.#last = undefined
  }

  #begin(): void {
    const ended = new AbortController()
    this.#ended = ended
    void this.#follow(ended.signal)
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let mark: string | null | undefined
    let askedAt = -Infinity
    while (!signal.aborted) {
      const now = await this.#source.mark().catch(() => null)
      if (now !== mark || performance.now() - askedAt >= ASK_EVERY_MS) {
        mark = now
        askedAt = performance.now()
        this.#tell(await this.#ask(signal), signal)
      }
      await pause(LOOK_EVERY_MS, signal)
    }
  }

  async #ask(signal: AbortSignal): Promise<DrivesSnapshot> {
    try {
      const drives = (await this.#source.list(signal)).map(shownDrive)
      return { type: 'snapshot', drives, problem: null }
    } catch (thrown) {
      return { type: 'snapshot', drives: [], problem: problemOf(toMusterError(thrown)) }
    }
  }

  #tell(update: DrivesSnapshot, signal: AbortSignal): void {
    if (signal.aborted || JSON.stringify(update) === JSON.stringify(this.#last)) return
    this.#last = update
    for (const listener of this.#listeners) listener(update)
  }
}

/** A drive as the window shows it. */
export function shownDrive(drive: FoundDrive): Drive {
  const { id, label, model, serial, fileSystem, bytes, mount } = drive
  const limits = limitsOf(fileSystem)
  return {
    id,
    name: label ?? model ?? 'Drive without a name',
    model: label === null ? null : model,
    serial,
    fileSystem: fileSystem === null ? null : limits.name,
    bytes,
    freeBytes: mount?.freeBytes ?? null,
    path: mount?.path ?? null,
    state: stateOf(drive),
    keepsPermissions: limits.keepsPermissions,
  }
}

function stateOf({ mount, fileSystem }: FoundDrive): Drive['state'] {
  if (mount === null) return fileSystem === null ? 'blank' : 'not-mounted'
  return mount.readOnly ? 'read-only' : 'ready'
}
