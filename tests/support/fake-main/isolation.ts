import { sign } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { IsolationReport, IsolationUpdate, SignedReport } from '#shared/contract/isolation.ts'
import { createNkey, privateKeyOf } from '../../../src/main/authority/nkey.ts'
import { LiveRun } from '../../../src/main/isolation/live-run.ts'
import { ISOLATION_MIGRATIONS } from '../../../src/main/isolation/migrations.ts'
import { descriptionOf, PROBES } from '../../../src/main/isolation/probes.ts'
import { statementOf } from '../../../src/main/isolation/report-signature.ts'
import { ReportStore } from '../../../src/main/isolation/report-store.ts'
import { verifyReport } from '../../../src/main/isolation/verify-report.ts'
import type { IsolationCalls } from '../../../src/main/router/isolation.ts'
import { makeReport, type MadeTenant } from '../isolation-reports.ts'
import type { Scenario } from './state.ts'

const HOUR_MS = 3_600_000
const PAIR_EVERY_MS = 12

const SITES = [
  'north-farm',
  'south-farm',
  'greenhouse-a',
  'greenhouse-b',
  'packing-hall',
  'cold-store',
  'nursery',
  'research',
  'orchard-east',
  'orchard-west',
  'vineyard',
  'dairy',
  'pump-house',
  'visitor-centre',
  'seed-bank',
  'compost',
  'workshop',
  'gatehouse',
  'weather',
  'demo',
] as const

const tenantsOf = (...shared: readonly string[]): MadeTenant[] =>
  SITES.map((name) => ({ name, isolation: shared.includes(name) ? 'shared' : 'account' }))

/** Proofs that never were, signed by a key that lives as long as this. */
export function fakeIsolation(scenario: Scenario): IsolationCalls {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of ISOLATION_MIGRATIONS) database.exec(sql)
  const store = new ReportStore(database)
  const listeners = new Set<(update: IsolationUpdate) => void>()
  const { publicKey, seed } = createNkey('operator')
  const { key } = privateKeyOf(seed)
  let live: LiveRun | undefined
  let timer: NodeJS.Timeout | undefined
  const tell = (update: IsolationUpdate) => listeners.forEach((listener) => listener(update))
  const snapshot = (): IsolationUpdate => ({
    type: 'snapshot',
    run: live?.state ?? null,
    reports: store.summaries(),
  })
  const signed = (report: IsolationReport): SignedReport => {
    const signedAt = report.endedAt
    const signature = sign(null, Buffer.from(statementOf(report, signedAt)), key)
    return {
      report,
      signature: {
        algorithm: 'ed25519',
        key: publicKey,
        signedAt,
        signature: signature.toString('base64url'),
      },
    }
  }
  const at = (hours: number) => new Date(Date.now() - hours * HOUR_MS)
  if (scenario === 'full' || scenario === 'failing') {
    store.save(
      signed(makeReport({ id: 'old', tenants: tenantsOf().slice(0, 6), endedAt: at(700) })),
    )
    store.save(
      signed(
        makeReport({
          id: 'cancelled',
          tenants: tenantsOf().slice(0, 8),
          endedAt: at(80),
          ended: 'cancelled',
          absent: ['cold-store'],
        }),
      ),
    )
    const passed = makeReport({ id: 'passed', tenants: tenantsOf(), endedAt: at(3) })
    store.save(scenario === 'full' ? signed(passed) : { report: passed, signature: null })
  }
  if (scenario === 'failing') {
    const report = makeReport({
      id: 'failed',
      tenants: tenantsOf('workshop', 'gatehouse', 'visitor-centre'),
      endedAt: at(0.2),
      leaks: ['research nursery'],
      absent: ['demo'],
    })
    store.save(signed(report))
  }
  return {
    probes: () => PROBES.map(descriptionOf),
    subscribe: (listener) => {
      listeners.add(listener)
      listener(snapshot())
      return () => void listeners.delete(listener)
    },
    start: ({ tenants }) => {
      const made = tenants.map((name) => ({
        name,
        account: '',
        isolation: 'account' as const,
        state: 'ready',
      }))
      const run = new LiveRun(`run-${Date.now()}`, new Date(), made, tell)
      live = run
      run.become('running')
      tell(snapshot())
      const places = made.flatMap((_a, attacker) =>
        made.flatMap((_v, victim) => (attacker === victim ? [] : [{ attacker, victim }])),
      )
      let next = 0
      timer = setInterval(() => {
        const place = places[next]
        if (place === undefined) {
          clearInterval(timer)
          const report = makeReport({ id: run.state.id, tenants: made, endedAt: new Date() })
          store.save(signed(report))
          run.become('done', { reportId: report.id })
          tell(snapshot())
          return
        }
        run.mark(place.attacker, place.victim, 'passed')
        const coming = places[next + 1]
        if (coming !== undefined) run.mark(coming.attacker, coming.victim, 'running')
        next += 1
      }, PAIR_EVERY_MS)
      return run.state
    },
    cancel: () => {
      clearInterval(timer)
      live?.become('cancelled')
      tell(snapshot())
    },
    report: (id) => store.report(id),
    sign: async (id) => {
      const both = signed(store.report(id).report)
      store.save(both)
      tell(snapshot())
      return both
    },
    remove: (id) => {
      store.remove(id)
      tell(snapshot())
    },
    exportReport: async () => ({ type: 'saved', path: '/home/kim/isolation-2026-11-22.html' }),
    verify: (text) => verifyReport(text, [publicKey]),
  }
}
