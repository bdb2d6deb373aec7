import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type {
  CredentialSummary,
  DeviceAddress,
  FleetDevice,
  FleetUpdate,
} from '#shared/contract/fleet.ts'
import { FleetService } from './fleet-service.ts'
import type { CredentialLedger, FleetSource, PendingDevice } from './fleet-source.ts'

/** A source that says what the test lets it say. */
class ScriptedSource implements FleetSource {
  readonly listeners = new Set<(update: FleetUpdate) => void>()
  readonly forgotten: unknown[] = []
  recordText: unknown = null
  devices: FleetDevice[]

  constructor(devices: FleetDevice[] = []) {
    this.devices = devices
  }

  subscribe(listener: (update: FleetUpdate) => void) {
    this.listeners.add(listener)
    listener({ type: 'snapshot', devices: this.devices, stale: false })
    return () => void this.listeners.delete(listener)
  }

  say(update: FleetUpdate) {
    for (const listener of this.listeners) listener(update)
  }

  change(change: Partial<Extract<FleetUpdate, { type: 'changed' }>>) {
    this.say({ type: 'changed', upserted: [], removed: [], beats: [], stale: false, ...change })
  }

  record() {
    return Promise.resolve(this.recordText)
  }

  readonly selected: DeviceAddress[] = []

  select(_selector: unknown, _text: string, _tenant: string | null, most: number) {
    return Promise.resolve(this.selected.slice(0, most))
  }

  async forget(address: unknown) {
    this.forgotten.push(address)
  }
}

class ScriptedLedger implements CredentialLedger {
  pending: PendingDevice[] = []
  readonly listeners = new Set<() => void>()
  pendingDevices = () => this.pending
  credentialsOf = () => [] as CredentialSummary[]
  subscribe(listener: () => void) {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }
  set(...deviceIds: string[]) {
    const issuedAt = new Date('2026-01-01T00:00:00Z')
    this.pending = deviceIds.map((deviceId) => ({ tenant: 'alpha', deviceId, issuedAt }))
    for (const listener of this.listeners) listener()
  }
}

function device(deviceId: string, change: Partial<FleetDevice> = {}): FleetDevice {
  return {
    tenant: 'alpha',
    deviceId,
    deviceType: 'pump',
    manufacturer: null,
    model: null,
    firmwareVersion: null,
    location: null,
    availability: null,
    busyScore: null,
    battery: null,
    errorState: null,
    functionCount: 1,
    eventCount: 0,
    state: 'online',
    since: '2026-01-01T00:00:00.000Z',
    lastSeenAt: null,
    ttlSeconds: 15,
    registeredAt: null,
    presence: null,
    ...change,
  }
}

let ledger: ScriptedLedger
let source: ScriptedSource
let fleet: FleetService
let updates: FleetUpdate[]

beforeEach(() => {
  vi.useFakeTimers()
  ledger = new ScriptedLedger()
  source = new ScriptedSource([device('a')])
  fleet = new FleetService({ ledger })
  fleet.use(source)
  vi.advanceTimersByTime(100)
  updates = []
  fleet.subscribe((update) => void updates.push(update))
})
afterEach(() => {
  fleet.close()
  vi.useRealTimers()
})

const settle = () => vi.advanceTimersByTime(50)
const states = (update: FleetUpdate | undefined) => {
  const devices = update?.type === 'snapshot' ? update.devices : (update?.upserted ?? [])
  return devices.map(({ deviceId, state }) => `${deviceId} ${state}`)
}

describe('what the window sees', () => {
  test('the whole fleet at once, then changes', () => {
    expect(updates).toEqual([{ type: 'snapshot', devices: [device('a')], stale: false }])
    source.change({ upserted: [device('b')], removed: [{ tenant: 'alpha', deviceId: 'a' }] })
    settle()
    expect(updates[1]).toEqual({
      type: 'changed',
      upserted: [device('b')],
      removed: [{ tenant: 'alpha', deviceId: 'a' }],
      beats: [],
      stale: false,
    })
  })

  test('a thousand changes between two batches fall together to the last state of each', () => {
    for (let index = 0; index < 1_000; index += 1) {
      source.change({
        upserted: [device('b', { battery: index % 100 })],
        beats: [['alpha', 'a', index]],
      })
    }
    source.change({ removed: [{ tenant: 'alpha', deviceId: 'b' }] })
    source.change({ upserted: [device('b', { battery: 7 })] })
    settle()
    expect(updates).toHaveLength(2)
    expect(updates[1]).toMatchObject({
      upserted: [{ deviceId: 'b', battery: 7 }],
      removed: [],
      beats: [['alpha', 'a', 999]],
    })
  })

  test('a beat moves "last seen" also for those who come later, and beats of strangers are ignored', () => {
    source.change({
      beats: [
        ['alpha', 'a', 1_000],
        ['alpha', 'x', 1_000],
      ],
    })
    settle()
    expect(updates[1]).toMatchObject({ upserted: [], beats: [['alpha', 'a', 1_000]] })
    const later: FleetUpdate[] = []
    fleet.subscribe((update) => void later.push(update))
    expect(later[0]).toMatchObject({
      devices: [{ deviceId: 'a', lastSeenAt: '1970-01-01T00:00:01.000Z' }],
    })
  })

  test('a registry that went down leaves its devices, marked stale', () => {
    source.change({ stale: true })
    settle()
    expect(updates[1]).toMatchObject({ stale: true, upserted: [], removed: [] })
    source.say({ type: 'snapshot', devices: [device('c')], stale: false })
    settle()
    expect(updates[2]).toMatchObject({ type: 'snapshot', stale: false })
    expect(states(updates[2])).toEqual(['c online'])
  })

  test('another mesh brings another fleet, and the old one is heard no more', () => {
    const next = new ScriptedSource([device('z')])
    fleet.use(next)
    source.change({ upserted: [device('ghost')] })
    settle()
    expect(states(updates[1])).toEqual(['z online'])
    expect(source.listeners.size).toBe(0)
    fleet.use(undefined)
    settle()
    expect(updates[2]).toEqual({ type: 'snapshot', devices: [], stale: false })
  })
})

