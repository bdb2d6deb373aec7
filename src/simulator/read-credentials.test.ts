import { expect, test } from 'vitest'
import { readCredentials } from './read-credentials.ts'

const nats = { urls: ['nats://127.0.0.1:4222'], jwt: 'a.b.c' }
const file = { device_id: 'probe-1', auth_type: 'jwt', tenant: 'alpha', nats }

test('reads the credential file', () => {
  expect(readCredentials(file)).toEqual(file)
  const whole = { ...nats, nkey_seed: 'SU', tls: { ca_pem: 'PEM', other: 1 } }
  expect(readCredentials({ ...file, nats: whole }).nats).toEqual({
    ...nats,
    nkey_seed: 'SU',
    tls: { ca_pem: 'PEM' },
  })
})

test('reads what older writers called messaging and url, and a null seed as none', () => {
  const older = { url: nats.urls[0], jwt: nats.jwt, nkey_seed: null }
  expect(readCredentials({ ...file, nats: undefined, messaging: older })).toEqual(file)
})

test.each([
  [null],
  ['text'],
  [{ ...file, nats: undefined }],
  [{ ...file, nats: { jwt: 'x' } }],
  [{ ...file, tenant: '' }],
  [{ ...file, device_id: 5 }],
])('refuses %j', (value) => {
  expect(() => readCredentials(value)).toThrow(/can't be used/)
})
