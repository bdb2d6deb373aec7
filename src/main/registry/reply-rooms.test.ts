import { expect, test } from 'vitest'
import { ReplyRooms } from './reply-rooms.ts'

const PAGE_BYTES = 450_000

test('a room given back is used again, for a page of about the same length', () => {
  const rooms = new ReplyRooms()
  const first = rooms.take(PAGE_BYTES)
  expect(rooms.wants(first.subarray(0, 10))).toBe(true)
  rooms.giveBack(first.subarray(0, 10))

  const second = rooms.take(PAGE_BYTES + 1000)

  expect(second.buffer).toBe(first.buffer)
  expect(second.length).toBe(PAGE_BYTES + 1000)
})

test('replies that are under way at the same time have rooms of their own', () => {
  const rooms = new ReplyRooms()
  const under = Array.from({ length: 10 }, () => rooms.take(PAGE_BYTES))

  expect(new Set(under.map(({ buffer }) => buffer)).size).toBe(10)
})

test('a room given back twice is lent once', () => {
  const rooms = new ReplyRooms()
  const first = rooms.take(PAGE_BYTES)
  rooms.giveBack(first)
  rooms.giveBack(first)

  expect(rooms.take(PAGE_BYTES).buffer).not.toBe(rooms.take(PAGE_BYTES).buffer)
})

test('what it did not lend, is short or larger than most servers take is not kept', () => {
  const rooms = new ReplyRooms()
  for (const reply of [Buffer.alloc(PAGE_BYTES), rooms.take(100), rooms.take(2 ** 21)]) {
    expect(rooms.wants(reply)).toBe(false)
    rooms.giveBack(reply)
    expect(rooms.take(PAGE_BYTES).buffer).not.toBe(reply.buffer)
  }
})

test('a crowd that asks at once leaves no more rooms behind than are of use', () => {
  const rooms = new ReplyRooms()
  const crowd = Array.from({ length: 50 }, () => rooms.take(PAGE_BYTES))
  for (const reply of crowd) rooms.giveBack(reply)

  const lent = new Set(crowd.map(({ buffer }) => buffer))
  const again = Array.from({ length: 50 }, () => rooms.take(PAGE_BYTES).buffer)

  expect(again.filter((room) => lent.has(room))).toHaveLength(4)
})
