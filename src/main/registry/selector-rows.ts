import { isJsonObject } from '#shared/protocol/json-rpc.ts'
import { fitsFilter, type Selector, type SelectorFilter } from '#shared/protocol/selectors.ts'
import type { DeviceEntry } from './device-entry.ts'
import type { DeviceOffer, OfferedEntity } from './device-offer.ts'
import { entityLabel, labelsOf } from './label-histogram.ts'

/** Up to this many devices, or functions and events, come with their schemas. */
const FEW_DEVICES = 5
const FEW_ENTITIES = 20

export type EntityAxis = 'functions' | 'events'

/** What a selector asks for; undefined for devices. */
export function axisOf({ scope }: Selector): EntityAxis | undefined {
  if (scope === 'device_only') return undefined
  return scope === 'device_function' || scope === 'function_only' ? 'functions' : 'events'
}

/** What functions or events have to fit. */
export function entityFilterOf(selector: Selector): SelectorFilter | undefined {
  return selector.function ?? selector.event
}

/** Whether a function or an event is addressed. */
export function fitsEntity(
  filter: SelectorFilter | undefined,
  { name, labels }: OfferedEntity,
): boolean {
  return fitsFilter(filter, name, (key) => entityLabel(labels, key))
}

/**
 * For each device, how many functions or events that fit stand before its own. One number more than
 * there are devices: the last is how many there are in all.
 */
export function rowsBefore(
  devices: readonly DeviceEntry[],
  axis: EntityAxis,
  filter: SelectorFilter | undefined,
): Uint32Array {
  const before = new Uint32Array(devices.length + 1)
  const counts = new Map<DeviceOffer, number>()
  for (const [place, { facts }] of devices.entries()) {
    let count = counts.get(facts.offer)
    if (count === undefined) {
      count = facts.offer[axis].filter((entity) => fitsEntity(filter, entity)).length
      counts.set(facts.offer, count)
    }
    before[place + 1] = (before[place] ?? 0) + count
  }
  return before
}

/** Devices from the row `offset` on, each as JSON text. */
export function* deviceRows(devices: readonly DeviceEntry[], offset: number): Generator<string> {
  const expand = devices.length <= FEW_DEVICES
  for (let place = offset; place < devices.length; place += 1) {
    const entry = devices[place]
    if (entry !== undefined) yield JSON.stringify(deviceRow(entry, expand))
  }
}

function deviceRow(entry: DeviceEntry, expand: boolean): Record<string, unknown> {
  const { group, facts, statusFacts } = entry
  const names = facts.offer.functions.map(({ name }) => name).filter((name) => name !== '')
  const labels = group === undefined ? [] : [...labelsOf(group)]
  return {
    device_id: entry.deviceId,
    device_type: facts.deviceType,
    location: statusFacts.location,
    function_count: names.length,
    function_names: names,
    ...(expand
      ? { functions: entitiesOf(entry, 'functions').filter(hasName).map(withSchema) }
      : {}),
    status: statusFacts.availability || stateOf(entry.status),
    labels: labels.length === 0 ? null : Object.fromEntries(labels),
  }
}

/**
 * Functions or events from the row `offset` on, each as JSON text.
 * @param before of `rowsBefore`
 */
export function* entityRows(
  devices: readonly DeviceEntry[],
  offset: number,
  before: Uint32Array,
  selector: Selector,
  axis: EntityAxis,
): Generator<string> {
  const filter = entityFilterOf(selector)
  const expand = (before.at(-1) ?? 0) <= FEW_ENTITIES
  let skip = offset
  let place = lastNotAbove(before, offset)
  skip -= before[place] ?? 0
  for (; place < devices.length; place += 1) {
    const entry = devices[place]
    if (entry === undefined) return
    const full = expand ? entitiesOf(entry, axis) : []
    for (const [number, entity] of entry.facts.offer[axis].entries()) {
      if (!fitsEntity(filter, entity)) continue
      if (skip > 0) skip -= 1
      else yield entityRow(entry.deviceId, entity, full[number], axis)
    }
  }
}

function entityRow(deviceId: string, entity: OfferedEntity, full: unknown, axis: EntityAxis) {
  const schema = isJsonObject(full)
    ? {
        description: full['description'] ?? '',
        ...(axis === 'functions'
          ? { parameters: full['parameters'] ?? {} }
          : { payload_schema: full['payload_schema'] ?? null }),
      }
    : {}
  const row = { device_id: deviceId, name: entity.name, ...schema }
  return `${JSON.stringify(row).slice(0, -1)},"labels":${entity.labels.text}}`
}

/** Functions or events with their schemas: the record is read for it. */
function entitiesOf(entry: DeviceEntry, axis: EntityAxis): readonly unknown[] {
  const record: unknown = JSON.parse(entry.document)
  const capabilities = isJsonObject(record) ? record['capabilities'] : undefined
  const list = isJsonObject(capabilities) ? capabilities[axis] : undefined
  return Array.isArray(list) ? list : []
}

function hasName(entity: unknown): entity is Record<string, unknown> {
  return isJsonObject(entity) && typeof entity['name'] === 'string' && entity['name'] !== ''
}

function withSchema({ name, description, parameters }: Record<string, unknown>) {
  return { name, description: description ?? '', parameters: parameters ?? {} }
}

/** What a device without `availability` says of itself. */
function stateOf(status: string): string {
  const { state } = JSON.parse(status) as Record<string, unknown>
  return typeof state === 'string' && state !== '' ? state : 'unknown'
}

/** The last place whose number is not above the one given. */
function lastNotAbove(numbers: Uint32Array, most: number): number {
  let low = 0
  let high = numbers.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((numbers[middle] ?? 0) <= most) low = middle
    else high = middle - 1
  }
  return low
}
