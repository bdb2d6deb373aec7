import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys'
import { expect, test } from '@playwright/test'
import { SecretSearch } from './support/secrets/secret-search.ts'

// The searcher that secrets.spec.ts trusts: it must find what is planted, and nothing else.

const PASSPHRASE = 'four "grey" herons / wade'
const PIN = '08150471'

const WAYS: readonly { way: string; encode: (text: string) => Buffer }[] = [
  { way: 'plain', encode: (text) => Buffer.from(text) },
  { way: 'base64', encode: (text) => Buffer.from(Buffer.from(text).toString('base64')) },
  { way: 'base64url', encode: (text) => Buffer.from(Buffer.from(text).toString('base64url')) },
  { way: 'hex', encode: (text) => Buffer.from(Buffer.from(text).toString('hex')) },
  {
    way: 'upper-case hex',
    encode: (text) => Buffer.from(Buffer.from(text).toString('hex').toUpperCase()),
  },
  { way: 'utf-16', encode: (text) => Buffer.from(text, 'utf16le') },
  { way: 'big-endian utf-16', encode: (text) => Buffer.from(text, 'utf16le').swap16() },
]
/** What may stand before it within the same encoding, so that base64 begins anywhere. */
const BEFORE = ['', '"', '{"', '{"a']

const seedOf = (key: KeyPair) => Buffer.from(key.getSeed()).toString()

function jwt(type: string): string {
  const part = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  const signature = Buffer.alloc(64, 7).toString('base64url')
  return `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ nats: { type, version: 2 } })}.${signature}`
}

function planted(content: Buffer): Buffer {
  const noise = Buffer.from('{"nodes":[1,2,3],"strings":["Commission","Fleet"]}\0\u0001')
  return Buffer.concat([noise, content, noise])
}

for (const { way, encode } of WAYS) {
  test(`known secrets are found as ${way}, wherever they begin`, () => {
    const search = new SecretSearch([
      { name: 'passphrase', value: PASSPHRASE },
      { name: 'PIN', value: PIN },
      { name: 'raw key', value: Buffer.from('00112233445566778899aabbccddeeff', 'hex') },
    ])
    for (const before of BEFORE) {
      for (const after of ['', '"', '"}']) {
        expect(search.find(planted(encode(`${before}${PASSPHRASE}${after}`)))[0]).toContain('pass')
        expect(search.find(planted(encode(`${before}${PIN}${after}`)))[0]).toContain('PIN')
      }
    }
  })

  test(`unknown seeds and user JWTs are found as ${way}`, () => {
    const search = new SecretSearch([])
    for (const before of BEFORE) {
      for (const key of [createOperator(), createAccount(), createUser()]) {
        const bytes = planted(encode(`${before}${seedOf(key)}"`))
        expect(search.find(bytes).map((found) => found.split(' ')[0])).toEqual(['seed'])
      }
      const found = search.find(planted(encode(`${before}${jwt('user')}"`)))
      expect(found.join()).toContain('user JWT')
    }
  })
}

test('a key in raw bytes is found as base64 and as hex', () => {
  const raw = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
  const search = new SecretSearch([{ name: 'raw key', value: raw }])
  expect(search.find(planted(raw))).toEqual(['raw key (plain)'])
  expect(search.find(raw.toString('base64'))).toEqual(['raw key (base64)'])
  expect(search.find(Buffer.concat([Buffer.from([1]), raw]).toString('base64'))).toEqual([
    'raw key (base64)',
  ])
  expect(search.find(raw.toString('hex'))).toEqual(['raw key (hex)'])
})

test('JWTs are told apart by what they are for', () => {
  const search = new SecretSearch([])
  const found = ['operator', 'account', 'user'].map((type) => search.find(jwt(type)))
  expect(found).toEqual([['operator JWT (plain)'], ['account JWT (plain)'], ['user JWT (plain)']])
})

test('a seed that touches other letters is found by its checksum', () => {
  const search = new SecretSearch([])
  expect(search.find(`GREENHOUSE${seedOf(createAccount())}TENANT`)).toEqual(['seed (plain)'])
})

test('public keys side by side are no seed', () => {
  const search = new SecretSearch([])
  const keys = Array.from({ length: 40 }, () => createAccount().getPublicKey())
  expect(search.find(keys.join(''))).toEqual([])
  expect(search.find(keys.map((key) => `S${key}`).join('U'))).toEqual([])
  expect(search.find('1234-5678 08150472 four grey herons')).toEqual([])
})
