import type { DeviceKey } from '../store.ts'
import type { LeftOffline } from '../shared-store.ts'
import type { OfflineEntry } from './offline-entry.ts'

/** Announcements are heard a moment before etcd tells what they are about; more than this, and they are for others. */
const MAX_EARLY = 50_000

interface Mark {
  readonly device: DeviceKey
  revision: number
  by: string
  announced: boolean
}

/** Which devices etcd has as offline, and which of them nobody has announced yet. */
export class OfflineMarks {
  readonly #own: string
  readonly #marks = new Map<string, Mark>()
  readonly #unannounced = new Map<string, Mark>()

  readonly #early = new Set<string>()

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
    const heard = this.#early.delete(key)
    const mark = { device, revision, by: entry.by, announced: entry.announced || heard }
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
    else if (this.#early.size < MAX_EARLY) this.#early.add(key)
  }

  /** Claimed by registries that are no more. */
  leftBy(isGone: (id: string) => boolean): LeftOffline[] {
    const left: LeftOffline[] = []
    for (const { device, by, announced } of this.#unannounced.values()) {
      if (by !== this.#own && isGone(by)) left.push({ ...device, announced })
    }
    return left
  }
}
