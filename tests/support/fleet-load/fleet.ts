import type { NatsConnection } from '@nats-io/transport-node'
import {
  ROOT,
  type BeatPlan,
  type PresenceReport,
  type RegisterPlan,
  type Registered,
} from './load-calls.ts'
import { beatOf, idOf, idsOf, registrationOf, type FleetPlan } from './records.ts'
import { requestBurst } from './request-burst.ts'
import { spreadOfTimes } from './times.ts'

const TICK_MS = 10
const REGISTER_TIMEOUT_MS = 10_000
/** One that tries again waits less for an answer that is lost. */
const RETRIED_TIMEOUT_MS = 3000
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 2000
const MAX_KEPT_REGISTRATIONS = 20_000

/** One device as it knows itself, and what was said about it. */
interface Device {
  readonly index: number
  registered: boolean
  step: number
  lastBeatMs: number
  /** Between its two last beats. */
  gapMs: number
  /** Said to be offline, and not online since. */
  offline: boolean
  /** How late after its last beat and its TTL it was said to be offline first. */
  lateMs: number | undefined
}

/** The devices of a fleet: they register, beat, fall silent, and register again when asked. */
export class Fleet {
  readonly plan: FleetPlan
  readonly #connection: (index: number) => NatsConnection | undefined
  readonly #devices: readonly Device[]
  readonly #byId: ReadonlyMap<string, Device>
  readonly #registrations: Uint8Array[] = []
  #beating: NodeJS.Timeout | undefined
  #online = 0
  #offline = 0
  #wronglyOffline = 0
  #rightlyOffline = 0
  #duplicates = 0
  #asked = 0
  #wrongIds: string[] = []
  /** A pause of this process that makes devices miss their TTL, and when one ended last. */
  #standstillMs = Number.POSITIVE_INFINITY
  #stoodStillAtMs = Number.NEGATIVE_INFINITY
  #standstills = 0

