import { MusterError } from '#shared/errors.ts'
import { isJsonObject } from '#shared/protocol/json-rpc.ts'
import {
  fitsFilter,
  fitsKeys,
  parseSelector,
  type Selector,
  type SelectorFilter,
} from '#shared/protocol/selectors.ts'
import type { Visibility } from './access-lists.ts'
import type { DeviceEntry } from './device-entry.ts'
import type { DeviceOffer, OfferedEntity } from './device-offer.ts'
import type { FleetIndex } from './fleet-index.ts'
import type { GroupCount } from './fleet-summary.ts'
import { entityLabel, LabelHistogram, labelOf, labelsOf } from './label-histogram.ts'
import type { OrderedDevices } from './ordered-devices.ts'
import { TenantIndex, type DeviceGroup, type ViewQuery } from './tenant-index.ts'

const DEFAULT_ROWS = 200
const DEFAULT_VALUES = 50
const MAX_ROWS = 1000
/** Up to this many devices, or functions and events, come with their schemas. */
const FEW_DEVICES = 5
const FEW_ENTITIES = 20
/** Room in a reply for what stands around the rows. */
const ENVELOPE_BYTES = 1024

export interface SelectorAnswersParts {
  readonly index: FleetIndex
  readonly visibility: Visibility | undefined
  /** Largest reply, in bytes. */
  maxPayload(): number
}

/** Which rows are asked for. */
export interface RowRange {
  readonly offset: number
  /** 0 asks for as many as are usual. */
  readonly limit: number
}

type EntityAxis = 'functions' | 'events'

/** What is worked out of a view once, however many pages of it are asked for. */
interface Totals {
  readonly version: number
  readonly matched: number
  readonly histogram: string
  /** For each device of the view, how many rows stand before its own. */
  readonly rowsBefore: Uint32Array | undefined
}

/**
 * Answers `discovery/discover` and `discovery/discoverLabels`, which protocol.md does not have: what
 * the reference's tools work out of the whole fleet after fetching it, in the same shapes, from the
 * index.
 */
export class SelectorAnswers {
  readonly #parts: SelectorAnswersParts
  readonly #totals = new WeakMap<OrderedDevices, Totals>()

  constructor(parts: SelectorAnswersParts) {
    this.#parts = parts
  }

  /** Devices, functions or events that a selector addresses, as JSON text. */
  discover(tenant: string, selectorText: unknown, requester: string, range: RowRange): string {
    if (typeof selectorText !== 'string') {
      return refusal('invalid_selector', 'The selector has to be a text.')
    }
    let selector: Selector
    try {
      selector = parseSelector(selectorText)
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      return refusal('selector_parse_error', error.message)
    }
    const axis = axisOf(selector)
    const view = this.#tenant(tenant).view(this.#query(selectorText, selector, requester))
    const devices = view.inOrder()
    const totals = this.#totalsOf(view, devices, selector, axis)
    const rows =
      axis === undefined
        ? deviceRows(devices, range.offset, totals.matched <= FEW_DEVICES)
        : entityRows(devices, range.offset, totals, selector, axis)
    return this.#page(selector, totals, range, rows)
  }

  /**
   * The devices that a selector addresses, in key order; not to be changed.
   * @throws RejectedError `SELECTOR_MALFORMED`
   */
  devices(tenant: string, selectorText: string): readonly DeviceEntry[] {
    const selector = parseSelector(selectorText)
    return this.#tenant(tenant)
      .view(this.#query(selectorText, selector, ''))
      .inOrder()
  }

  /**
   * The vocabulary of labels, as JSON text: all keys, or all values of one such as
   * `device.location`.
   */
  discoverLabels(tenant: string, key: unknown, requester: string, range: RowRange): string {
    const groups = [...this.groupsSeenBy(tenant, requester)]
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
    const limit = limitOf(range.limit, DEFAULT_VALUES)
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

  /** The groups of a tenant, each with how many devices of it the requester may see. */
  groupsSeenBy(tenant: string, requester: string): Iterable<GroupCount> {
    const index = this.#tenant(tenant)
    const { visibility } = this.#parts
    if (visibility === undefined) return [...index.groups()].map((group) => [group, group.count])
    const query: ViewQuery = {
      key: `seen\n${requester}`,
      fitsGroup: () => true,
      fitsDevice: ({ deviceId }) => visibility(requester, tenant, deviceId),
    }
    return countGroups(index.view(query).inOrder())
  }

  #tenant(name: string): TenantIndex {
    return this.#parts.index.tenant(name) ?? new TenantIndex()
  }

  #query(text: string, selector: Selector, requester: string): ViewQuery {
    const { visibility } = this.#parts
    const { device } = selector
    const axis = axisOf(selector)
    const filter = entityFilterOf(selector)
    const fitsName = device?.fitsName
    return {
      key: `selector\n${visibility === undefined ? '' : requester}\n${text}`,
      fitsGroup: (group) =>
        fitsKeys(device, (key) => labelOf(group, key)) &&
        (axis === undefined || group.offer[axis].some((entity) => fitsEntity(filter, entity))),
      fitsDevice:
        fitsName === undefined && visibility === undefined
          ? undefined
          : ({ tenant, deviceId }) =>
              (fitsName?.(deviceId) ?? true) && (visibility?.(requester, tenant, deviceId) ?? true),
    }
  }

