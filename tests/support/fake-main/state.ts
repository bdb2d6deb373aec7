import type {
  DiscoveredDevice,
  DiscoveryHealth,
  DiscoveryUpdate,
} from '#shared/contract/discovery.ts'
import type { DeviceEvent, EventsUpdate } from '#shared/contract/events.ts'
import type { FleetDevice, FleetUpdate } from '#shared/contract/fleet.ts'
import type { HealthComponent, HealthUpdate, Notice } from '#shared/contract/health.ts'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import type { MeshState, RemoteConnection } from '#shared/contract/mesh.ts'
import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'
import type { RenewalService } from '../../../src/main/renewal/renewal-service.ts'
import type { QueueCalls } from '../../../src/main/router/queue.ts'
import type { ResolverCalls } from '../../../src/main/router/resolver.ts'
import type { IsolationCalls } from '../../../src/main/router/isolation.ts'
import type { KeysCalls } from '../../../src/main/router/keys.ts'
import type { RecoveryCalls } from '../../../src/main/router/recovery.ts'
import type { AuditLog } from '../../../src/main/audit/audit-log.ts'
import type { CredentialsCalls } from '../../../src/main/router/credentials.ts'
import type { DoctorService } from '../../../src/main/doctor/doctor-service.ts'
import { noAudit } from '../no-audit.ts'
import { fakeAudit } from './audit.ts'
import { fakeDoctor } from './doctor.ts'
import { FakeCommissioning } from './commissioning.ts'
import { fakeCredentials } from './credentials.ts'
import { fakeKeys } from './keys.ts'
import { fakeIsolation } from './isolation.ts'
import { fakeNsc } from './nsc.ts'
import { fakeQueue } from './queue.ts'
import { fakeResolver } from './resolver.ts'
import { fakeRecovery } from './recovery.ts'
import { fakeRenewal } from './renewal.ts'
import { ago, fleetDevices, oddDevices, waitingDevices } from './devices.ts'
import { PROBLEMS } from './problems.ts'
import { Topic } from './topic.ts'

export const SCENARIOS = ['empty', 'loading', 'full', 'failing', 'first-run', 'locked'] as const
export type Scenario = (typeof SCENARIOS)[number]

const OPEN: KeychainStatus = {
  state: 'open',
  backend: 'os',
  summary: 'Keys are in the keychain of the operating system.',
  advice: '',
}

const LOCKED: KeychainStatus = {
  state: 'locked',
  backend: 'vault',
  summary: 'The vault file with the keys of this profile is locked.',
  advice: 'Type its passphrase.',
}

const UNINITIALISED: KeychainStatus = {
  state: 'uninitialised',
  backend: null,
  summary: 'There is no keychain that lasts on this computer.',
  advice: 'Create a vault with a passphrase.',
}

const BEATS_EVERY_MS = 1_000
const EVENTS_EVERY_MS = 900

/** All that a scripted main knows and tells, and what moves it. */
export class FakeState {
  readonly scenario: Scenario
  settings: Settings = DEFAULT_SETTINGS
  keychain: KeychainStatus
  mesh: MeshState
  /** Names of the tenants that the scenario begins with. */
  readonly tenants: readonly string[]
  connections: RemoteConnection[]
  readonly waiting: Map<string, DiscoveredDevice>
  readonly fleet: FleetDevice[]
  readonly events: DeviceEvent[] = []
  readonly notices: Notice[]
  stale: boolean
  readonly commissioning: FakeCommissioning
  readonly audit: AuditLog
  readonly doctor: DoctorService
  readonly credentials: CredentialsCalls
  readonly isolation: IsolationCalls
  readonly queue: QueueCalls
  readonly resolver: ResolverCalls
  readonly recovery: RecoveryCalls
  readonly keys: KeysCalls
  readonly transfer: ReturnType<typeof fakeNsc>
  readonly renewal: RenewalService

