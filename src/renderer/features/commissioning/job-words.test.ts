import { expect, test } from 'vitest'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import { jobDuration, newestFirst, spokenProgress } from './job-words.ts'

const JOB: CommissioningJob = {
  id: '1',
  key: 'k',
  deviceId: 'pump-1',
  deviceType: null,
  tenant: 'farm',
  fingerprint: null,
  state: 'running',
  steps: [
    { name: 'info', state: 'done', durationMs: 10, problem: null },
    { name: 'issue', state: 'running', durationMs: null, problem: null },
    { name: 'deliver', state: 'waiting', durationMs: null, problem: null },
    { name: 'online', state: 'waiting', durationMs: null, problem: null },
  ],
  problem: null,
  onlineDeadline: null,
  startedAt: '2026-03-03T12:00:00.000Z',
  endedAt: null,
}

test('tells the step that is on and how many there are', () => {
  expect(spokenProgress(JOB)).toBe('Step 2 of 4: Issue its credential.')
  expect(spokenProgress({ ...JOB, state: 'failed' })).toBe('Commissioning pump-1 failed.')
})

test('the newest job comes first', () => {
  const later = { ...JOB, id: '2', startedAt: '2026-03-03T12:00:01.000Z' }
  const jobs = new Map([JOB, later].map((job) => [job.id, job]))
  expect(newestFirst(jobs).map(({ id }) => id)).toEqual(['2', '1'])
})

test('a job has a duration once it has ended', () => {
  expect(jobDuration(JOB)).toBeNull()
  expect(jobDuration({ ...JOB, endedAt: '2026-03-03T12:00:02.500Z' })).toBe(2_500)
})
