import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestContext } from 'vitest'
import {
  startAloneRegistry,
  type AloneRegistry,
  type AloneRegistryOptions,
} from '../../support/alone-registry.ts'
import { startFleetLoad, type FleetLoad } from '../../support/fleet-load/fleet-load.ts'
import type { Listed } from '../../support/fleet-load/load-calls.ts'
import type { FleetPlan } from '../../support/fleet-load/records.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { SCALE, TTL_MS } from './scale.ts'

const TENANT = 'field'
const IN_FLIGHT = 64
/** Characters of a registry's log that a failure shows. */
const LOG_SHOWN = 1500
const LOOK_EVERY_MS = 200

/** What a fault did to the fleet. */
export interface Verdict {
  /** Devices that beat for a TTL and are not listed. */
  readonly lost: number
  /** Declared offline though their TTL was not over. */
  readonly wronglyOffline: number
  /** Declared offline twice in a row. */
  readonly duplicates: number
  /** Fell silent afterwards, and nobody said so. */
  readonly missed: number
}

/** What every fault has to come to. */
export const UNHARMED: Verdict = { lost: 0, wronglyOffline: 0, duplicates: 0, missed: 0 }

/** A nats-server, registries and a fleet that beats, for one fault. */
export class Scene {
  readonly folder: string
  readonly load: FleetLoad
  readonly #port: number
  readonly #endings: (() => unknown)[]
  #nats: NatsServer
  readonly #registries: AloneRegistry[] = []
  #faultAtMs = 0
  #recoveredAfterMs = 0

  private constructor(
    folder: string,
    nats: NatsServer,
    load: FleetLoad,
    endings: (() => unknown)[],
  ) {
    this.folder = folder
    this.#nats = nats
    this.#port = nats.port
    this.load = load
    this.#endings = endings
  }

