import { setTimeout as delay } from 'node:timers/promises'
import type { LedgerEntry } from '../../../src/main/authority/ledger.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import type { Recipient, RenewalDelivery } from '../../../src/main/renewal/delivery.ts'
import { ExpiryMonitor } from '../../../src/main/renewal/expiry-monitor.ts'
import { ExpiryStore } from '../../../src/main/renewal/expiry-store.ts'
import {
  deviceOffline,
  noFunction,
  refusedByDevice,
} from '../../../src/main/renewal/renewal-errors.ts'
import { RenewalService } from '../../../src/main/renewal/renewal-service.ts'
import { RenewalStore } from '../../../src/main/renewal/renewal-store.ts'
import { issued, renewalDatabase } from '../renewal-database.ts'
import type { Scenario } from './state.ts'

const CREDENTIALS = 640
const TENANTS = ['north-farm', 'south-farm', 'research', 'default']
const KINDS = ['soil-sensor', 'irrigation-pump', 'climate-controller', 'door-lock', 'camera']

/** The real service over a ledger in memory; handing over is played: most devices take it. */
export function fakeRenewal(scenario: Scenario): RenewalService {
  const now = () => new Date()
  const { database, ledger } = renewalDatabase(now)
  if (scenario === 'full' || scenario === 'failing') ledger.add(entries(now()))
  const store = new RenewalStore(database)
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
    issued('gate-door-lock-914', now, 96, 90, { tenant: 'research' }),
    issued('cold-store-camera-77', now, 91, 90, { tenant: 'default' }),
    issued('registry at site 2', now, 280, 365, { ...exported, role: 'registry', tenant: null }),
    issued('console of the night shift', now, 25, 30, { ...exported, role: 'console' }),
  ]
}
