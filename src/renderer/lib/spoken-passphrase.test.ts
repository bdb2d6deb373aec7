import { expect, test } from 'vitest'
import { proquint, spokenPassphrase } from './spoken-passphrase.ts'

test('words are those of the paper', () => {
  // 127.0.0.1 is lusab-babad there.
  expect([0x7f00, 0x0001].map(proquint)).toEqual(['lusab', 'babad'])
})

test('no two passphrases are the same', () => {
  const made = Array.from({ length: 100 }, spokenPassphrase)
  expect(new Set(made).size).toBe(100)
  for (const passphrase of made) expect(passphrase).toMatch(/^([b-z][aiou][b-z][aiou][b-z]-?){5}$/)
})
