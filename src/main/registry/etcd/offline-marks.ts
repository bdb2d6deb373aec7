import type { DeviceKey } from '../store.ts'
import type { LeftOffline } from '../shared-store.ts'
import type { OfflineEntry } from './offline-entry.ts'

/** An announcement may be heard this long before etcd tells what it is about. */
const EARLY_MS = 3000
const MAX_EARLY = 50_000

interface Mark {
  readonly device: DeviceKey
  revision: number
  by: string
  announced: boolean
  /** Since when its registry is known to be gone, monotonic; 0 while it is not. */
  leftSinceMs: number
}

export interface LeftMark extends LeftOffline {
  readonly leftForMs: number
}

/** Which devices etcd has as offline, and which of them nobody has announced yet. */
export class OfflineMarks {
  readonly #own: string
  readonly #marks = new Map<string, Mark>()
  readonly #unannounced = new Map<string, Mark>()

  /** Announced before etcd told of it, and when that was. */
  readonly #early = new Map<string, number>()

  /** @param own id of this registry */
  constructor(own: string) {
    this.#own = own
  }

  revisionOf(key: string): number {
    return this.#marks.get(key)?.revision ?? 0
  }

  keys(): IterableIterator<string> {
    return this.#marks.keys()
  }

  /** @returns false where this is older than what is known */
  put(
    key: string,
    device: DeviceKey,
    revision: number,
    entry: Pick<OfflineEntry, 'by' | 'announced'>,
  ) {
    const known = this.#marks.get(key)
    if (known !== undefined && known.revision >= revision) return false
    const heard = performance.now() - (this.#early.get(key) ?? -EARLY_MS) < EARLY_MS
    this.#early.delete(key)
    const mark = {
      device,
      revision,
      by: entry.by,
      announced: entry.announced || heard,
      leftSinceMs: 0,
    }
    this.#marks.set(key, mark)
    if (entry.announced) this.#unannounced.delete(key)
    else this.#unannounced.set(key, mark)
    return true
  }

  delete(key: string, revision: number): boolean {
    const known = this.#marks.get(key)
    if (known === undefined || known.revision > revision) return false
    this.#marks.delete(key)
    this.#unannounced.delete(key)
    this.#early.delete(key)
    return true
  }

  /** Its announcement was heard on the mesh: whoever made it, it must not be made again. */
  heard(key: string): void {
    const mark = this.#unannounced.get(key)
    if (mark !== undefined) mark.announced = true
    else if (!this.#marks.has(key)) {
      if (this.#early.size >= MAX_EARLY) this.#early.clear()
      this.#early.set(key, performance.now())
    }
  }

  /** Claimed by registries that are no more. */
  leftBy(isGone: (id: string) => boolean): LeftMark[] {
    const now = performance.now()
    const left: LeftMark[] = []
    for (const mark of this.#unannounced.values()) {
      if (mark.by === this.#own || !isGone(mark.by)) continue
      mark.leftSinceMs ||= now
      const { device, announced, leftSinceMs } = mark
      left.push({ ...device, announced, leftForMs: now - leftSinceMs })
    }
    return left
  }
}
