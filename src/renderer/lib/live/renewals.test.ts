import { expect, test } from 'vitest'
import type { RenewalJob } from '#shared/contract/renewal.ts'
import { reduceRenewals } from './renewals.ts'

const job = (id: string, renewed = 0): RenewalJob => ({
  id,
  state: 'running',
  total: 3,
  counts: {
    waiting: 3 - renewed,
    running: 0,
    renewed,
    written: 0,
    manual: 0,
    failed: 0,
    rolledBack: 0,
    cancelled: 0,
  },
  atOnce: 1,
  spreadMinutes: 0,
  folder: null,
  nextAt: null,
  problem: null,
  startedAt: '2030-01-01T00:00:00.000Z',
  endedAt: null,
})

const expiry = { total: 5, due: 2, expired: 1, revision: 7 }

test('a new renewal comes first, one that is known keeps its place', () => {
  const first = reduceRenewals(undefined, {
    type: 'snapshot',
    jobs: [job('b'), job('a')],
    expiry,
  })
  const changed = reduceRenewals(first, { type: 'job', job: job('a', 2) })
  const added = reduceRenewals(changed, { type: 'job', job: job('c') })
  expect([...(added?.jobs.keys() ?? [])]).toEqual(['c', 'b', 'a'])
  expect(added?.jobs.get('a')?.counts.renewed).toBe(2)
  expect(added?.expiry).toBe(expiry)
})

test('nothing is known before the snapshot came', () => {
  expect(reduceRenewals(undefined, { type: 'job', job: job('a') })).toBeUndefined()
})
