import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger, LedgerEntry } from '../../../src/main/authority/ledger.ts'
import { problemOf } from '#shared/problem-of.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import type { Recipient, RenewalDelivery } from '../../../src/main/renewal/delivery.ts'
import { ExpiryMonitor } from '../../../src/main/renewal/expiry-monitor.ts'
import { ExpiryStore } from '../../../src/main/renewal/expiry-store.ts'
import {
  deviceOffline,
  didNotComeBack,
  stoppedByItself,
  noFunction,
  refusedByDevice,
} from '../../../src/main/renewal/renewal-errors.ts'
import { RenewalService } from '../../../src/main/renewal/renewal-service.ts'
import { RenewalStore } from '../../../src/main/renewal/renewal-store.ts'
import { issued, renewalDatabase } from '../renewal-database.ts'
import type { Scenario } from './state.ts'

const CREDENTIALS = 640
const HOUR_MS = 3_600_000
const TENANTS = ['north-farm', 'south-farm', 'research', 'default']
const KINDS = ['soil-sensor', 'irrigation-pump', 'climate-controller', 'door-lock', 'camera']

/** The real service over a ledger in memory; handing over is played: most devices take it. */
export function fakeRenewal(scenario: Scenario): RenewalService {
  const now = () => new Date()
  const { database, ledger } = renewalDatabase(now)
  if (scenario === 'full' || scenario === 'failing') ledger.add(entries(now()))
  const store = new RenewalStore(database)
  if (scenario === 'failing') addStoppedJob(store, ledger, now())
  const expiry = new ExpiryStore(database)
  const mesh: RenewalDelivery = {
    check: async ({ deviceId, name }: Recipient) => {
      if (!isOnline(deviceId)) throw deviceOffline(deviceId ?? name)
      if (numberOf(deviceId) % 9 === 0) throw noFunction(deviceId ?? name)
    },
    deliver: async ({ recipient: { deviceId, name } }, signal) => {
      await delay(900, undefined, { signal })
      if (numberOf(deviceId) % 7 === 0) {
        throw refusedByDevice(deviceId ?? name, 'no space left on the device')
      }
      return 'taken'
    },
  }
  return new RenewalService({
    store,
    expiry,
    monitor: new ExpiryMonitor({ store: expiry, ledger, report: () => undefined, now }),
    devices: { isOnline: (_tenant, deviceId) => isOnline(deviceId) },
    witness: {
      look: async () => [],
      expect: ({ account, publicKey, soon, onSeen }) => {
        const seen = { account, publicKey, digest: undefined, startedAt: new Date(8.64e15) }
        const timer = setTimeout(() => onSeen(seen), soon ? 1_800 : 2 ** 30)
        return () => clearTimeout(timer)
      },
    },
    issuer: {
      issue: async ({ credentialId, validDays, delivery }) => {
        const old = ledger.entry(credentialId)
        const entry = issued(crypto.randomUUID(), now(), 0, validDays, {
          ...identityOf(old),
          delivery,
          state: 'pending',
        })
        ledger.add([entry])
        const nats = { urls: [], jwt: entry.id }
        return {
          ledgerId: entry.id,
          expiresAt: entry.expiresAt,
          file: { device_id: entry.name, auth_type: 'jwt', tenant: entry.tenant ?? '', nats },
        }
      },
      repeat: async () => Promise.reject(new Error('not played')),
      stateOf: (id) => ledger.entry(id)?.state,
      confirm: (id) => ledger.confirmConnected(id),
      reinstate: (id) => ledger.reinstate(id),
      strike: async (id, reason) => ledger.end(id, 'struck', reason, null),
      pendingSince: () => [],
    },
    deliveries: { mesh, file: { check: async () => undefined, deliver: async () => 'laid-down' } },
    whenReady: async () => undefined,
    procedures: { register: (run) => run },
    deadlineMs: () => 5 * 60_000,
    now,
    log: silentLogger(),
  })
}

/** A renewal of yesterday that stopped by itself. */
function addStoppedJob(store: RenewalStore, ledger: Ledger, now: Date): void {
  const at = now.getTime() - 20 * HOUR_MS
  const items = ledger.entries().slice(0, 9)
  store.add(
    {
      id: 'stopped',
      at_once: 10,
      spread_minutes: 60,
      valid_days: 90,
      folder: null,
      started_at: at,
    },
    items.map((entry) => ({
      ledger_id: entry.id,
      public_key: entry.publicKey,
      delivery: 'mesh',
      account: entry.account,
      role: entry.role,
      tenant: entry.tenant,
      device_id: entry.deviceId,
      name: entry.name,
      starts_at: at,
    })),
  )
  const states = ['renewed', 'failed', 'rolled-back', 'rolled-back', 'rolled-back'] as const
  for (const [sequence, state] of states.entries()) {
    const item = store.item('stopped', sequence)
    if (item === undefined) continue
    const name = item.device_id ?? ''
    const error =
      state === 'failed' ? refusedByDevice(name, 'no space left') : didNotComeBack(name, now, false)
    const problem = state === 'renewed' ? null : problemOf(error)
    store.changeItem(item, { state, problem, expires_at: at + 90 * 24 * HOUR_MS, ended_at: at })
  }
  store.cancelWaiting('stopped', now)
  const problem = problemOf(stoppedByItself(3))
  store.changeJob('stopped', { state: 'stopped', problem, ended_at: at + HOUR_MS })
}

function isOnline(deviceId: string | null): boolean {
  return numberOf(deviceId) % 5 !== 0
}

function numberOf(deviceId: string | null): number {
  return Number(/\d+$/u.exec(deviceId ?? '')?.[0] ?? 1)
}

function identityOf(old: LedgerEntry | undefined): Partial<LedgerEntry> {
  if (old === undefined) return {}
  const { publicKey, tenant, deviceId, name, role, account } = old
  return { publicKey, tenant, deviceId, name, role, account }
}

function entries(now: Date): LedgerEntry[] {
  const devices = Array.from({ length: CREDENTIALS }, (_, index) => {
    const kind = KINDS[index % KINDS.length] ?? 'camera'
    const id = `${kind}-${String(index + 1).padStart(3, '0')}`
    // Installed in three campaigns, so that whole groups expire together.
    const age = index < 34 ? 74 + (index % 15) : index < 260 ? 31 + (index % 4) : 3 + (index % 23)
    return issued(id, now, age + (index % 10) / 11, 90, {
      name: id,
      tenant: TENANTS[Math.floor(index / 90) % TENANTS.length] ?? 'default',
    })
  })
  const exported = { deviceId: null, delivery: 'file' as const }
  return [
    ...devices,
    issued('gate-door-lock-915', now, 96, 90, { tenant: 'research' }),
    issued('cold-store-camera-75', now, 91, 90, { tenant: 'default' }),
    issued('registry at site 2', now, 280, 365, { ...exported, role: 'registry', tenant: null }),
    issued('console of the night shift', now, 25, 30, { ...exported, role: 'console' }),
  ]
}
