import { connect, type NatsConnection } from '@nats-io/transport-node'
import { createUser } from '@nats-io/nkeys'
import type { CommissioningJob, CommissioningRequest } from '#shared/contract/commissioning.ts'
import { parseJsonObject } from '#shared/protocol/json-rpc.ts'
import type {
  CredentialIssuer,
  CredentialOrder,
  DeviceEndpoint,
  FleetPresence,
  PendingCredential,
  PresenceProof,
} from '../../../src/main/commissioning/collaborators.ts'
import {
  CommissioningService,
  type CommissioningServiceOptions,
} from '../../../src/main/commissioning/commissioning-service.ts'
import { DeviceHttp } from '../../../src/main/commissioning/device-http.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { orAborted } from '../../../src/main/steps/or-aborted.ts'
import {
  startCommissioningDevice,
  type CommissioningDevice,
  type CommissioningDeviceOptions,
} from '../../../src/simulator/commissioning-device.ts'
import { systemClock, type Clock } from '../../../src/simulator/clock.ts'
import { createIdentity, hashPin } from '../../../src/simulator/factory-identity.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'

export const PIN = '4711-0815'
export const TENANT = 'alpha'
/** The least there is: these tests are not about bcrypt. */
const BCRYPT_COST = 4

/**
 * A site without an authority: a real nats-server that takes everybody, simulated devices over
 * real HTTP, an issuer that signs nothing, and a registry that only listens who registers. What
 * needs real keys is tested in `tests/integration/commissioning/with-authority.test.ts`.
 */
export class Site {
  readonly server: NatsServer
  readonly registry: NatsConnection
  readonly issuer: ListingIssuer
  readonly arrivals = new Arrivals()
  readonly endpoints = new Map<string, DeviceEndpoint>()
  readonly #devices: CommissioningDevice[] = []
  readonly #services: CommissioningService[] = []

  constructor(server: NatsServer, registry: NatsConnection) {
    this.server = server
    this.registry = registry
    this.issuer = new ListingIssuer([server.url])
    registry.subscribe(`device-connect.${TENANT}.registry`, {
      callback: (_error, message) => {
        const request = parseJsonObject(message.string())
        const params = request?.['params'] as { device_id: string }
        this.arrivals.arrived(params.device_id)
        const result = { status: 'registered', device_registration_id: 'r' }
        message.respond(JSON.stringify({ jsonrpc: '2.0', id: request?.['id'], result }))
      },
    })
  }

  /** A device as it comes out of its box, listed under its own id as key. */
  async addDevice(
    deviceId: string,
    options: Partial<CommissioningDeviceOptions> = {},
  ): Promise<CommissioningDevice> {
    const device = await startCommissioningDevice({
      description: {
        deviceId,
        identity: { device_type: 'pump' },
        description: 'A pump',
        functions: [],
        events: [],
        status: {},
      },
      identity: createIdentity({
        deviceId,
        deviceType: 'pump',
        capabilities: ['start'],
        pinHash: await hashPin(PIN, BCRYPT_COST),
        nowMs: Date.now(),
      }),
      ...options,
    })
    this.#devices.push(device)
    this.endpoints.set(deviceId, {
      key: deviceId,
      deviceId,
      addresses: ['127.0.0.1'],
      port: device.port,
      conflict: false,
    })
    return device
  }

  /** A commissioning service with short waits. */
  service(options: Partial<CommissioningServiceOptions> = {}): CommissioningService {
    const service = new CommissioningService({
      directory: { endpointOf: (key) => this.endpoints.get(key) },
      issuer: this.issuer,
      proof: this.arrivals,
      presence: this.arrivals,
      settings: { get: () => ({ pendingDeadlineMinutes: 30, credentialDays: 90 }) },
      log: silentLogger(),
      http: new DeviceHttp({ infoDeadlineMs: 1_000, commissionDeadlineMs: 1_000 }),
      timing: { pollEveryMs: 30, settleMs: 300 },
      ...options,
    })
    this.#services.push(service)
    return service
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()))
    await Promise.all(this.#devices.map((device) => device.stop()))
    await this.registry.close()
    await this.server.stop()
  }
}

export async function openSite(): Promise<Site> {
  const server = await startNatsServer()
  return new Site(server, await connect({ servers: server.url }))
}

/** Presence and proof in one: who registered. */
class Arrivals implements FleetPresence, PresenceProof {
  readonly #here = new Set<string>()
  readonly #waiting = new Map<string, Set<() => void>>()
  /** While false no key counts as seen. */
  provesKeys = true

  arrived(deviceId: string): void {
    this.#here.add(deviceId)
    this.#waiting.get(deviceId)?.forEach((resolve) => resolve())
  }

