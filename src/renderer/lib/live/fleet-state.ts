import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'

/** The whole fleet. A new object after each change; nothing in it is changed in place. */
export interface FleetState {
  readonly devices: readonly FleetDevice[]
  /** Position of each device in `devices` by its key. */
  readonly positions: ReadonlyMap<string, number>
  readonly stale: boolean
  /** Rises when more changed than the times of last heartbeats: lists have to order again. */
  readonly revision: number
  /** Rises with each change at all. */
  readonly beat: number
}

/** Names one device in the whole fleet; ids are unique within a tenant only. */
export function fleetKey(address: { tenant: string; deviceId: string }): string {
  // White space can stand in neither: both are single tokens of a NATS subject.
  return `${address.tenant} ${address.deviceId}`
}

/** A device by its key. */
export function deviceOf(state: FleetState, key: string): FleetDevice | undefined {
  const position = state.positions.get(key)
  return position === undefined ? undefined : state.devices[position]
}

/** The fleet after `update`. */
export function reduceFleet(
  state: FleetState | undefined,
  update: FleetUpdate,
): FleetState | undefined {
  if (update.type === 'snapshot') return fromSnapshot(state, update.devices, update.stale)
  if (state === undefined) return undefined
  const draft = new FleetDraft(state)
  for (const device of update.upserted) draft.upsert(device)
  for (const address of update.removed) draft.remove(fleetKey(address))
  for (const [tenant, deviceId, at] of update.beats) draft.beat(fleetKey({ tenant, deviceId }), at)
  const restructured = update.upserted.length > 0 || update.removed.length > 0
  return {
    devices: draft.devices,
    positions: draft.positions,
    stale: update.stale,
    revision: state.revision + (restructured || update.stale !== state.stale ? 1 : 0),
    beat: state.beat + 1,
  }
}

function fromSnapshot(
  state: FleetState | undefined,
  devices: readonly FleetDevice[],
  stale: boolean,
): FleetState {
  const positions = new Map(devices.map((device, position) => [fleetKey(device), position]))
  const revision = (state?.revision ?? 0) + 1
  return { devices, positions, stale, revision, beat: (state?.beat ?? 0) + 1 }
}

/** The next state while it is being made. */
class FleetDraft {
  readonly devices: FleetDevice[]
  #positions: ReadonlyMap<string, number>
  #ownPositions: Map<string, number> | undefined

  constructor(state: FleetState) {
    this.devices = state.devices.slice()
    this.#positions = state.positions
  }

  get positions(): ReadonlyMap<string, number> {
    return this.#positions
  }

  upsert(device: FleetDevice): void {
    const key = fleetKey(device)
    const position = this.#positions.get(key)
    if (position === undefined) this.#writable().set(key, this.devices.push(device) - 1)
    else this.devices[position] = device
  }

  // The last device takes the place of the removed one: lists bring their own order.
  remove(key: string): void {
    const position = this.#positions.get(key)
    if (position === undefined) return
    const positions = this.#writable()
    positions.delete(key)
    const last = this.devices.pop()
    if (last === undefined || position === this.devices.length) return
    this.devices[position] = last
    positions.set(fleetKey(last), position)
  }

  beat(key: string, at: number): void {
    const position = this.#positions.get(key)
    const device = position === undefined ? undefined : this.devices[position]
    if (position === undefined || device === undefined) return
    this.devices[position] = { ...device, lastSeenAt: new Date(at).toISOString() }
  }

  // Copied only when devices come or go: 100,000 entries at each heartbeat would be too much.
  #writable(): Map<string, number> {
    if (this.#ownPositions === undefined) {
      this.#ownPositions = new Map(this.#positions)
      this.#positions = this.#ownPositions
    }
    return this.#ownPositions
  }
}
