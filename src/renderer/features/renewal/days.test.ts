import { expect, test } from 'vitest'
import { momentsOf, stretchText, weeksOf } from './days.ts'

const day = (date: string, count: number) => ({ date, count, due: 0 })

test('days fall into weeks that begin with the first of them', () => {
  const days = Array.from({ length: 9 }, (_, index) => day(`2030-03-0${index + 1}`, index))
  expect(weeksOf(days)).toEqual([
    { first: '2030-03-01', last: '2030-03-07', count: 21 },
    { first: '2030-03-08', last: '2030-03-09', count: 15 },
  ])
})

test('a stretch of days runs from midnight to midnight where the person is, summer time or not', () => {
  const { from, until } = momentsOf({ first: '2030-03-30', last: '2030-03-31' })
  expect(new Date(from)).toEqual(new Date(2030, 2, 30))
  expect(new Date(until)).toEqual(new Date(2030, 3, 1))
})

test('one day is not called a stretch', () => {
  expect(stretchText({ first: '2030-03-30', last: '2030-03-30' })).not.toContain('to')
  expect(stretchText({ first: '2030-03-30', last: '2030-03-31' })).toContain(' to ')
})