  whenOnline(_tenant: string, deviceId: string, signal: AbortSignal): Promise<void> {
    const arrival = new Promise<void>((resolve) => {
      if (this.#here.has(deviceId)) resolve()
      const waiting = this.#waiting.get(deviceId) ?? new Set()
      this.#waiting.set(deviceId, waiting.add(resolve))
    })
    return orAborted(arrival, signal)
  }

  async waitForKey(_tenant: string, publicKey: string, signal: AbortSignal): Promise<void> {
    const deviceId = this.keys.get(publicKey)
    if (!this.provesKeys || deviceId === undefined) {
      return orAborted(new Promise(() => undefined), signal)
    }
    return this.whenOnline('', deviceId, signal)
  }

  /** Which device holds which key. */
  readonly keys = new Map<string, string>()
}

type State = 'pending' | 'active' | 'withdrawn'

/** Lists what it issues and signs nothing: the site's server takes everybody. */
export class ListingIssuer implements CredentialIssuer {
  readonly ledger: (PendingCredential & CredentialOrder & { state: State; id: string })[] = []
  readonly #urls: readonly string[]
  /** Withdrawals that fail before one succeeds. */
  failingWithdrawals = 0
  onIssue: (order: CredentialOrder) => void = () => undefined

  constructor(urls: readonly string[]) {
    this.#urls = urls
  }

  async issue(order: CredentialOrder) {
    this.onIssue(order)
    const created = order.publicKey === null ? createUser() : undefined
    const publicKey = order.publicKey ?? created!.getPublicKey()
    const id = `credential-${this.ledger.length + 1}`
    this.ledger.push({ ...order, id, publicKey, state: 'pending' })
    const seed =
      created === undefined ? {} : { nkey_seed: Buffer.from(created.getSeed()).toString() }
    return {
      id,
      publicKey,
      file: {
        device_id: order.deviceId,
        auth_type: 'jwt' as const,
        tenant: order.tenant,
        nats: { urls: this.#urls, jwt: '', ...seed },
      },
    }
  }

  async withdraw(id: string): Promise<void> {
    if (this.failingWithdrawals > 0) {
      this.failingWithdrawals -= 1
      throw new Error('the mesh is down')
    }
    this.#set(id, 'withdrawn')
  }

  confirm(id: string): void {
    this.#set(id, 'active')
  }

  pending() {
    return this.ledger.filter(({ state }) => state === 'pending')
  }

  states(): readonly State[] {
    return this.ledger.map(({ state }) => state)
  }

  #set(id: string, state: State): void {
    const entry = this.ledger.find((one) => one.id === id)
    if (entry !== undefined) entry.state = state
  }
}

/** The machine's time, moved on by a test; tells when a device begins to wait for a given time. */
export class ShiftedClock implements Clock {
  shiftMs = 0
  readonly #waits = new Map<number, () => void>()

  now(): number {
    return Date.now() + this.shiftMs
  }

  after(delayMs: number, task: () => void): () => void {
    this.#waits.get(delayMs)?.()
    return systemClock.after(delayMs, task)
  }

  /** Resolves when somebody waits for exactly that long: the way to hear that a request arrived. */
  whenWaitedFor(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#waits.set(delayMs, resolve))
  }
}

/** A request for a device as a person who compared the fingerprint would send it. */
export function requestFor(
  device: CommissioningDevice,
  change: Partial<CommissioningRequest> = {},
): CommissioningRequest {
  return {
    key: device.deviceId,
    pin: PIN,
    tenant: TENANT,
    publicKey: device.publicKey,
    ...change,
  }
}

/** Resolves with the first state of the job that satisfies `wanted`. */
function jobThat(
  service: CommissioningService,
  id: string,
  wanted: (job: CommissioningJob) => boolean,
): Promise<CommissioningJob> {
  return new Promise((resolve) => {
    let unsubscribe = () => undefined as void
    let found = false
    unsubscribe = service.subscribe((update) => {
      const jobs = update.type === 'snapshot' ? update.jobs : [update.job]
      const job = jobs.find((one) => one.id === id)
      if (found || job === undefined || !wanted(job)) return
      found = true
      queueMicrotask(() => unsubscribe())
      resolve(job)
    })
  })
}

export const ended = (service: CommissioningService, id: string) =>
  jobThat(service, id, ({ state }) => state !== 'running')

export const stepRuns = (service: CommissioningService, id: string, step: string) =>
  jobThat(service, id, ({ steps }) =>
    steps.some(({ name, state }) => name === step && state === 'running'),
  )

export function stepsOf(job: CommissioningJob): string {
  return job.steps.map(({ name, state }) => `${name} ${state}`).join(', ')
}
