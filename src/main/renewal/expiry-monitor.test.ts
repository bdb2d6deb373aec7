import { expect, test } from 'vitest'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import { issued, renewalDatabase } from '../../../tests/support/renewal-database.ts'
import type { ComponentReport } from '../health/health-service.ts'
import { ExpiryMonitor } from './expiry-monitor.ts'
import { ExpiryStore } from './expiry-store.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function monitored() {
  const clock = new ManualClock()
  const now = () => new Date(clock.wallNow())
  const { database, ledger } = renewalDatabase(now)
  const reports: ComponentReport[] = []
  const monitor = new ExpiryMonitor({
    store: new ExpiryStore(database),
    ledger,
    report: (report) => void reports.push(report),
    now,
    after: (delayMs, task) => clock.setTimer(delayMs, task),
  })
  return { clock, now, ledger, monitor, reports }
}

test('health says so once a credential is past 80 % of its lifetime, and when it has expired', () => {
  const { clock, now, ledger, monitor, reports } = monitored()
  ledger.add([issued('pump', now(), 0, 10)])
  ledger.announce()
  clock.advance(7 * DAY_MS)
  expect(reports.at(-1)).toMatchObject({ state: 'ok' })
  clock.advance(DAY_MS)
  expect(reports.at(-1)).toMatchObject({
    state: 'degraded',
    summary: '1 past 80 % of its lifetime.',
    problem: { code: 'CREDENTIALS_EXPIRE' },
  })
  clock.advance(2 * DAY_MS)
  expect(reports.at(-1)).toMatchObject({ state: 'degraded', summary: '1 expired.' })
  expect(monitor.summary).toMatchObject({ total: 1, due: 0, expired: 1 })
  monitor.close()
  expect(clock.waiting).toBe(0)
})

test('many changes of the ledger are counted together', () => {
  const { clock, now, ledger, monitor } = monitored()
  const { revision } = monitor.summary
  for (let index = 0; index < 50; index += 1) {
    ledger.add([issued(`pump-${index}`, now(), 0, 10)])
    ledger.announce()
  }
  clock.advance(10 * 60_000)
  expect(monitor.summary).toMatchObject({ total: 50, revision: revision + 1 })
})
