import { byCodePoint } from './code-point-order.ts'
import type { DeviceEntry } from './device-entry.ts'

/** Up to this many changes are put in one by one; more are merged in one go. */
const FEW = 16

/**
 * The devices of a tenant that fit, in key order, kept so without sorting or looking at all of them
 * at each change: what was touched is put where it belongs when somebody looks.
 */
export class OrderedDevices {
  readonly #fits: (entry: DeviceEntry) => boolean
  #ordered: DeviceEntry[] = []
  readonly #touched = new Set<DeviceEntry>()
  #version = 0

  /** @param fits asked of what was touched only; it has to answer false for what is not online */
  constructor(fits: (entry: DeviceEntry) => boolean) {
    this.#fits = fits
  }

  /** Rises whenever the list may have changed. */
  get version(): number {
    return this.#version
  }

  /** Devices that wait to be put where they belong. */
  get waiting(): number {
    return this.#touched.size
  }

  /** Something about the device changed that may matter here. */
  touch(entry: DeviceEntry): void {
    this.#version += 1
    this.#touched.add(entry)
  }

  /** Begins anew with these, which are in order already. */
  fill(entries: readonly DeviceEntry[]): void {
    this.#ordered = entries.filter(this.#fits)
    this.#touched.clear()
    this.#version += 1
  }

  /** In key order. Valid until the next change; not to be changed. */
  inOrder(): readonly DeviceEntry[] {
    if (this.#touched.size === 0) return this.#ordered
    if (this.#touched.size <= FEW) for (const entry of this.#touched) this.#place(entry)
    else this.#merge()
    this.#touched.clear()
    return this.#ordered
  }

  #place(entry: DeviceEntry): void {
    const ordered = this.#ordered
    const from = firstNotBefore(ordered, entry.deviceId)
    let at = from
    // One that was forgotten and is back is another entry with the same id.
    while (ordered[at] !== entry && ordered[at]?.deviceId === entry.deviceId) at += 1
    const isThere = ordered[at] === entry
    const belongs = this.#fits(entry)
    if (isThere && !belongs) ordered.splice(at, 1)
    else if (!isThere && belongs) ordered.splice(from, 0, entry)
  }

  #merge(): void {
    const stayed = this.#ordered.filter((entry) => !this.#touched.has(entry))
    const added = [...this.#touched].filter(this.#fits).sort(byDeviceId)
    this.#ordered = merged(stayed, added)
  }
}

function byDeviceId(a: DeviceEntry, b: DeviceEntry): number {
  return byCodePoint(a.deviceId, b.deviceId)
}

function firstNotBefore(ordered: readonly DeviceEntry[], deviceId: string): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (byCodePoint(ordered[middle]?.deviceId ?? '', deviceId) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function merged(left: readonly DeviceEntry[], right: readonly DeviceEntry[]): DeviceEntry[] {
  const both: DeviceEntry[] = []
  let next = 0
  for (const entry of left) {
    for (let other = right[next]; other !== undefined; other = right[next]) {
      if (byDeviceId(other, entry) > 0) break
      both.push(other)
      next += 1
    }
    both.push(entry)
  }
  return next === right.length ? both : both.concat(right.slice(next))
}
