import { expect, test } from 'vitest'
import { EntryGuard, requireSafePath } from './entry-guard.ts'

test.each(['a', 'a/b.creds.json', 'north/credentials/pump-1.creds.json', 'ä/ß'])(
  'lets %j in',
  (path) => {
    expect(requireSafePath(path)).toBe(path)
  },
)

test.each(['', 'C:a', 'a\\b', 'a\u0000b', 'a\nb', 'a\u202Eb', 'a\u2069b'])(
  'refuses %j, which means something else elsewhere',
  (path) => {
    expect(() => requireSafePath(path)).toThrow(/means something else/u)
  },
)

test('refuses more files, and more bytes, than any bundle has', () => {
  const many = new EntryGuard()
  expect(() => {
    for (let index = 0; index <= 50_000; index += 1) many.admit(`f${index}`, false, 0, 0)
  }).toThrow(/50000 files/u)
  const large = new EntryGuard()
  large.admit('a', false, 200 * 1024 * 1024, 200 * 1024 * 1024)
  expect(() => large.admit('b', false, 60 * 1024 * 1024, 60 * 1024 * 1024)).toThrow(/256 MiB/u)
})

test('refuses what unpacks to far more than it has, unless it is small', () => {
  const guard = new EntryGuard()
  expect(guard.admit('small', false, 900_000, 10)).toBe('small')
  expect(() => guard.admit('bomb', false, 2_000_000, 10_000)).toThrow(/hundred times/u)
})

test('refuses two names that one file system takes for the same', () => {
  const guard = new EntryGuard()
  guard.admit('Caf\u00e9', false, 1, 1)
  expect(() => guard.admit('cafe\u0301', false, 1, 1)).toThrow(/twice/u)
})
