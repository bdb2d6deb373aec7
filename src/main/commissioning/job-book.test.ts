import { expect, test } from 'vitest'
import type { CommissioningUpdate } from '#shared/contract/commissioning.ts'
import { RejectedError } from '#shared/errors.ts'
import { durationInWords } from './duration-in-words.ts'
import { JobBook } from './job-book.ts'

const error = new RejectedError({ code: 'NO', message: 'No.', advice: 'Stop.' })

function open(book: JobBook, deviceId = 'pump-1') {
  return book.open({ key: 'k', deviceId, deviceType: null, tenant: 'alpha', fingerprint: null })
}

test('a job begins with four waiting steps and is told as it changes', () => {
  const book = new JobBook(() => new Date('2026-01-01T00:00:00Z'))
  const updates: CommissioningUpdate[] = []
  book.subscribe((update) => void updates.push(update))
  const { id } = open(book)
  book.report(id, { step: 'info', state: 'running' })
  book.report(id, { step: 'info', state: 'failed', durationMs: 12, error })
  book.report(id, { step: 'info', state: 'undone', durationMs: 99 })
  const job = book.close(id, 'failed', error)
  expect(job.steps[0]).toMatchObject({ state: 'undone', durationMs: 12, problem: { code: 'NO' } })
  expect(job.steps.slice(1).map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting'])
  expect(job).toMatchObject({ state: 'failed', problem: { code: 'NO' } })
  expect(updates.map(({ type }) => type)).toEqual(['snapshot', ...Array(5).fill('changed')])
})

test('keeps five hundred jobs, and lets the oldest that has ended go first', () => {
  const book = new JobBook(() => new Date())
  const first = open(book)
  const second = open(book)
  book.close(second.id, 'done')
  for (let index = 2; index < 501; index += 1) open(book)
  expect(book.get(first.id).state).toBe('running')
  expect(() => book.get(second.id)).toThrow(
    expect.objectContaining({ code: 'COMMISSIONING_UNKNOWN' }),
  )
  expect(() => open(book)).toThrow(expect.objectContaining({ code: 'COMMISSIONING_LIMIT' }))
})

test('durations read as people say them', () => {
  expect([0, 1, 59.2, 60, 61, 3599, 5400, 5401, 90_000].map(durationInWords)).toEqual([
    '0 seconds',
    '1 second',
    '60 seconds',
    '1 minute',
    '2 minutes',
    '60 minutes',
    '90 minutes',
    '2 hours',
    '25 hours',
  ])
})