  /** @param connection the one that is up for a device; undefined while there is none */
  constructor(plan: FleetPlan, connection: (index: number) => NatsConnection | undefined) {
    this.plan = plan
    this.#connection = connection
    this.#devices = idsOf(plan).map((_, index) => ({
      index,
      registered: false,
      step: 0,
      lastBeatMs: performance.now(),
      gapMs: 0,
      offline: false,
      lateMs: undefined,
    }))
    this.#byId = new Map(this.#devices.map((device) => [idOf(plan, device.index), device]))
  }

  /** Makes what they send to register, where they are few enough to keep that: it is not what is measured. */
  prepare(): void {
    if (this.plan.count > MAX_KEPT_REGISTRATIONS) return
    for (const { index } of this.#devices) this.#registration(index)
  }

  /** Registers all of them once as fast as they are answered: for measuring. */
  async registerAtOnce(url: string, inFlight: number): Promise<Registered> {
    const subject = `${ROOT}.${this.plan.tenant}.registry`
    const requests = this.#devices.map((_, index) => this.#registration(index))
    // Each begins to beat when it is registered, as a device does.
    const answered = (index: number) => this.isRegistered(index)
    const burst = await requestBurst(url, subject, requests, inFlight, isRegistered, answered)
    return { tookMs: burst.tookMs, failed: burst.failed, times: spreadOfTimes(burst.times) }
  }

  /** Registers all of them once, `inFlight` at a time; a device that is refused tries again where told. */
  async register({ inFlight, retry }: RegisterPlan): Promise<Registered> {
    const requests = this.#devices.map((_, index) => this.#registration(index))
    const times: number[] = []
    let failed = 0
    let next = 0
    const worker = async () => {
      for (let index = next++; index < requests.length; index = next++) {
        const startedAt = performance.now()
        const device = this.#devices[index]
        if (device !== undefined) device.lastBeatMs = Math.max(device.lastBeatMs, startedAt)
        const done = await this.#registerOne(requests[index] ?? new Uint8Array(), retry)
        if (done && device !== undefined) device.registered = true
        if (done) times.push(performance.now() - startedAt)
        else failed += 1
      }
    }
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: inFlight }, worker))
    return { tookMs: performance.now() - startedAt, failed, times: spreadOfTimes(times) }
  }

  /** From now on every device that is registered beats, evenly spread over the interval. */
  beat({ everyMs, changing }: BeatPlan): void {
    clearInterval(this.#beating)
    const { count, ttlSeconds } = this.plan
    this.#standstillMs = (ttlSeconds * 1000 - everyMs) / 2
    let next = 0
    let debt = 0
    let lastMs = performance.now()
    this.#beating = setInterval(() => {
      const now = performance.now()
      if (now - lastMs > this.#standstillMs) this.#stoodStill(now)
      // No more than a whole round at once, however late the timer is.
      debt = Math.min(debt + ((now - lastMs) * count) / everyMs, count)
      lastMs = now
      for (; debt >= 1; debt -= 1) {
        this.#beatOne(this.#devices[next % count], changing)
        next += 1
      }
    }, TICK_MS)
  }

  /** No device says anything any more. */
  silence(): void {
    clearInterval(this.#beating)
    this.#beating = undefined
  }

  /** The answer of a device to `requestRegistration`; undefined where it is not one of these. */
  answerOf(deviceId: string): Record<string, unknown> | undefined {
    const device = this.#byId.get(deviceId)
    if (device === undefined) return undefined
    this.#asked += 1
    return registrationOf(this.plan, device.index)
  }

  heardOnline(deviceId: string): void {
    const device = this.#byId.get(deviceId)
    if (device === undefined) return
    this.#online += 1
    device.offline = false
  }

  heardOffline(deviceId: string): void {
    const device = this.#byId.get(deviceId)
    if (device === undefined) return
    this.#offline += 1
    if (device.offline) this.#duplicates += 1
    device.offline = true
    const now = performance.now()
    const ttlMs = this.plan.ttlSeconds * 1000
    const silentMs = now - device.lastBeatMs
    if (silentMs >= ttlMs) device.lateMs ??= silentMs - ttlMs
    // What was said while this process stood still is read when the device has beaten again.
    else if (device.gapMs >= ttlMs || now - this.#stoodStillAtMs < ttlMs) this.#rightlyOffline += 1
    else {
      this.#wronglyOffline += 1
      if (this.#wrongIds.length < 5)
        this.#wrongIds.push(`${deviceId} after ${Math.round(silentMs)} ms`)
    }
  }

  /** What was said about them since they came to be, or since `forget`. */
  presence(): PresenceReport {
    const late = this.#devices.flatMap(({ lateMs }) => (lateMs === undefined ? [] : [lateMs]))
    return {
      online: this.#online,
      offline: this.#offline,
      offlineDevices: this.#devices.filter((device) => device.offline).length,
      wronglyOffline: this.#wronglyOffline,
      rightlyOffline: this.#rightlyOffline,
      standstills: this.#standstills,
      wrongIds: this.#wrongIds,
      duplicates: this.#duplicates,
      asked: this.#asked,
      lateMs: spreadOfTimes(late),
    }
  }

  /** Forgets what was said, not what is so. */
  forget(): void {
    this.#online = 0
    this.#offline = 0
    this.#wronglyOffline = 0
    this.#rightlyOffline = 0
    this.#duplicates = 0
    this.#asked = 0
    this.#wrongIds = []
    for (const device of this.#devices) device.lateMs = undefined
  }

  /** It registered by itself, on a connection of its own. */
  isRegistered(index: number): void {
    const device = this.#devices[index]
    if (device === undefined) return
    device.registered = true
    device.lastBeatMs = performance.now()
  }

  #beatOne(device: Device | undefined, changing: number): void {
    if (device?.registered !== true) return
    // It tries all the same where it is cut off: it is no fault of its own then.
    this.#noteBeat(device)
    const connection = this.#connection(device.index)
    if (connection === undefined) return
    if (changing >= 1 || Math.random() < changing) device.step += 1
    const { tenant } = this.plan
    const beat = beatOf(this.plan, device.index, device.step, Date.now() / 1000)
    connection.publish(`${ROOT}.${tenant}.${idOf(this.plan, device.index)}.heartbeat`, beat)
  }

  #noteBeat(device: Device): void {
    const now = performance.now()
    device.gapMs = now - device.lastBeatMs
    device.lastBeatMs = now
  }

  #stoodStill(now: number): void {
    this.#stoodStillAtMs = now
    this.#standstills += 1
  }

  async #registerOne(request: Uint8Array, retry: boolean): Promise<boolean> {
    const subject = `${ROOT}.${this.plan.tenant}.registry`
    for (let pauseMs = RETRY_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
      try {
        const connection = this.#connection(0)
        if (connection === undefined) throw new Error('not connected')
        const reply = await connection.request(subject, request, {
          timeout: retry ? RETRIED_TIMEOUT_MS : REGISTER_TIMEOUT_MS,
        })
        if (isRegistered(reply.string())) return true
      } catch {
        // No registry, or none that answers in time: what a device does is try again.
      }
      if (!retry) return false
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  #registration(index: number): Uint8Array {
    const made = this.#registrations[index]
    if (made !== undefined) return made
    const params = registrationOf(this.plan, index)
    const request = { jsonrpc: '2.0', id: `r-${index}`, method: 'registerDevice', params }
    const bytes = Buffer.from(JSON.stringify(request))
    if (this.plan.count <= MAX_KEPT_REGISTRATIONS) this.#registrations[index] = bytes
    return bytes
  }
}

function isRegistered(reply: string): boolean {
  return reply.includes('"registered"')
}
