import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { RequestError } from '@nats-io/nats-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RenewalJob } from '#shared/contract/renewal.ts'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { RENEWAL_MIGRATIONS } from '../../../src/main/renewal/migrations.ts'
import type { RenewalDelivery } from '../../../src/main/renewal/delivery.ts'
import type { RenewalIssuer } from '../../../src/main/renewal/renewal-issuer.ts'
import type { RenewalService } from '../../../src/main/renewal/renewal-service.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import type { BulkOrder } from './bulk-child.ts'
import { startFieldDevice, TENANT, type FieldDevice } from './devices.ts'
import { allOnline, openRenewals, type RenewalParts } from './open-renewals.ts'
import { NEVER } from '#shared/never.ts'

/** Bulk renewals with real servers and real devices, which need no registry for it. */
const DAY_MS = 24 * 60 * 60 * 1000
const FLEET = 50

let deployment: Deployment
let system: IssuedUser
let console: IssuedUser
let parts: RenewalParts
const fleet: FieldDevice[] = []
const services: RenewalService[] = []

beforeAll(async () => {
  deployment = await startDeployment()
  const { authority, database, server } = deployment
  for (const { sql } of RENEWAL_MIGRATIONS) database.exec(sql)
  await authority.createTenant(TENANT, { isolation: 'account' }, NEVER)
  const internal = { ttlMs: DAY_MS, delivery: 'internal' } as const
  system = await authority.issueUser({
    account: 'system',
    role: 'system',
    name: 'system',
    ...internal,
  })
  const place = { account: { tenant: TENANT }, role: 'console' } as const
  console = await authority.issueUser({ ...place, name: 'console', ...internal })
  parts = {
    authority,
    database,
    system: await deployment.connectAs(system),
    console: await deployment.connectAs(console),
    serverUrl: server.url,
    devices: allOnline,
  }
  for (let index = 0; index < FLEET; index += 1) {
    fleet.push(await startFieldDevice(authority, server.url, `d${index}`, { updates: {} }))
  }
  await Promise.all(fleet.map(({ device }) => device.whenState('registering')))
})

afterAll(async () => {
  await Promise.all(services.map((service) => service.close()))
  await Promise.all(fleet.map(({ device }) => device.crash()))
  await deployment.close()
})

/** An issuer that issues in another way. */
function withIssue(real: RenewalIssuer, issue: RenewalIssuer['issue']): RenewalIssuer {
  return {
    issue,
    repeat: (id) => real.repeat(id),
    stateOf: (id) => real.stateOf(id),
    confirm: (id) => real.confirm(id),
    reinstate: (id) => real.reinstate(id),
    strike: (...of) => real.strike(...of),
    pendingSince: (...of) => real.pendingSince(...of),
  }
}

function withDeliver(real: RenewalDelivery, deliver: RenewalDelivery['deliver']): RenewalDelivery {
  return { check: (...of) => real.check(...of), deliver }
}

function open(change: Partial<RenewalParts> = {}): RenewalService {
  const service = openRenewals({ ...parts, ...change })
  services.push(service)
  return service
}

/** Resolves with the first state of the job that fits. */
function jobThat(service: RenewalService, fits: (job: RenewalJob) => boolean): Promise<RenewalJob> {
  return new Promise((resolve) => {
    const unsubscribe = service.subscribe((update) => {
      const jobs =
        update.type === 'snapshot' ? update.jobs : update.type === 'job' ? [update.job] : []
      const job = jobs.find(fits)
      if (job === undefined) return
      queueMicrotask(() => unsubscribe())
      resolve(job)
    })
  })
}

const order = (ids: readonly string[]) => ({
  selection: { ids: [...ids] },
  others: 'leave' as const,
  folder: null,
  validDays: 90,
  atOnce: 4,
  spreadMinutes: 0,
})

/** Ids of what is in force, newest credential of each device. */
const inForce = () =>
  fleet.map(
    ({ publicKey }) =>
      deployment.authority.ledger
        .entriesOfKey(publicKey)
        .findLast(({ state }) => state === 'active')!.id,
  )

const statesOf = ({ publicKey }: FieldDevice) =>
  deployment.authority.ledger.entriesOfKey(publicKey).map(({ state }) => state)

