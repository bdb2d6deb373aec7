import { MusterError } from '#shared/errors.ts'
import { fitsKeys, parseSelector, type Selector } from '#shared/protocol/selectors.ts'
import type { Visibility } from './access-lists.ts'
import type { DeviceEntry } from './device-entry.ts'
import type { FleetIndex } from './fleet-index.ts'
import type { GroupCount } from './fleet-summary.ts'
import { labelOf } from './label-histogram.ts'
import { deviceHistogram, entityHistogram, labelVocabulary } from './label-vocabulary.ts'
import type { OrderedDevices } from './ordered-devices.ts'
import { limitOf, refusal, type RowRange } from './selector-reply.ts'
import {
  axisOf,
  deviceRows,
  entityFilterOf,
  entityRows,
  fitsEntity,
  rowsBefore,
  type EntityAxis,
} from './selector-rows.ts'
import { TenantIndex, type DeviceGroup, type ViewQuery } from './tenant-index.ts'

const DEFAULT_ROWS = 200
const NO_ROWS = new Uint32Array(1)
/** Room in a reply for what stands around the rows. */
const ENVELOPE_BYTES = 1024

export interface SelectorAnswersParts {
  readonly index: FleetIndex
  readonly visibility: Visibility | undefined
  /** Largest reply, in bytes. */
  maxPayload(): number
}

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
        ? deviceRows(devices, range.offset)
        : entityRows(devices, range.offset, totals.rowsBefore ?? NO_ROWS, selector, axis)
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

  /** The vocabulary of labels, as JSON text: see `labelVocabulary`. */
  discoverLabels(tenant: string, key: unknown, requester: string, range: RowRange): string {
    return labelVocabulary([...this.groupsSeenBy(tenant, requester)], key, range)
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
    const limit = limitOf(range, DEFAULT_ROWS)
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

function countGroups(devices: readonly DeviceEntry[]): GroupCount[] {
  const counts = new Map<DeviceGroup, number>()
  for (const { group } of devices) {
    if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  return [...counts]
}
