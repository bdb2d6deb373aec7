import { expect, test } from 'vitest'
import { redact } from './redact.ts'

const seed = `SU${'A'.repeat(56)}`
const jwt = 'eyJ0eXAiOiJKV1QifQ.eyJqdGkiOiJhYmNkZWYifQ.c2lnbmF0dXJl'

test.each([
  ['a seed in a sentence', `key ${seed} loaded`, seed],
  ['a JWT', `user ${jwt}`, jwt],
  ['a PIN in JSON', '{"pin":"12345678","id":"a"}', '12345678'],
  ['a passphrase in a query', 'passphrase=hunter22&x=1', 'hunter22'],
  ['a seed field with spaces', '"nkey_seed" : "abcdef"', 'abcdef'],
])('takes out %s', (_name, text, secret) => {
  expect(redact(text)).not.toContain(secret)
  expect(redact(text)).toContain('[redacted]')
})

test('leaves public keys and ordinary text alone', () => {
  const text = `device UDABC${'A'.repeat(51)} is online`
  expect(redact(text)).toBe(text)
})