  readonly keychainTopic = new Topic(() => ({ type: 'snapshot' as const, status: this.keychain }))
  readonly meshTopic = new Topic(() => ({ type: 'snapshot' as const, mesh: this.mesh }))
  readonly healthTopic = new Topic<HealthUpdate>(() => ({
    type: 'snapshot',
    components: this.#components(),
    notices: this.notices,
  }))
  readonly discoveryTopic = new Topic<DiscoveryUpdate>(() => ({
    type: 'snapshot',
    devices: [...this.waiting.values()],
    health: this.discoveryHealth(),
  }))
  readonly fleetTopic = new Topic<FleetUpdate>(() => ({
    type: 'snapshot',
    devices: this.fleet,
    stale: this.stale,
  }))
  readonly eventsTopic = new Topic<EventsUpdate>(() => ({ type: 'snapshot', events: this.events }))
  readonly #timers: NodeJS.Timeout[] = []

  constructor(scenario: Scenario) {
    this.scenario = scenario
    this.audit = fakeAudit(scenario)
    this.doctor = fakeDoctor(scenario, noAudit)
    this.credentials = fakeCredentials(scenario)
    this.isolation = fakeIsolation(scenario)
    this.recovery = fakeRecovery(scenario)
    this.keys = fakeKeys(scenario)
    this.queue = fakeQueue(scenario)
    this.resolver = fakeResolver(scenario)
    this.transfer = fakeNsc(scenario)
    this.renewal = fakeRenewal(scenario)
    const isFull = scenario === 'full'
    const isFailing = scenario === 'failing'
    this.keychain = scenario === 'locked' ? LOCKED : scenario === 'first-run' ? UNINITIALISED : OPEN
    this.mesh = meshOf(scenario)
    const names =
      isFull || isFailing ? ['default', 'north-farm', 'research', 'south-farm'] : ['default']
    this.tenants = scenario === 'first-run' ? [] : names
    this.connections = isFull || isFailing ? [PLANT] : []
    const devices = isFull
      ? waitingDevices(12)
      : isFailing
        ? [...waitingDevices(2), ...oddDevices()]
        : []
    this.waiting = new Map(devices.map((device) => [device.key, device]))
    this.fleet = fleetDevices(isFull ? 5_000 : isFailing ? 40 : 0)
    this.stale = isFailing
    this.notices = isFull || isFailing ? noticesOf(isFailing) : []
    this.commissioning = new FakeCommissioning((job) =>
      this.#join(job.key, job.deviceId, job.tenant),
    )
    if (isFull || isFailing) this.#addPastJobs()
    if (isFull) this.#live()
  }

  discoveryHealth(): DiscoveryHealth {
    const eth0 = { name: 'eth0', address: '192.168.1.20', error: null }
    if (this.scenario !== 'failing')
      return { interfaces: [eth0, { name: 'wlan0', address: '10.0.4.7', error: null }] }
    return {
      interfaces: [
        eth0,
        { name: 'wlan0', address: '10.0.4.7', error: 'Port 5353 is held by another program.' },
      ],
    }
  }

  notify(notice: Omit<Notice, 'id' | 'at'>): void {
    const full = { ...notice, id: this.notices.length + 1, at: new Date().toISOString() }
    this.notices.push(full)
    this.healthTopic.emit({ type: 'notice', notice: full })
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.commissioning.close()
  }

