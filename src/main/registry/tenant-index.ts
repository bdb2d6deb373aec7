import type { DeviceEntry } from './device-entry.ts'
import type { DeviceOffer } from './device-offer.ts'
import { OrderedDevices } from './ordered-devices.ts'

/** Devices of a tenant that look the same to every filter and selector, but for their id. */
export interface DeviceGroup {
  readonly offer: DeviceOffer
  /** `identity.device_type`. */
  readonly type: string | null
  /** `status.location`. */
  readonly location: string | null
  readonly functionCount: number
  readonly eventCount: number
  /** How many are online. */
  count: number
}

interface SharedOffer {
  readonly offer: DeviceOffer
  readonly number: number
  groups: number
}

/** A question that is asked again, page after page. */
export interface ViewQuery {
  /** Equal for equal questions. */
  readonly key: string
  /** Asked once a group. */
  readonly fitsGroup: (group: DeviceGroup) => boolean
  /** Asked once a device, where it depends on more than the group. */
  readonly fitsDevice?: ((entry: DeviceEntry) => boolean) | undefined
}

/** Questions kept for each tenant; what was not asked for longest goes first. */
const MAX_VIEWS = 16
const MAX_VERDICTS = 10_000
/** A question that nobody asked while this much changed is forgotten. */
const MAX_WAITING = 2048

/**
 * The online devices of a tenant: in key order, grouped by what filters and selectors look at, and
 * as answers to the questions of late, all kept as devices come, change and go. So a page is a
 * slice, and the summary of a fleet is as much work as it has kinds of devices.
 */
export class TenantIndex {
  readonly #all = new OrderedDevices((entry) => entry.online)
  readonly #groups = new Map<string, DeviceGroup>()
  readonly #offers = new Map<string, SharedOffer>()
  readonly #views = new Map<string, OrderedDevices>()
  #offersSeen = 0
  #groupsVersion = 0

  /** Rises whenever a count of a group changes. */
  get groupsVersion(): number {
    return this.#groupsVersion
  }

  /** The online devices in key order. Valid until the next change; not to be changed. */
  all(): readonly DeviceEntry[] {
    return this.#all.inOrder()
  }

  groups(): IterableIterator<DeviceGroup> {
    return this.#groups.values()
  }

  /** The devices that fit a question, in key order. Its first asking looks at all, no other does. */
  view(query: ViewQuery): OrderedDevices {
    const known = this.#views.get(query.key)
    if (known !== undefined) {
      this.#views.delete(query.key)
      this.#views.set(query.key, known)
      return known
    }
    const view = new OrderedDevices(fitting(query))
    view.fill(this.all())
    this.#views.set(query.key, view)
    const oldest = this.#views.size > MAX_VIEWS ? this.#views.keys().next().value : undefined
    if (oldest !== undefined) this.#views.delete(oldest)
    return view
  }

  /** The device came or went: its `online` was just set. */
  turned(entry: DeviceEntry): void {
    this.#all.touch(entry)
    this.#regroup(entry)
    this.#touchViews(entry)
  }

  /** Its facts or those of its status changed. Cheap where nothing did that anybody looks for. */
  changed(entry: DeviceEntry): void {
    const { group, facts, statusFacts } = entry
    if (!entry.online || group === undefined) return
    if (
      group.type === facts.deviceType &&
      group.location === statusFacts.location &&
      (group.offer === facts.offer || group.offer.text === facts.offer.text)
    ) {
      shareFacts(group, entry)
      return
    }
    this.#regroup(entry)
    this.#touchViews(entry)
  }

  #touchViews(entry: DeviceEntry): void {
    for (const [key, view] of this.#views) {
      if (view.waiting < MAX_WAITING) view.touch(entry)
      else this.#views.delete(key)
    }
  }

  #regroup(entry: DeviceEntry): void {
    this.#groupsVersion += 1
    const before = entry.group
    // First in, then out: an offer that both groups share is not lost on the way.
    entry.group = entry.online ? this.#enter(entry) : undefined
    if (before !== undefined) this.#leave(before)
  }

  #enter(entry: DeviceEntry): DeviceGroup {
    const { facts, statusFacts } = entry
    const shared = this.#share(facts.offer)
    const { deviceType: type } = facts
    const { location } = statusFacts
    const key = groupKey(shared.number, type, location)
    let group = this.#groups.get(key)
    if (group === undefined) {
      const { functionCount, eventCount } = facts
      group = { offer: shared.offer, type, location, functionCount, eventCount, count: 0 }
      this.#groups.set(key, group)
      shared.groups += 1
    }
    group.count += 1
    shareFacts(group, entry)
    // `statusFacts` keeps that from then on.
    entry.statusFacts = { ...entry.statusFacts, location: group.location }
    return group
  }

  #leave(group: DeviceGroup): void {
    group.count -= 1
    if (group.count > 0) return
    const shared = this.#offers.get(group.offer.text)
    if (shared === undefined) return
    this.#groups.delete(groupKey(shared.number, group.type, group.location))
    shared.groups -= 1
    if (shared.groups === 0) this.#offers.delete(group.offer.text)
  }

  #share(offer: DeviceOffer): SharedOffer {
    let shared = this.#offers.get(offer.text)
    if (shared === undefined) {
      shared = { offer, number: (this.#offersSeen += 1), groups: 0 }
      this.#offers.set(offer.text, shared)
    }
    return shared
  }
}

/** The device's own copies of what its group has, too, can go. */
function shareFacts({ offer, type }: DeviceGroup, entry: DeviceEntry): void {
  if (entry.facts.offer !== offer) entry.facts = { ...entry.facts, deviceType: type, offer }
}

function groupKey(offer: number, type: string | null, location: string | null): string {
  return `${offer}\n${JSON.stringify(type)}\n${location ?? ''}${location === null ? '\n' : ''}`
}

function fitting({ fitsGroup, fitsDevice }: ViewQuery): (entry: DeviceEntry) => boolean {
  const verdicts = new Map<DeviceGroup, boolean>()
  return (entry) => {
    const { group } = entry
    if (!entry.online || group === undefined) return false
    let verdict = verdicts.get(group)
    if (verdict === undefined) {
      // Groups come and go; their verdicts are not followed but begun anew.
      if (verdicts.size >= MAX_VERDICTS) verdicts.clear()
      verdict = fitsGroup(group)
      verdicts.set(group, verdict)
    }
    return verdict && (fitsDevice?.(entry) ?? true)
  }
}