describe('devices that hold a credential and have not connected', () => {
  test('are pending until they are online, and go where the credential goes', () => {
    ledger.set('new', 'a')
    settle()
    expect(states(updates[1])).toEqual(['new pending', 'a online'])
    source.change({ upserted: [device('new')] })
    settle()
    expect(states(updates[2])).toEqual(['new online'])
    ledger.set()
    settle()
    expect(states(updates[3])).toEqual(['new online', 'a online'])
    ledger.set('other')
    ledger.set()
    settle()
    expect(updates[4]).toMatchObject({ removed: [{ tenant: 'alpha', deviceId: 'other' }] })
  })

  test('one that is offline from an earlier life counts as pending, with what is known of it', () => {
    source.change({ upserted: [device('a', { state: 'offline', model: 'M1' })] })
    ledger.set('a')
    settle()
    expect(updates[1]).toMatchObject({
      upserted: [{ deviceId: 'a', state: 'pending', model: 'M1' }],
    })
  })

  test('stand in the list also where no registry is there', () => {
    fleet.use(undefined)
    ledger.set('new')
    settle()
    expect(states(updates[1])).toEqual(['new pending'])
  })
})

describe('waiting for a device', () => {
  test('resolves at once where it is online, and when it comes online', async () => {
    const { signal } = new AbortController()
    await fleet.whenOnline('alpha', 'a', signal)
    const arrival = fleet.whenOnline('alpha', 'b', signal)
    source.change({ upserted: [device('b', { state: 'offline' })] })
    source.change({ upserted: [device('b')] })
    await arrival
  })

  test('does not take the word of a registry that is down', async () => {
    source.change({ stale: true })
    let arrived = false
    const arrival = fleet.whenOnline('alpha', 'a', new AbortController().signal).then(() => {
      arrived = true
    })
    await Promise.resolve()
    expect(arrived).toBe(false)
    source.change({ stale: false })
    await arrival
  })

  test('rejects with the reason of its signal, and lets go', async () => {
    const controller = new AbortController()
    const reason = new Error('stop')
    const arrival = fleet.whenOnline('alpha', 'b', controller.signal)
    controller.abort(reason)
    await expect(arrival).rejects.toBe(reason)
    await expect(fleet.whenOnline('alpha', 'a', controller.signal)).rejects.toBe(reason)
  })
})

describe('one device', () => {
  const address = { tenant: 'alpha', deviceId: 'a' }

  test('its record comes from the registry, or is null', async () => {
    expect(await fleet.record(address, new AbortController().signal)).toBeNull()
    source.recordText = '{"identity":{"device_type":"pump"}}'
    const record = await fleet.record(address, new AbortController().signal)
    expect(record?.identity).toEqual({ device_type: 'pump' })
    fleet.use(undefined)
    expect(await fleet.record(address, new AbortController().signal)).toBeNull()
  })

  test('is forgotten only where it is offline', async () => {
    await expect(fleet.forget(address)).rejects.toMatchObject({ code: 'DEVICE_ONLINE' })
    source.change({ upserted: [device('a', { state: 'offline' })] })
    await fleet.forget(address)
    expect(source.forgotten).toEqual([address])
    ledger.set('new')
    await expect(fleet.forget({ ...address, deviceId: 'new' })).rejects.toMatchObject({
      code: 'DEVICE_PENDING',
    })
    await expect(fleet.forget({ ...address, deviceId: 'x' })).rejects.toMatchObject({
      code: 'DEVICE_UNKNOWN',
    })
  })
})

test('a selector that is none is refused before anybody is asked', async () => {
  const never = new AbortController().signal
  await expect(fleet.select({ selector: 'device(', tenant: null }, never)).rejects.toMatchObject({
    code: 'SELECTOR_MALFORMED',
    details: { position: 6 },
  })
})

test('what a selector addresses is listed, up to a number that says so', async () => {
  const never = new AbortController().signal
  source.selected.push({ tenant: 'alpha', deviceId: 'a' })
  const query = { selector: 'device(a)', tenant: null }
  expect(await fleet.select(query, never)).toEqual({
    devices: [{ tenant: 'alpha', deviceId: 'a' }],
    truncated: false,
  })
  for (let number = 0; number < 30_000; number += 1) {
    source.selected.push({ tenant: 'alpha', deviceId: `d${number}` })
  }
  const { devices, truncated } = await fleet.select(query, never)
  expect(truncated).toBe(true)
  expect(devices.length).toBeLessThan(30_000)
})