test('a bulk renewal goes on after its Muster was killed, and gives nobody two credentials', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bulk-child.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const killed = once(child, 'exit')
  const bulk: BulkOrder = {
    databasePath: deployment.databasePath,
    keychain: [...deployment.keychain.entries],
    serverUrl: deployment.server.url,
    system: { jwt: system.jwt, seed: system.seed! },
    console: { jwt: console.jwt, seed: console.seed!, inboxPrefix: console.inboxPrefix },
    ids: inForce(),
    atOnce: 4,
  }
  child.stdin.end(`${JSON.stringify(bulk)}\n`)
  for await (const line of createInterface({ input: child.stdout })) {
    if (Number(/renewed (\d+)/u.exec(line)?.[1] ?? 0) < 5) continue
    child.kill('SIGKILL')
    break
  }
  expect(await killed).toEqual([null, 'SIGKILL'])
  const service = open()
  const left = await jobThat(service, () => true)
  expect(left.state).toBe('running')
  expect(left.counts.renewed).toBeLessThan(FLEET)
  service.resume()
  const done = await jobThat(service, ({ state }) => state !== 'running')
  expect(done).toMatchObject({
    state: 'done',
    counts: { renewed: FLEET, failed: 0, rolledBack: 0 },
  })
  for (const one of fleet) {
    const states = statesOf(one)
    expect(states.filter((state) => state === 'active')).toHaveLength(2)
    expect(states).not.toContain('pending')
    expect(states).not.toContain('revoked')
    expect(one.device.state).not.toBe('connecting')
  }
  expect(deployment.authority.procedures.unfinished()).toEqual([])
})

test('cancelling lets what is under way end and begins nothing more', async () => {
  const service = open()
  const cancelled = jobThat(service, ({ state }) => state === 'cancelled')
  const { id } = await service.start(order(inForce()), NEVER)
  await jobThat(service, (job) => job.id === id && job.counts.renewed >= 3)
  expect(service.cancel(id)).toMatchObject({ state: 'cancelling', counts: { waiting: 0 } })
  const job = await cancelled
  const { renewed } = job.counts
  expect(renewed).toBeLessThan(FLEET)
  expect(job.counts).toMatchObject({ running: 0, cancelled: FLEET - renewed })
  expect(service.report(id)).toContain(`${renewed} renewed`)
  for (const one of fleet) expect(statesOf(one)).not.toContain('pending')
})

test('a renewal that is spread begins one after the other, tenant by tenant', async () => {
  const service = open({ options: { random: () => 0.5 } })
  const { id } = await service.start({ ...order(inForce()), spreadMinutes: 60 }, NEVER)
  const { rows } = service.items({ jobId: id, states: null, offset: 0, limit: FLEET })
  const starts = rows.map(({ startsAt }) => Date.parse(startsAt))
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
  expect(new Set(gaps)).toEqual(new Set([(60 * 60_000) / FLEET]))
  expect(rows.every(({ state }) => state === 'waiting')).toBe(true)
  const busy = await service.plan({ ids: inForce() }, NEVER)
  expect(busy).toMatchObject({ underWay: FLEET, overMesh: 0 })
  service.cancel(id)
  await jobThat(service, (job) => job.id === id && job.state === 'cancelled')
})

test('a renewal stops by itself when devices do not come back one after the other', async () => {
  const { authority, server } = deployment
  const away: FieldDevice[] = []
  for (let index = 0; index < 6; index += 1) {
    const updates = { fault: 'stays-away' } as const
    away.push(await startFieldDevice(authority, server.url, `away-${index}`, { updates }))
  }
  await Promise.all(away.map(({ device }) => device.whenState('registering')))
  const service = open({ deadlineMs: 300 })
  const { id } = await service.start(
    { ...order(away.map(({ ledgerId }) => ledgerId)), atOnce: 1 },
    NEVER,
  )
  const job = await jobThat(service, (one) => one.id === id && one.state === 'stopped')
  await expect
    .poll(() => service.items({ jobId: id, states: ['rolled-back'], offset: 0, limit: 9 }).total)
    .toBe(3)
  expect(job.problem?.code).toBe('RENEWAL_STOPPED')
  expect(away.map((one) => statesOf(one).at(-1))).toEqual([
    'struck',
    'struck',
    'struck',
    'active',
    'active',
    'active',
  ])
})

/** Where a Muster ends: what it does then never comes back, as after a crash. */
class Ending {
  readonly reached = Promise.withResolvers<void>()

  here(): Promise<never> {
    this.reached.resolve()
    return new Promise<never>(() => undefined)
  }
}

