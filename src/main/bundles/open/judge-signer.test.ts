import { expect, test } from 'vitest'
import { judgeSigner } from './judge-signer.ts'

const removed = new Date('2026-10-01T00:00:00.000Z')
const keys = [
  { publicKey: 'OCURRENT', retiredAt: null },
  { publicKey: 'OREMOVED', retiredAt: removed },
]

test('a key in force is current, one on no record unknown', () => {
  expect(judgeSigner(keys, 'OCURRENT', '2026-11-01T00:00:00.000Z').state).toBe('current')
  expect(judgeSigner(keys, 'OOTHER', '2026-11-01T00:00:00.000Z').state).toBe('unknown')
})

test('a key that was removed is known with its date, for what was made before', () => {
  expect(judgeSigner(keys, 'OREMOVED', '2026-09-30T00:00:00.000Z')).toEqual({
    state: 'retired',
    retiredAt: removed.toISOString(),
  })
})

test('what a removed key signed after its removal is refused', () => {
  expect(() => judgeSigner(keys, 'OREMOVED', '2026-10-02T00:00:00.000Z')).toThrow(
    /removed on 2026-10-01/u,
  )
})
