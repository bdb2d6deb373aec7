import type { DeviceOffer, OfferedEntity } from './device-offer.ts'
import type { GroupCount } from './fleet-summary.ts'
import { LabelHistogram, labelsOf } from './label-histogram.ts'
import { limitOf, refusal, type RowRange } from './selector-reply.ts'
import type { DeviceGroup } from './tenant-index.ts'

const DEFAULT_VALUES = 50

/**
 * The vocabulary of labels, as JSON text in the shape of the reference's `discover_labels()`: all
 * keys, or all values of one such as `device.location`.
 * @param key as it was asked for; undefined or null for all
 */
export function labelVocabulary(
  groups: readonly GroupCount[],
  key: unknown,
  range: RowRange,
): string {
  const axes = {
    device: { total: sum(groups, () => 1), histogram: deviceHistogram(groups) },
    function: {
      total: sum(groups, ({ functionCount }) => functionCount),
      histogram: entityHistogram(groups, ({ functions }) => functions),
    },
    event: {
      total: sum(groups, ({ eventCount }) => eventCount),
      histogram: entityHistogram(groups, ({ events }) => events),
    },
  }
  if (key === undefined || key === null) {
    return JSON.stringify({
      total_devices: axes.device.total,
      total_functions: axes.function.total,
      total_events: axes.event.total,
      device_keys: axes.device.histogram.described(true),
      function_keys: axes.function.histogram.described(false),
      event_keys: axes.event.histogram.described(false),
    })
  }
  const dot = typeof key === 'string' ? key.indexOf('.') : -1
  if (typeof key !== 'string' || dot < 0) {
    const why = 'The key has to name its axis: device.KEY, function.KEY or event.KEY.'
    return refusal('key_not_axis_qualified', why)
  }
  const axis = key.slice(0, dot)
  if (axis !== 'device' && axis !== 'function' && axis !== 'event') {
    return refusal('unknown_axis', 'The axis has to be device, function or event.')
  }
  const { ranked, isList } = axes[axis].histogram.valuesOf(key.slice(dot + 1))
  const limit = limitOf(range, DEFAULT_VALUES)
  const page = ranked.slice(range.offset, range.offset + limit)
  const next = range.offset + limit
  return JSON.stringify({
    axis,
    key: key.slice(dot + 1),
    matched: ranked.length,
    returned: page.length,
    offset: range.offset,
    next_offset: next < ranked.length ? next : null,
    values: Object.fromEntries(page),
    axis_total: axes[axis].total,
    ...(isList ? { multivalued: true } : {}),
  })
}

/** Labels of the devices of some groups. */
export function deviceHistogram(groups: Iterable<GroupCount>): LabelHistogram {
  const histogram = new LabelHistogram()
  for (const [group, count] of groups) histogram.add(labelsOf(group), count)
  return histogram
}

/** Labels of their functions or events. */
export function entityHistogram(
  groups: Iterable<GroupCount>,
  entities: (offer: DeviceOffer) => readonly OfferedEntity[],
): LabelHistogram {
  const histogram = new LabelHistogram()
  for (const [{ offer }, count] of groups) {
    for (const { labels } of entities(offer)) histogram.add(labels.values, count)
  }
  return histogram
}

function sum(groups: readonly GroupCount[], of: (group: DeviceGroup) => number): number {
  return groups.reduce((total, [group, count]) => total + count * of(group), 0)
}
