import { DatabaseSync } from 'node:sqlite'
import type {
  ConnectedNow,
  Credential,
  Revocation,
  RevocationImpact,
  RevocationsUpdate,
  RevocationTarget,
} from '#shared/contract/credentials.ts'
import { AUTHORITY_MIGRATIONS } from '../../../src/main/authority/migrations.ts'
import { Ledger, type LedgerEntry } from '../../../src/main/authority/ledger.ts'
import { CredentialStore } from '../../../src/main/credentials/credential-store.ts'
import { NOTHING_SEEN } from '../../../src/main/credentials/evidence.ts'
import type { CredentialsCalls } from '../../../src/main/router/credentials.ts'
import { issued } from '../renewal-database.ts'
import { asError, PROBLEMS } from './problems.ts'
import type { Scenario } from './state.ts'

const CREDENTIALS = 12_000
const TENANTS = ['north-farm', 'south-farm', 'research', 'default']
const KINDS = ['soil-sensor', 'irrigation-pump', 'climate-controller', 'door-lock', 'camera']
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_MS = 450

/** The real ledger in memory; servers are played. */
export function fakeCredentials(scenario: Scenario): CredentialsCalls {
  const now = () => new Date()
  const database = new DatabaseSync(':memory:')
  for (const { sql } of AUTHORITY_MIGRATIONS) database.exec(sql)
  const ledger = new Ledger(database, now)
  if (scenario === 'full' || scenario === 'failing') ledger.add(entries(now()))
  const store = new CredentialStore(database, ledger, now)
  return new FakeCredentials(store, ledger, scenario === 'failing', now)
}

class FakeCredentials implements CredentialsCalls {
  readonly #store: CredentialStore
  readonly #ledger: Ledger
  readonly #failing: boolean
  readonly #now: () => Date
  readonly #revocations = new Map<string, Revocation>()
  readonly #listeners = new Set<(update: RevocationsUpdate) => void>()
  readonly page: CredentialsCalls['page']
  readonly counts: CredentialsCalls['counts']
  readonly ids: CredentialsCalls['ids']

  constructor(store: CredentialStore, ledger: Ledger, failing: boolean, now: () => Date) {
    this.#store = store
    this.#ledger = ledger
    this.#failing = failing
    this.#now = now
    this.page = (...query) => store.page(...query)
    this.counts = (filter) => store.counts(filter)
    this.ids = (filter) => store.ids(filter)
  }

