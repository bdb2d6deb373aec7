import { setTimeout as delay } from 'node:timers/promises'
import type {
  QueueAvailability,
  QueuedCommand,
  QueueUpdate,
  TenantLag,
} from '#shared/contract/queue.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { commandEnded, commandUnknown } from '../../../src/main/queue/queue-errors.ts'
import type { QueueCalls } from '../../../src/main/router/queue.ts'
import { ago } from './devices.ts'
import type { Scenario } from './state.ts'
import { Topic } from './topic.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const READY: QueueAvailability = { state: 'ready', canEnable: false, sharedWith: [], problem: null }
const OFF: QueueAvailability = { state: 'off', canEnable: true, sharedWith: [], problem: null }

/** Nothing was ever queued for these, and for the first the queue is off. */
const WITHOUT_COMMANDS: ReadonlySet<string> = new Set(['research', 'default'])

/** Queues of a scripted main. */
export function fakeQueue(scenario: Scenario): QueueCalls {
  const switchedOn = new Set<string>()
  const availabilityIn = (tenant: string) =>
    switchedOn.has(tenant) ? READY : availabilityOf(scenario, tenant)
  const commands = new Map<string, QueuedCommand>()
  const topics = new Map<string, Topic<QueueUpdate>>()
  const topicOf = ({ tenant, deviceId }: DeviceAddress) => {
    const key = `${tenant} ${deviceId}`
    const known = topics.get(key)
    if (known !== undefined) return known
    if (!WITHOUT_COMMANDS.has(tenant)) {
      for (const command of commandsOf({ tenant, deviceId })) commands.set(command.id, command)
    }
    const of = () =>
      [...commands.values()]
        .filter((each) => each.tenant === tenant && each.deviceId === deviceId)
        .toSorted((one, other) => (one.enqueuedAt < other.enqueuedAt ? 1 : -1))
    const topic = new Topic<QueueUpdate>(() => ({
      type: 'snapshot',
      availability: availabilityIn(tenant),
      device: deviceOf(scenario, tenant, deviceId, of()),
      commands: of(),
    }))
    topics.set(key, topic)
    return topic
  }
  const change = async (id: string, patch: (command: QueuedCommand) => Partial<QueuedCommand>) => {
    await delay(200)
    const before = commands.get(id)
    if (before === undefined) throw commandUnknown()
    if (before.endedAt !== null) throw commandEnded(before.state)
    const after = { ...before, ...patch(before) }
    commands.set(id, after)
    topicOf(after).refresh()
    return after
  }
  const ended = (state: QueuedCommand['state']) => ({ state, endedAt: new Date().toISOString() })
  return {
    availability: (tenant) => Promise.resolve(availabilityIn(tenant)),
    enable: async (tenant) => {
      await delay(400)
      switchedOn.add(tenant)
      for (const topic of topics.values()) topic.refresh()
      return READY
    },
    watch: (address) => (listener) => topicOf(address).subscribe(listener),
    enqueue: async ({ expiresInMs, ...order }) => {
      await delay(200)
      const command: QueuedCommand = {
        ...commandAt(order, order.id, {}),
        functionName: order.functionName,
        params: order.params,
        enqueuedAt: new Date().toISOString(),
        deadline: ago(-expiresInMs),
      }
      commands.set(command.id, command)
      topicOf(order).refresh()
      return command
    },
    cancel: (_tenant, id) =>
      change(id, ({ state }) => ({ ...ended('cancelled'), mayHaveRun: state === 'delivered' })),
    requeue: (_tenant, id, expiresInMs) =>
      change(id, () => ({
        state: 'queued',
        attempts: 0,
        error: null,
        deadline: ago(-expiresInMs),
      })),
    discard: (_tenant, id) => change(id, () => ended('discarded')),
    lag: (tenant) => Promise.resolve(lagOf(tenant, availabilityIn(tenant))),
  }
}

function availabilityOf(scenario: Scenario, tenant: string): QueueAvailability {
  if (scenario !== 'failing') return tenant === 'research' ? OFF : READY
  return {
    state: 'unknown',
    canEnable: false,
    sharedWith: [],
    problem: {
      code: 'MESH_NOT_CONNECTED',
      kind: 'transient',
      message: 'Muster is not connected to a mesh now.',
      advice: 'Wait until the mesh is connected, or look at Health for what hinders it.',
      details: {},
    },
  }
}

