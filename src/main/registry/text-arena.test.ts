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

test('text and bytes that take the place of others read as they were given', () => {
  const arena = new TextArena()
  const texts = ['', 'a', 'x'.repeat(40), 'é', '😀'.repeat(9), '{"a":1}', 'y'.repeat(1_100_000)]
  const others = Array.from({ length: 50 }, (_, index) => arena.keep(`other ${index}`))
  let text = NO_TEXT
  let bytes = NO_TEXT
  for (let step = 0; step < 500; step += 1) {
    const next = texts[(step * 31) % texts.length] ?? ''
    text = arena.keep(next, text)
    expect(arena.read(text)).toBe(next)
    const data = Buffer.from(next).subarray(0, 1000)
    bytes = arena.keepBytes(data, bytes)
    expect(arena.bytesOf(bytes)).toBe(data.length)
    expect(arena.hasBytes(bytes, 0, data.length, data, 0)).toBe(true)
  }
  expect(others.map((handle) => arena.read(handle))).toEqual(
    others.map((_, index) => `other ${index}`),
  )
})

test('what takes the place of a shared text leaves it to the others', () => {
  const arena = new TextArena()
  const one = arena.share('what many have')
  const other = arena.share('what many have')
  const own = arena.keep('what one has', other)
  expect([arena.read(one), arena.read(own)]).toEqual(['what many have', 'what one has'])
})

test('tells where bytes differ from what is kept, and from where', () => {
  const arena = new TextArena()
  const handle = arena.keepBytes(Buffer.from('0123456789'))
  expect(arena.hasBytes(handle, 3, 6, Buffer.from('..345..'), 2)).toBe(true)
  expect(arena.hasBytes(handle, 3, 6, Buffer.from('..346..'), 2)).toBe(false)
  expect(arena.hasBytes(handle, 8, 10, Buffer.from('8'), 0)).toBe(false)
  expect(arena.hasBytes(NO_TEXT, 0, 0, Buffer.from(''), 0)).toBe(false)
})

test('bytes that are too long are not kept, and what stood there is released', () => {
  const arena = new TextArena()
  const handle = arena.keepBytes(Buffer.alloc(100))
  expect(arena.keepBytes(Buffer.alloc(2 ** 21), handle)).toBe(NO_TEXT)
  expect(arena.keepBytes(Buffer.alloc(100))).toBe(handle)
})