  // What a commissioned device does: it leaves the list of those that wait and is online.
  #join(key: string, deviceId: string, tenant: string): void {
    this.waiting.delete(key)
    this.discoveryTopic.emit({
      type: 'changed',
      upserted: [],
      removedKeys: [key],
      health: this.discoveryHealth(),
    })
    const [template] = fleetDevices(1)
    if (template === undefined) return
    const now = new Date().toISOString()
    const device: FleetDevice = {
      ...template,
      deviceId,
      tenant,
      state: 'online',
      since: now,
      lastSeenAt: now,
      registeredAt: now,
    }
    this.fleet.push(device)
    this.fleetTopic.emit({
      type: 'changed',
      upserted: [device],
      removed: [],
      beats: [],
      stale: false,
    })
  }

  #addPastJobs(): void {
    const [one, two, three] = waitingDevices(3)
    if (one !== undefined) this.commissioning.addPast(one, 'done', 42)
    if (two !== undefined) this.commissioning.addPast(two, 'failed', 17)
    if (three !== undefined) this.commissioning.addPast(three, 'cancelled', 4)
  }

  #live(): void {
    let tick = 0
    const beats = () => {
      tick += 1
      const some = this.fleet.filter(
        (device, index) => device.state === 'online' && index % 5 === tick % 5,
      )
      const list = some.map(({ tenant, deviceId }): [string, string, number] => [
        tenant,
        deviceId,
        Date.now(),
      ])
      this.fleetTopic.emit({
        type: 'changed',
        upserted: [],
        removed: [],
        beats: list,
        stale: false,
      })
    }
    const event = () => {
      const sequence = this.events.length + 1
      const name = sequence % 4 === 0 ? 'flow_changed' : 'moisture'
      const payload = JSON.stringify(
        name === 'moisture'
          ? { percent: 31.5 + (sequence % 20) / 10, depth_cm: 20, healthy: true }
          : { litres_per_minute: sequence % 12, reason: null },
      )
      const next = {
        sequence,
        tenant: 'north-farm',
        deviceId: 'soil-sensor-00001',
        name,
        at: new Date().toISOString(),
        payload,
        truncated: false,
      }
      this.events.push(next)
      this.eventsTopic.emit({ type: 'events', events: [next], dropped: 0 })
    }
    for (let index = 0; index < 24; index += 1) event()
    this.#timers.push(setInterval(beats, BEATS_EVERY_MS), setInterval(event, EVENTS_EVERY_MS))
  }

  #components(): HealthComponent[] {
    const since = ago(3_600_000)
    const failing = this.scenario === 'failing'
    const ok = (name: HealthComponent['name'], summary: string): HealthComponent => ({
      name,
      state: 'ok',
      summary,
      problem: null,
      since,
    })
    return [
      ok('keychain', this.keychain.summary),
      ok('mesh', 'nats-server runs, 0.4 ms away.'),
      failing
        ? {
            name: 'registry',
            state: 'failed',
            summary: 'Not running.',
            problem: PROBLEMS.registryDown,
            since: ago(8_000),
          }
        : ok('registry', `Running, ${this.fleet.length} devices.`),
      failing
        ? {
            name: 'discovery',
            state: 'degraded',
            summary: 'Listening on 1 of 2 interfaces.',
            problem: null,
            since,
          }
        : ok('discovery', 'Listening on 2 interfaces.'),
      ok('storage', 'The profile is in order.'),
    ]
  }
}

const PLANT: RemoteConnection = {
  id: 'remote-1',
  name: 'Plant 2',
  dialect: 'device-connect',
  urls: ['tls://nats-1.plant2.example:4222', 'tls://nats-2.plant2.example:4222'],
  tenant: 'default',
  managed: false,
  active: false,
}

export function meshOf(scenario: Scenario): MeshState {
  const none = scenario === 'first-run'
  const failing = scenario === 'failing'
  return {
    kind: none ? 'none' : 'local',
    name: none ? '' : 'Local mesh',
    dialect: 'device-connect',
    state: none ? 'stopped' : failing ? 'reconnecting' : 'connected',
    since: ago(5_400_000),
    deviceUrls: none ? [] : ['tls://192.168.1.20:4222'],
    reach: none ? 'loopback' : 'network',
    tls: !none,
    serverVersion: none ? null : '2.9.10',
    rttMs: none || failing ? null : 0.4,
    reconnects: failing ? 3 : 0,
    serverRestarts: failing ? 2 : 0,
    canIssue: !none,
    problem: failing ? PROBLEMS.serverMissing : null,
  }
}

function noticesOf(failing: boolean): Notice[] {
  const notices: Notice[] = [
    {
      id: 1,
      at: ago(5_400_000),
      level: 'info',
      title: 'The mesh started',
      text: 'nats-server 2.9.10 runs on port 4222.',
    },
    {
      id: 2,
      at: ago(600_000),
      level: 'warning',
      title: 'The registry stopped',
      text: 'Its process ended; it is being started again.',
    },
    {
      id: 3,
      at: ago(598_000),
      level: 'success',
      title: 'The registry was started again',
      text: 'All devices were kept.',
    },
  ]
  return failing ? notices.slice(0, 2) : notices
}
