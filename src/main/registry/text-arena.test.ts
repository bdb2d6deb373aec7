import {
  array,
  assert,
  boolean,
  constantFrom,
  nat,
  oneof,
  property,
  record,
  string,
} from 'fast-check'
import { expect, test } from 'vitest'
import { NO_TEXT, TextArena } from './text-arena.ts'

test('gives back what it was given, whatever was kept and released between', () => {
  const text = oneof(
    nat(400).map((length) => 'ab'.repeat(length)),
    string({ unit: 'binary', maxLength: 40 }),
    constantFrom('', 'é', '{"a":1}'),
  )
  const step = record({ text, shared: boolean(), release: boolean() })
  assert(
    property(array(step, { maxLength: 25 }), (steps) => {
      const arena = new TextArena()
      const kept = new Map<symbol, { handle: number; text: string }>()
      for (const { text, shared, release } of steps) {
        // A lone surrogate is no text: UTF-8 can't hold it, and JSON escapes it.
        if (!text.isWellFormed()) continue
        const handle = shared ? arena.share(text) : arena.keep(text)
        const [oldest] = kept
        if (release && oldest !== undefined) {
          arena.release(oldest[1].handle)
          kept.delete(oldest[0])
        }
        kept.set(Symbol('kept'), { handle, text })
      }
      for (const it of kept.values()) expect(arena.read(it.handle)).toBe(it.text)
    }),
    { numRuns: 30 },
  )
})

test('needs no more room for texts that are replaced again and again', () => {
  const arena = new TextArena()
  const handles = Array.from({ length: 600 }, (_, index) => arena.keep(`${index}`.padEnd(2000)))
  const before = arena.reservedBytes
  for (let round = 0; round < 5; round += 1) {
    for (const [index, handle] of handles.entries()) {
      arena.release(handle)
      handles[index] = arena.keep(`${round}-${index}`.padEnd(2000 + round))
    }
  }
  expect(arena.reservedBytes).toBe(before)
})

test('keeps what many share once, until the last one releases it', () => {
  const arena = new TextArena()
  const text = 'x'.repeat(900_000)
  const handles = Array.from({ length: 5 }, () => arena.share(text))
  expect(arena.reservedBytes).toBe(1024 * 1024)
  for (const handle of handles.slice(1)) arena.release(handle)
  expect(arena.read(handles[0] ?? NO_TEXT)).toBe(text)
  arena.release(handles[0] ?? NO_TEXT)
  arena.share('y'.repeat(900_000))
  expect(arena.reservedBytes).toBe(1024 * 1024)
})

test('takes text of any length', () => {
  const arena = new TextArena()
  const long = 'é'.repeat(1_000_000)
  const handle = arena.share(long)
  expect(arena.read(handle)).toBe(long)
  arena.release(handle)
  expect(arena.read(handle)).toBe('')
})