  #totalsOf(
    view: OrderedDevices,
    devices: readonly DeviceEntry[],
    selector: Selector,
    axis: EntityAxis | undefined,
  ): Totals {
    const known = this.#totals.get(view)
    if (known?.version === view.version) return known
    const groups = countGroups(devices)
    const filter = entityFilterOf(selector)
    const histogram =
      axis === undefined
        ? deviceHistogram(groups)
        : entityHistogram(groups, (offer) =>
            offer[axis].filter((entity) => fitsEntity(filter, entity)),
          )
    const rows = axis === undefined ? undefined : rowsBefore(devices, axis, filter)
    const totals: Totals = {
      version: view.version,
      matched: rows === undefined ? devices.length : (rows.at(-1) ?? 0),
      histogram: JSON.stringify(histogram.described(axis === undefined)),
      rowsBefore: rows,
    }
    this.#totals.set(view, totals)
    return totals
  }

  /** As many rows as are wanted and one reply holds. */
  #page(selector: Selector, totals: Totals, range: RowRange, rows: Iterable<string>): string {
    const room = this.#parts.maxPayload() - ENVELOPE_BYTES
    // A vocabulary that leaves no room for rows is to be asked for by itself, key by key.
    const histogram = Buffer.byteLength(totals.histogram) <= room / 2 ? totals.histogram : '{}'
    const limit = limitOf(range.limit, DEFAULT_ROWS)
    const page: string[] = []
    let used = Buffer.byteLength(histogram)
    let consumed = 0
    for (const row of rows) {
      if (consumed === limit) break
      const bytes = Buffer.byteLength(row) + 1
      if (used + bytes > room && page.length > 0) break
      consumed += 1
      // One that does not even fit alone is passed over, so that a walk through the pages ends.
      if (used + bytes > room) continue
      used += bytes
      page.push(row)
    }
    const next = range.offset + consumed
    const nextOffset = next < totals.matched && consumed > 0 ? next : null
    return `{"scope":"${selector.scope}","matched":${totals.matched},"returned":${page.length},"offset":${range.offset},"next_offset":${nextOffset},"results":[${page.join(',')}],"label_histogram":${histogram}}`
  }
}

function axisOf({ scope }: Selector): EntityAxis | undefined {
  if (scope === 'device_only') return undefined
  return scope === 'device_function' || scope === 'function_only' ? 'functions' : 'events'
}

function entityFilterOf(selector: Selector): SelectorFilter | undefined {
  return selector.function ?? selector.event
}

function fitsEntity(filter: SelectorFilter | undefined, { name, labels }: OfferedEntity): boolean {
  return fitsFilter(filter, name, (key) => entityLabel(labels, key))
}

function countGroups(devices: readonly DeviceEntry[]): GroupCount[] {
  const counts = new Map<DeviceGroup, number>()
  for (const { group } of devices) {
    if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  return [...counts]
}

function sum(groups: readonly GroupCount[], of: (group: DeviceGroup) => number): number {
  return groups.reduce((total, [group, count]) => total + count * of(group), 0)
}

function deviceHistogram(groups: Iterable<GroupCount>): LabelHistogram {
  const histogram = new LabelHistogram()
  for (const [group, count] of groups) histogram.add(labelsOf(group), count)
  return histogram
}

function entityHistogram(
  groups: Iterable<GroupCount>,
  entities: (offer: DeviceOffer) => readonly OfferedEntity[],
): LabelHistogram {
  const histogram = new LabelHistogram()
  for (const [{ offer }, count] of groups) {
    for (const { labels } of entities(offer)) histogram.add(labels.values, count)
  }
  return histogram
}

/** One number more than there are devices: the last is how many rows there are in all. */
function rowsBefore(
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

function* deviceRows(
  devices: readonly DeviceEntry[],
  offset: number,
  expand: boolean,
): Generator<string> {
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

function* entityRows(
  devices: readonly DeviceEntry[],
  offset: number,
  { matched, rowsBefore: before = new Uint32Array(1) }: Totals,
  selector: Selector,
  axis: EntityAxis,
): Generator<string> {
  const filter = entityFilterOf(selector)
  const expand = matched <= FEW_ENTITIES
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

function limitOf(asked: number, usual: number): number {
  return asked <= 0 ? usual : Math.min(asked, MAX_ROWS)
}

/** Refusals are data here, as in the reference's tools. */
function refusal(code: string, message: string): string {
  return JSON.stringify({
    matched: 0,
    returned: 0,
    offset: 0,
    next_offset: null,
    results: [],
    error: { code, message },
  })
}
