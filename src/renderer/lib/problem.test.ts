import { ORPCError } from '@orpc/client'
import { expect, test } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import { problemOf, textDetail } from './problem.ts'

const told = {
  code: 'PIN_REJECTED',
  kind: 'rejected',
  message: 'Wrong PIN.',
  advice: 'Read it again.',
  details: { attemptsLeft: 2, opensAt: '2026-03-03T12:00:00Z' },
} as const

test('a problem that main declared is shown as it is', () => {
  const problem = problemOf(new ORPCError('REJECTED', { data: told }))
  expect(problem).toEqual(told)
  expect(textDetail(problem, 'opensAt')).toBe('2026-03-03T12:00:00Z')
  expect(textDetail(problem, 'attemptsLeft')).toBeNull()
})

test('an error of the window itself keeps its words', () => {
  const error = new RejectedError({ code: 'X', message: 'What.', advice: 'Do.' })
  expect(problemOf(error)).toMatchObject({ code: 'X', message: 'What.', advice: 'Do.' })
})

test('refused input is told as such', () => {
  expect(problemOf(new ORPCError('BAD_REQUEST')).code).toBe('INPUT_REJECTED')
})

test.each([
  [new ORPCError('REJECTED', { data: { secret: 1 } })],
  [new Error('stack')],
  ['text'],
  [undefined],
])('anything else is an internal problem and tells nothing of its inside', (thrown) => {
  const problem = problemOf(thrown)
  expect(problem.kind).toBe('internal')
  expect(JSON.stringify(problem)).not.toContain('secret')
})