const ENDINGS: readonly {
  readonly when: string
  readonly parts: (ending: Ending) => Partial<RenewalParts>
  readonly states: readonly string[]
}[] = [
  {
    when: 'before anything was issued',
    parts: (ending) => ({ issuer: (real) => withIssue(real, () => ending.here()) }),
    states: ['active'],
  },
  {
    when: 'after it was issued, before that was noted',
    parts: (ending) => ({
      issuer: (real) =>
        withIssue(real, async (request) => {
          await real.issue(request)
          return ending.here()
        }),
    }),
    states: ['struck', 'active'],
  },
  {
    when: 'before it was handed over',
    parts: (ending) => ({ delivery: (real) => withDeliver(real, () => ending.here()) }),
    states: ['active'],
  },
  {
    when: 'after it was handed over, before that was noted',
    parts: (ending) => ({
      delivery: (real) =>
        withDeliver(real, async (...of) => {
          await real.deliver(...of)
          return ending.here()
        }),
    }),
    states: ['active'],
  },
]

test.each(ENDINGS)(
  'a Muster that ends $when goes on at its next start',
  async ({ parts: broken, states }) => {
    const [one] = fleet
    const before = statesOf(one!).length
    const [id = ''] = inForce()
    const ending = new Ending()
    const first = openRenewals({
      ...parts,
      authority: deployment.reopen(),
      ...broken(ending),
    })
    const { id: jobId } = await first.start(order([id]), NEVER)
    // Until then it is alive, and two at once are what the lock of a profile forbids.
    await ending.reached.promise
    const next = open({
      authority: deployment.reopen(),
    })
    next.resume()
    await jobThat(next, (job) => job.id === jobId && job.state === 'done')
    const { rows } = next.items({ jobId, states: null, offset: 0, limit: 1 })
    expect(rows[0]?.state).toBe('renewed')
    expect(statesOf(one!).slice(before)).toEqual(states)
    expect(one!.device.state).not.toBe('connecting')
  },
  40_000,
)

test('what nobody can tell that a device took is handed over once more', async () => {
  const [one] = fleet
  const before = statesOf(one!).length
  const outcomes: string[] = []
  const losesTheFirst = (real: RenewalDelivery) =>
    withDeliver(real, async (...of) => {
      const outcome = outcomes.length === 0 ? 'unknown' : await real.deliver(...of)
      outcomes.push(outcome)
      return outcome
    })
  const service = open({ delivery: losesTheFirst })
  const { id } = await service.start(order([inForce()[0]!]), NEVER)
  await jobThat(service, (job) => job.id === id && job.state === 'done')
  expect(outcomes).toEqual(['unknown', 'taken'])
  expect(statesOf(one!).slice(before)).toEqual(['active'])
})

test('a device that changes its connection leaves no caller waiting', async () => {
  const [one] = fleet
  const { device } = one!
  const service = open()
  const changing = new AbortController()
  const change = async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await service.start(order([inForce()[0]!]), NEVER)
      await jobThat(service, (job) => job.id === id && job.state === 'done')
    }
    changing.abort()
  }
  const counts = { answered: 0, toldThatNobodyListens: 0 }
  const subject = `device-connect.${TENANT}.${device.deviceId}.cmd`
  const ask = async () => {
    while (!changing.signal.aborted) {
      const request = { jsonrpc: '2.0', id: String(counts.answered), method: 'ping', params: {} }
      const answered = parts.console.request(subject, JSON.stringify(request), { timeout: 30_000 })
      await answered.then(
        () => (counts.answered += 1),
        (error: unknown) => {
          if (!(error instanceof RequestError && error.isNoResponders())) throw error
          counts.toldThatNobodyListens += 1
        },
      )
    }
  }
  await Promise.all([change(), ask(), ask(), ask()])
  expect(counts.answered).toBeGreaterThan(10)
})

test('two hundred devices are renewed in one go', async () => {
  const { authority, server } = deployment
  const more = await Promise.all(
    Array.from({ length: 200 - FLEET }, (_, index) =>
      startFieldDevice(authority, server.url, `more-${index}`, { updates: {} }),
    ),
  )
  fleet.push(...more)
  await Promise.all(more.map(({ device }) => device.whenState('registering')))
  const before = fleet.map((one) => statesOf(one).length)
  const service = open()
  const { id } = await service.start({ ...order(inForce()), atOnce: 25 }, NEVER)
  const job = await jobThat(service, (one) => one.id === id && one.state !== 'running')
  const bad = ['failed', 'rolled-back'] as const
  const { rows } = service.items({ jobId: id, states: bad, offset: 0, limit: 200 })
  expect(rows.map(({ problem }) => problem?.message)).toEqual([])
  expect(job).toMatchObject({ state: 'done', counts: { renewed: 200 } })
  const added = fleet.map((one, index) => statesOf(one).slice(before[index]))
  expect(new Set(added.map((states) => states.join()))).toEqual(new Set(['active']))
})
