import { expect, test } from 'vitest'
import { foldedName, newNameProblem } from './tenant-names.ts'

test.each(['acme', 'plant-7', 'A_b', 'console', 'com', 'com10', 'null', 'x'.repeat(64)])(
  '%s may be the name of a tenant',
  (name) => expect(newNameProblem(name)).toBeUndefined(),
)

test.each([
  ['', /empty/u],
  ['a.b', /characters/u],
  ['a b', /characters/u],
  ['a\n', /characters/u],
  ['>', /characters/u],
  ['../x', /characters/u],
  ['ä', /characters/u],
  ['x'.repeat(65), /64/u],
  ['CON', /Windows/u],
  ['nul', /Windows/u],
  ['Com1', /Windows/u],
  ['LPT9', /Windows/u],
])('%j may not, and the reason is said', (name, reason) => {
  expect(newNameProblem(name)).toMatch(reason)
})

test('names that differ in case only are one file on some systems', () => {
  expect(foldedName('Plant')).toBe(foldedName('pLANT'))
})
