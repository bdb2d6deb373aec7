import { expect, test } from 'vitest'
import type { ProofRun } from '#shared/contract/isolation.ts'
import { reduceIsolation } from './use-isolation.ts'

const RUN: ProofRun = {
  id: 'r1',
  state: 'running',
  startedAt: '2026-01-01T00:00:00.000Z',
  tenants: [
    { name: 'alpha', isolation: 'account' },
    { name: 'beta', isolation: 'account' },
  ],
  cells: [
    ['self', 'waiting'],
    ['waiting', 'self'],
  ],
  done: 0,
  total: 2,
  crossed: 0,
  problem: null,
  reportId: null,
}

const before = reduceIsolation(undefined, { type: 'snapshot', run: RUN, reports: [] })

test('progress changes the cells it names and leaves the rows of the others as they are', () => {
  const after = reduceIsolation(before, {
    type: 'progress',
    runId: 'r1',
    done: 1,
    crossed: 1,
    cells: [{ attacker: 0, victim: 1, state: 'failed' }],
  })
  expect(after?.run).toMatchObject({
    done: 1,
    crossed: 1,
    cells: [
      ['self', 'failed'],
      ['waiting', 'self'],
    ],
  })
  expect(after?.run?.cells[1]).toBe(before?.run?.cells[1])
})

test('news of another run than the one shown changes nothing', () => {
  const news = { type: 'progress' as const, runId: 'r0', done: 9, crossed: 9, cells: [] }
  expect(reduceIsolation(before, news)).toBe(before)
  expect(reduceIsolation(undefined, news)).toBeUndefined()
})