  details(id: string) {
    const entry = this.#ledger.entry(id)
    const credential = this.#store.credential(id)
    if (entry === undefined || credential === undefined) throw asError(PROBLEMS.unreachable)
    const revoked = credential.state === 'revoked'
    const ended = [...this.#revocations.values()].filter(({ names }) => names.includes(entry.name))
    const seen = revoked && ended.length === 0 ? [this.#ended(credential)] : ended
    return {
      credential,
      permissions: {
        publish: [...entry.permissions.pub.allow],
        subscribe: [...entry.permissions.sub.allow],
        answer: { max: 1, withinMs: 300_000 },
        byRole: false,
      },
      signingKey: entry.signingKey,
      history: this.#store.history(entry),
      revocations: seen,
    }
  }

  connections(id: string): Promise<ConnectedNow> {
    if (this.#failing) return Promise.reject(asError(PROBLEMS.unreachable))
    const credential = this.#store.credential(id)
    return Promise.resolve(this.#connected(credential === undefined ? [] : [credential]))
  }

  impact(target: RevocationTarget): Promise<RevocationImpact> {
    const { rows, count } = this.#targeted(target)
    const devices = rows.filter(({ deviceId }) => deviceId !== null)
    const connected = this.#failing ? null : this.#connected(rows)
    const [first] = rows
    return Promise.resolve({
      credentials: count,
      keys: count,
      endedBefore: 0,
      expired: rows.filter(({ state }) => state === 'expired').length,
      sameKey: 0,
      accounts: [
        {
          account: first?.account ?? '',
          name: first?.tenant ?? '',
          tenants: [first?.tenant ?? ''],
          entries: this.#failing ? 7_412 : 38,
          entryLimit: 8_000,
        },
      ],
      ownConnections: target.type === 'account' ? 1 : 0,
      connected,
      connectedProblem: this.#failing ? PROBLEMS.unreachable : null,
      deviceCount: devices.length,
      devices: devices.slice(0, 50).map(({ tenant, deviceId }, index) => ({
        tenant: tenant ?? '',
        deviceId: deviceId ?? '',
        connections: connected === null || index > connected.total ? 0 : 1,
        functions: index === 2 ? null : ['read_moisture', 'set_flow', 'calibrate', 'identify'],
        events: ['moisture', 'flow_changed'],
      })),
      confirm:
        target.type === 'account'
          ? target.tenant
          : count === 1
            ? (first?.name ?? '')
            : `${count} credentials`,
    })
  }

  revoke(target: RevocationTarget, reason: string): Revocation[] {
    const { rows, count } = this.#targeted(target)
    const [first] = rows
    if (first === undefined) throw asError(PROBLEMS.unreachable)
    const revocation: Revocation = {
      id: crypto.randomUUID(),
      account: first.account,
      accountName: first.tenant ?? 'REGISTRY',
      scope: target.type,
      issuedUpTo: target.type === 'account' ? target.issuedUpTo : null,
      reason,
      credentialCount: count,
      names: rows.slice(0, 5).map(({ name }) => name),
      state: 'running',
      canCancel: true,
      steps: (['look', 'push', 'prove'] as const).map((name) => ({
        name,
        state: 'waiting',
        durationMs: null,
      })),
      problem: null,
      begunAt: this.#now().toISOString(),
      revokedAt: null,
      endedAt: null,
      evidence: NOTHING_SEEN,
    }
    this.#put(revocation)
    void this.#play(revocation, rows)
    return [revocation]
  }

  cancel(id: string): Promise<Revocation> {
    const revocation = this.#revocations.get(id)
    if (revocation === undefined) return Promise.reject(asError(PROBLEMS.unreachable))
    return Promise.resolve(
      this.#put({ ...revocation, state: 'cancelled', canCancel: false, problem: null }),
    )
  }

  retry(id: string): Revocation {
    const revocation = this.#revocations.get(id)
    if (revocation === undefined) throw asError(PROBLEMS.unreachable)
    return revocation
  }

  subscribe(listener: Parameters<CredentialsCalls['subscribe']>[0]): () => void {
    listener({ type: 'snapshot', revision: 0 })
    let revision = 0
    return this.#ledger.subscribe(() => listener({ type: 'changed', revision: (revision += 1) }))
  }

  subscribeRevocations(listener: (update: RevocationsUpdate) => void): () => void {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', revocations: [...this.#revocations.values()] })
    return () => void this.#listeners.delete(listener)
  }

  #targeted(target: RevocationTarget): { rows: Credential[]; count: number } {
    if (target.type === 'credentials') {
      const rows = target.ids.flatMap((id) => this.#store.credential(id) ?? [])
      return { rows, count: rows.length }
    }
    const filter = {
      text: '',
      tenant: target.tenant,
      role: null,
      state: 'usable' as const,
      expiresBefore: null,
      internal: false,
    }
    const { rows, total } = this.#store.page(filter, { by: 'name', descending: false }, 0, 200)
    return { rows, count: total }
  }

  async #play(revocation: Revocation, rows: readonly Credential[]): Promise<void> {
    const step = (name: string, durationMs: number | null) =>
      revocation.steps.map((one) =>
        one.name === name
          ? {
              ...one,
              state: durationMs === null ? ('running' as const) : ('done' as const),
              durationMs,
            }
          : one,
      )
    let now = this.#put({ ...revocation, steps: step('look', null) })
    const change = (next: Partial<Revocation>) => (now = this.#put({ ...now, ...next }))
    if (this.#failing) {
      await pause()
      const steps = now.steps.map((one) =>
        one.name === 'look' ? { ...one, state: 'failed' as const, durationMs: 5_003 } : one,
      )
      change({ steps, state: 'waiting', problem: PROBLEMS.unreachable })
      return
    }
    const done = this.#ended(rows[0], rows)
    for (const [index, { name }] of done.steps.entries()) {
      const running = now.steps.map((one) =>
        one.name === name ? { ...one, state: 'running' as const } : one,
      )
      change({ steps: running, canCancel: index === 0 })
      await pause()
      const steps = now.steps.map((one, at) => (at <= index ? (done.steps[at] ?? one) : one))
      change({ steps })
      if (name !== 'push') continue
      for (const row of rows) this.#ledger.end(row.id, 'revoked', now.reason, this.#now())
      this.#ledger.announce()
      change({ revokedAt: this.#now().toISOString() })
    }
    change({ state: 'done', evidence: done.evidence, endedAt: this.#now().toISOString() })
  }

  #ended(credential: Credential | undefined, all: readonly Credential[] = []): Revocation {
    const rows = all.length === 0 && credential !== undefined ? [credential] : all
    const at = credential?.revokedAt ?? this.#now().toISOString()
    const { connections, total } = this.#connected(rows)
    return {
      id: `past-${credential?.id ?? ''}`,
      account: credential?.account ?? '',
      accountName: credential?.tenant ?? '',
      scope: 'credentials',
      issuedUpTo: null,
      reason: credential?.reason ?? 'Stolen from the van.',
      credentialCount: rows.length,
      names: rows.slice(0, 5).map(({ name }) => name),
      state: 'done',
      canCancel: false,
      steps: [
        { name: 'look', state: 'done', durationMs: 3 },
        { name: 'push', state: 'done', durationMs: 14 },
        { name: 'prove', state: 'done', durationMs: 41 },
      ],
      problem: null,
      begunAt: at,
      revokedAt: at,
      endedAt: at,
      evidence: {
        servers: 1,
        connectedBefore: total,
        closedCount: total,
        closed: connections.map(({ publicKey, server, name, address }, index) => ({
          publicKey,
          server,
          name,
          address,
          reason: 'Credentials Revoked',
          at,
          afterMs: 17 + index,
        })),
        connectedAfter: 0,
        probe: { revokedKey: 'refused', freshKey: 'let-in', at, problem: null },
        attemptCount: total,
        attempts: connections.map(({ publicKey, server, name, address }) => ({
          publicKey,
          server,
          name,
          address,
          at,
        })),
        verdict: 'proven',
      },
    }
  }

  #connected(rows: readonly Credential[]): ConnectedNow {
    const online = rows.filter(({ name }) => numberOf(name) % 3 === 1)
    return {
      servers: 1,
      seenAt: this.#now().toISOString(),
      total: online.length,
      connections: online.slice(0, 200).map(({ publicKey, name, tenant }, index) => ({
        server: 'muster',
        cid: 40 + index,
        publicKey,
        name,
        address: `192.168.1.${20 + (index % 200)}:5${String(1_000 + index)}`,
        since: new Date(this.#now().getTime() - 4_000_000 - index * 60_000).toISOString(),
        subscriptions: [
          `device-connect.${tenant ?? ''}.${name}.cmd`,
          `device-connect.${tenant ?? ''}.discovery`,
          '_INBOX.fLQ2mnvY4Qk.*',
        ],
      })),
    }
  }

  #put(revocation: Revocation): Revocation {
    this.#revocations.set(revocation.id, revocation)
    for (const listener of this.#listeners) listener({ type: 'changed', revocation })
    return revocation
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, STEP_MS))
}

function numberOf(name: string): number {
  return Number(/\d+$/u.exec(name)?.[0] ?? 1)
}

function entries(now: Date): LedgerEntry[] {
  return Array.from({ length: CREDENTIALS }, (_, index) => {
    const kind = KINDS[index % KINDS.length] ?? 'camera'
    const name = `${kind}-${String(index + 1).padStart(5, '0')}`
    const tenant = TENANTS[Math.floor(index / 8) % TENANTS.length] ?? 'default'
    const revoked = index % 37 === 5
    const root = `device-connect.${tenant}`
    return issued(`c-${index}`, now, ((index * 7) % 96) + 0.3, 90, {
      name,
      deviceId: name,
      tenant,
      publicKey: keyOf(index),
      account: `A${keyOf(TENANTS.indexOf(tenant) + 7_000).slice(1)}`,
      signingKey: `A${keyOf(TENANTS.indexOf(tenant) + 9_000).slice(1)}`,
      permissions: {
        pub: { allow: [`${root}.>`, '_INBOX.>'] },
        sub: { allow: [`${root}.>`, '_INBOX.>'] },
        resp: { max: 1, ttl: 300_000_000_000 },
      },
      state: revoked
        ? 'revoked'
        : index % 53 === 7
          ? 'pending'
          : index % 211 === 9
            ? 'struck'
            : 'active',
      pendingUntil: index % 53 === 7 ? new Date(now.getTime() + 540_000) : null,
      revokedAt: revoked ? new Date(now.getTime() - index * 90_000) : null,
      reason: revoked ? 'Replaced after the storm.' : null,
    })
  })
}

/** As a key looks; the same for the same number. */
function keyOf(number: number): string {
  let state = number * 2_654_435_761 + 97
  const letters = Array.from({ length: 55 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return LETTERS[Math.floor(state / 65_536) % LETTERS.length]
  })
  return `U${letters.join('')}`
}