function deviceOf(
  scenario: Scenario,
  tenant: string,
  deviceId: string,
  commands: readonly QueuedCommand[],
): QueueUpdate['device'] {
  const count = (...states: QueuedCommand['state'][]) =>
    commands.filter(({ state }) => states.includes(state)).length
  if (scenario !== 'full' || commands.length === 0) {
    return { consumer: null, permitted: scenario === 'failing' ? false : null }
  }
  return {
    permitted: true,
    consumer: {
      name: `cmd-${tenant}-${deviceId}`,
      pending: count('queued'),
      inFlight: count('delivered'),
      redelivered: 1,
      fetching: false,
      lastDeliveredAt: ago(12_000),
    },
  }
}

function commandAt(
  { tenant, deviceId }: DeviceAddress,
  id: string,
  more: Partial<QueuedCommand>,
): QueuedCommand {
  return {
    id,
    tenant,
    deviceId,
    functionName: 'set_target',
    params: {},
    by: 'kim@laptop',
    elsewhere: false,
    state: 'queued',
    enqueuedAt: ago(0),
    deadline: ago(-DAY_MS),
    attempts: 0,
    maxAttempts: 5,
    result: null,
    error: null,
    mayHaveRun: false,
    endedAt: null,
    ...more,
  }
}

function commandsOf(address: DeviceAddress): QueuedCommand[] {
  const at = (number: number, more: Partial<QueuedCommand>) =>
    commandAt(address, `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, more)
  const failure = { code: '-32603', message: 'The valve did not move: limit switch S2 stays open.' }
  return [
    at(1, { params: { percent: 40, zone: 'bay 3' }, enqueuedAt: ago(4 * MINUTE_MS) }),
    at(2, {
      functionName: 'calibrate',
      by: 'irrigation-planner',
      elsewhere: true,
      enqueuedAt: ago(26 * MINUTE_MS),
      deadline: null,
    }),
    at(3, {
      functionName: 'update_firmware',
      params: { version: '2.5.0', url: 'https://updates.example/ts-2/2.5.0.bin' },
      state: 'delivered',
      attempts: 2,
      enqueuedAt: ago(40 * MINUTE_MS),
    }),
    at(4, {
      functionName: 'open_valve',
      params: { valve: 2 },
      state: 'dead',
      attempts: 5,
      error: failure,
      enqueuedAt: ago(3 * HOUR_MS),
    }),
    at(5, {
      functionName: 'read_log',
      params: { lines: 3 },
      state: 'done',
      attempts: 1,
      result: { value: { lines: ['boot 1.2 s', 'mesh up', 'registered'], truncated: false } },
      enqueuedAt: ago(5 * HOUR_MS),
      endedAt: ago(4.8 * HOUR_MS),
    }),
    at(6, {
      functionName: 'self_destruct',
      state: 'failed',
      attempts: 1,
      error: { code: '-32601', message: 'Unknown method: self_destruct' },
      enqueuedAt: ago(9 * HOUR_MS),
      endedAt: ago(8.9 * HOUR_MS),
    }),
    at(7, {
      state: 'expired',
      params: { percent: 55 },
      error: { code: 'expired', message: 'Its time was over before it was carried out.' },
      enqueuedAt: ago(3 * DAY_MS),
      deadline: ago(2 * DAY_MS),
      endedAt: ago(2 * DAY_MS),
    }),
    at(8, {
      state: 'cancelled',
      params: { percent: 20 },
      attempts: 1,
      mayHaveRun: true,
      error: { code: 'cancelled', message: 'It was cancelled before it was carried out.' },
      enqueuedAt: ago(4 * DAY_MS),
      endedAt: ago(4 * DAY_MS - HOUR_MS),
    }),
  ]
}

function lagOf(tenant: string, availability: QueueAvailability): TenantLag {
  const none = { consumers: 0, pending: 0, inFlight: 0, redelivered: 0, dead: 0, devices: [] }
  if (availability.state !== 'ready' || WITHOUT_COMMANDS.has(tenant)) {
    return { availability, stream: null, ...none }
  }
  const device = (deviceId: string, pending: number, more = {}) => ({
    deviceId,
    pending,
    inFlight: 0,
    redelivered: 0,
    dead: 0,
    fetching: false,
    oldestAt: ago(pending * HOUR_MS),
    ...more,
  })
  return {
    availability,
    stream: {
      name: `commands-${tenant}`,
      commands: 58,
      bytes: 31_480,
      maxBytes: 16 * 1024 * 1024,
      oldestAt: ago(41 * HOUR_MS),
    },
    consumers: 212,
    pending: 54,
    inFlight: 2,
    redelivered: 3,
    dead: 2,
    devices: [
      device('soil-sensor-00041', 41),
      device('irrigation-pump-00002', 9, { inFlight: 1, redelivered: 2, dead: 2 }),
      device('soil-sensor-00006', 3, { inFlight: 1, fetching: true }),
      device('climate-controller-00003', 1, { redelivered: 1 }),
    ],
  }
}
