import type { LabelValue } from '#shared/protocol/selectors.ts'
import { byCodePoint } from './code-point-order.ts'
import type { DeclaredLabels } from './device-offer.ts'
import type { DeviceGroup } from './tenant-index.ts'

/** Values of a key that are told; how many more there are is told as a number. */
const TOP_VALUES = 20

interface KeyTally {
  readonly values: Map<string, number>
  /** Devices (or functions, or events) that have the key. */
  owners: number
  isList: boolean
}

/** Which values the labels of something have, and how often: the vocabulary for selectors. */
export class LabelHistogram {
  readonly #keys = new Map<string, KeyTally>()

  /** Counts the labels of `count` that are alike. */
  add(labels: Iterable<readonly [string, LabelValue]>, count: number): void {
    for (const [key, value] of labels) {
      let tally = this.#keys.get(key)
      if (tally === undefined) {
        tally = { values: new Map(), owners: 0, isList: false }
        this.#keys.set(key, tally)
      }
      tally.owners += count
      if (typeof value !== 'string') tally.isList = true
      for (const one of typeof value === 'string' ? [value] : value) {
        tally.values.set(one, (tally.values.get(one) ?? 0) + count)
      }
    }
  }

  /**
   * Every key with its most frequent values, in the shape of the reference's `discover()`.
   * @param unique tells, for keys that hold lists, how many devices have them
   */
  described(unique: boolean): Record<string, unknown> {
    const keys = [...this.#keys].map(([key, { values, owners, isList }]) => {
      const ranked = byFrequency(values)
      return [
        key,
        {
          values: Object.fromEntries(ranked.slice(0, TOP_VALUES)),
          ...(ranked.length > TOP_VALUES ? { more: ranked.length - TOP_VALUES } : {}),
          ...(isList ? { multivalued: true } : {}),
          ...(isList && unique ? { unique_devices: owners } : {}),
        },
      ] as const
    })
    return Object.fromEntries(keys)
  }

  /** All values of a key, the most frequent first, and whether some are lists. */
  valuesOf(key: string): {
    readonly ranked: readonly [string, number][]
    readonly isList: boolean
  } {
    const tally = this.#keys.get(key)
    return { ranked: byFrequency(tally?.values ?? new Map()), isList: tally?.isList ?? false }
  }
}

function byFrequency(values: ReadonlyMap<string, number>): [string, number][] {
  return [...values].sort(([a, one], [b, other]) => other - one || byCodePoint(a, b))
}

/** What the labels of devices are made of. */
export type LabelledGroup = Pick<DeviceGroup, 'offer' | 'type' | 'location'>

/**
 * A label of the devices of a group. Type and location stand in for labels of these names, where
 * the driver declares none (protocol.md, "Selectors").
 */
export function labelOf(group: LabelledGroup, key: string): LabelValue | undefined {
  const declared = group.offer.labels.values.get(key)
  if (declared !== undefined) return declared
  if (key === 'location') return group.location || undefined
  return key === 'type' ? group.type || undefined : undefined
}

/** All labels of the devices of a group, those that stand in included. */
export function* labelsOf(group: DeviceGroup): Generator<readonly [string, LabelValue]> {
  const { values } = group.offer.labels
  yield* values
  for (const key of ['location', 'type']) {
    const value = values.has(key) ? undefined : labelOf(group, key)
    if (value !== undefined) yield [key, value]
  }
}

/** A label of a function or an event. */
export function entityLabel(labels: DeclaredLabels, key: string): LabelValue | undefined {
  return labels.values.get(key)
}
