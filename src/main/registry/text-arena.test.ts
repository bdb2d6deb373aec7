import { expect, test } from 'vitest'
import { NO_TEXT, TextArena } from './text-arena.ts'

test('gives back what it was given, whatever was kept and released between', () => {
  const arena = new TextArena()
  const kept: { readonly handle: number; readonly text: string }[] = []
  const marks = ['', 'a', 'é', '{"a":1}', '😀', '\u0000']
  for (let step = 0; step < 3000; step += 1) {
    const text = `${marks[step % marks.length] ?? ''}${'x'.repeat((step * 7919) % 1500)}`
    const handle = step % 3 === 0 ? arena.share(text) : arena.keep(text)
    kept.push({ handle, text })
    // Every other one goes again, from another place each time.
    if (step % 2 === 1) {
      const [released] = kept.splice((step * 31) % kept.length, 1)
      arena.release(released?.handle ?? NO_TEXT)
    }
  }
  expect(kept.filter(({ handle, text }) => arena.read(handle) !== text)).toEqual([])
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
