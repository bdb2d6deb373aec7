import { expect, test } from 'vitest'
import { deleteLongSecret, getLongSecret, setLongSecret, type SecretStore } from './secret-store.ts'

function keychain(): SecretStore & { entries: Map<string, string> } {
  const entries = new Map<string, string>()
  return {
    entries,
    get: async (account) => entries.get(account),
    set: async (account, secret) => void entries.set(account, secret),
    delete: async (account) => entries.delete(account),
  }
}

test.each([1, 999, 1_000, 1_001, 5_432])('keeps a secret of %d characters', async (length) => {
  const store = keychain()
  const secret = Array.from({ length }, (_, index) => String(index % 10)).join('')
  await setLongSecret(store, 'connection:x', secret)
  expect(await getLongSecret(store, 'connection:x')).toBe(secret)
  for (const entry of store.entries.values()) expect(entry.length).toBeLessThanOrEqual(1_280)
  await deleteLongSecret(store, 'connection:x')
  expect(store.entries.size).toBe(0)
})

test('leaves nothing of a longer secret when a shorter one takes its place', async () => {
  const store = keychain()
  await setLongSecret(store, 'connection:x', 'long'.repeat(1_000))
  await setLongSecret(store, 'connection:x', 'short')
  expect(store.entries.size).toBe(1)
  expect(await getLongSecret(store, 'connection:x')).toBe('short')
})

test('has no secret when a part is gone', async () => {
  const store = keychain()
  await setLongSecret(store, 'connection:x', 'long'.repeat(1_000))
  store.entries.delete('connection:x:2')
  expect(await getLongSecret(store, 'connection:x')).toBeUndefined()
  expect(await getLongSecret(store, 'connection:y')).toBeUndefined()
})