  static async open({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<Scene> {
    const endings: (() => unknown)[] = []
    onTestFinished(async () => {
      for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end()
    })
    const folder = await mkdtemp(join(tmpdir(), 'muster-fault-'))
    endings.push(() => rm(folder, { recursive: true, force: true }))
    const nats = await startNatsServer({ port: await freeTcpPort() })
    const load = await startFleetLoad([nats.url])
    const scene = new Scene(folder, nats, load, endings)
    scene.atEnd(
      () => scene.#nats.stop(),
      () => load.close(),
    )
    return scene
  }

  get natsUrl(): string {
    return this.#nats.url
  }

  /** Runs these when the test is over, the last first. */
  atEnd(...endings: readonly (() => unknown)[]): void {
    this.#endings.push(...endings)
  }

  /** Starts a registry with this store and waits until it serves. */
  async startRegistry(
    store: Readonly<Record<string, string>>,
    how: Pick<AloneRegistryOptions, 'nodeArgs' | 'wrapper'> = {},
  ): Promise<AloneRegistry> {
    const registry = startAloneRegistry({
      ...how,
      folder: this.folder,
      env: {
        NATS_URL: this.natsUrl,
        // The whole fleet comes over one connection here, which is what the limits are against.
        MUSTER_REGISTRY_LIMITS: 'off',
        MUSTER_REGISTRY_HTTP_LISTEN: 'off',
        ...store,
      },
    })
    this.#registries.push(registry)
    this.atEnd(() => registry.end('SIGKILL'))
    await registry.serving()
    return registry
  }

  /** The registry's embedded store in the folder of the scene. */
  sqlite(): Record<string, string> {
    return { MUSTER_REGISTRY_DATABASE: join(this.folder, 'registry.db') }
  }

  /** A fleet that is registered, listed, and beats. Returns its name. */
  async fleet(prefix = 'device', inFlight = IN_FLIGHT, count = SCALE.devices): Promise<string> {
    const plan: FleetPlan = { tenant: TENANT, prefix, count, ttlSeconds: SCALE.ttlSeconds }
    await this.load.create(plan)
    await this.load.beat(prefix, { everyMs: SCALE.beatEveryMs, changing: 0.2 })
    await this.load.register(prefix, { inFlight, retry: true })
    const listed = async () => (await this.#lost(prefix)) === 0
    await until('the fleet to be listed', listed, SCALE.recoveryMs)
    await this.load.forget(prefix)
    return prefix
  }

  /** Resolves when part of a fleet that registers now is online; returns how many are. */
  async begunToRegister(prefix: string, part: number): Promise<number> {
    let online = 0
    const begun = async () => {
      online = (await this.load.presence(prefix)).online
      return online >= part
    }
    await until('part of the fleet to be online', begun, SCALE.recoveryMs)
    return online
  }

  /** Kills nats-server without warning and starts it again, where it was, after a while. */
  async restartNats(awayMs: number): Promise<void> {
    await this.#nats.kill9()
    await pause(awayMs)
    this.#nats = await startNatsServer({ port: this.#port })
  }

  /** The same with a connection for each device. */
  async crowd(prefix: string, count = SCALE.crowd): Promise<string> {
    const plan: FleetPlan = { tenant: TENANT, prefix, count, ttlSeconds: SCALE.ttlSeconds }
    const opened = this.load.crowd(plan)
    await this.load.beat(prefix, { everyMs: SCALE.beatEveryMs, changing: 0.2 })
    await opened
    await this.load.forget(prefix)
    return prefix
  }

  /** Resolves when every device of a crowd registered again. */
  async crowdIsBack(fleet: string): Promise<void> {
    await until(
      'every device to register again',
      async () => (await this.load.returned(fleet)) >= SCALE.crowd,
      SCALE.recoveryMs,
    )
  }

  /** Registers a second fleet while the fault lasts, and lets it beat. */
  async newcomers(prefix: string, count: number): Promise<void> {
    const plan: FleetPlan = { tenant: TENANT, prefix, count, ttlSeconds: SCALE.ttlSeconds }
    await this.load.create(plan)
    await this.load.beat(prefix, { everyMs: SCALE.beatEveryMs, changing: 0 })
    await this.load.register(prefix, { inFlight: IN_FLIGHT, retry: true })
  }

  /** The fault begins now. */
  strike(): void {
    this.#faultAtMs = performance.now()
  }

  /** The fault is over; resolves when every device is listed again. */
  async recovered(fleet: string): Promise<void> {
    try {
      await until(
        'every device to be listed again',
        async () => (await this.#lost(fleet)) === 0,
        SCALE.recoveryMs,
      )
    } catch (error) {
      const lost = await this.load.list(fleet).catch(String)
      const said = this.#registries.map((registry) => registry.output().slice(-LOG_SHOWN))
      throw new Error(`${JSON.stringify(lost)}. Registries said:\n${said.join('\n---\n')}`, {
        cause: error,
      })
    }
    this.#recoveredAfterMs = performance.now() - this.#faultAtMs
  }

  /**
   * Waits for longer than a TTL, in which everybody beats and so nobody may go, then lets the fleet fall
   * silent, which has to be said of each once. Prints what came of it.
   */
  async verdict(fault: string, fleet: string): Promise<Verdict> {
    await pause(1.5 * TTL_MS)
    const { lost, listed } = await this.#stillLost(fleet)
    await this.load.silence(fleet)
    const all = lost + listed
    const gone = async () => (await this.load.presence(fleet)).offlineDevices
    await until(
      'the silent fleet to be declared offline',
      async () => (await gone()) === all,
      TTL_MS + SCALE.recoveryMs,
    ).catch(() => undefined)
    // One more look, so that a second registry's word would be heard, too.
    await pause(500)
    const { wronglyOffline, rightlyOffline, standstills, ...said } = await this.load.presence(fleet)
    const { wrongIds, duplicates, asked, lateMs } = said
    const missed = all - (await gone())
    console.log(
      `${fault}: ${all} devices before, ${lost} lost, ${wronglyOffline} wrongly offline, ` +
        `${duplicates} duplicates, ${missed} missed; all listed ${seconds(this.#recoveredAfterMs)} ` +
        `after it began, ${asked} asked to register, offline ${seconds(lateMs.max)} after the ttl` +
        (wrongIds.length > 0 ? ` (${wrongIds.join(', ')})` : '') +
        (standstills > 0 ? `; this machine stood still, ${rightlyOffline} rightly offline` : ''),
    )
    return { lost, wronglyOffline, duplicates, missed }
  }

  /**
   * What is not listed within a TTL of looking first. Where the devices themselves stood still
   * meanwhile, they may have gone rightly: that look does not count.
   */
  async #stillLost(fleet: string): Promise<Listed> {
    for (;;) {
      const { standstills } = await this.load.presence(fleet)
      const untilMs = performance.now() + TTL_MS
      let looked: Listed | undefined
      while (looked?.lost !== 0 && (looked === undefined || performance.now() < untilMs)) {
        looked = await this.load.list(fleet).catch(() => looked)
        await pause(LOOK_EVERY_MS)
      }
      if (looked?.lost === 0) return looked
      if ((await this.load.presence(fleet)).standstills === standstills) return looked
    }
  }

  async #lost(fleet: string): Promise<number> {
    const listed = await this.load.list(fleet).catch(() => undefined)
    return listed?.lost ?? Number.NaN
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
