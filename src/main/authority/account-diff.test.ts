import { expect, test } from 'vitest'
import { accountDifferences, summaryOf } from './account-diff.ts'
import { newAccountClaims } from './account-claims.ts'
import { encodeJwt } from './jwt.ts'
import { createNkey } from './nkey.ts'
import { signerOf } from './signer.ts'

const operator = signerOf(createNkey('operator').seed)
const account = createNkey('account').publicKey
const [first, second] = [createNkey('account').publicKey, createNkey('account').publicKey]
const user = createNkey('user').publicKey

function jwtOf(nats: object, name = 'north'): string {
  return encodeJwt(
    { name, subject: account, type: 'account', nats, issuedAt: 1_700_000_000 },
    operator,
  )
}

const before = newAccountClaims(first)

test('two versions that say the same differ in nothing', () => {
  const differences = accountDifferences(jwtOf(before), jwtOf(before))
  expect(differences).toEqual([])
  expect(summaryOf(differences)).toBe('signed anew, nothing else changed')
})

test('limits, keys, revocations and border crossings are told in words, keys by name', () => {
  const after = {
    ...before,
    limits: { ...before.limits, conn: 10 },
    signing_keys: [second],
    revocations: { [user]: 1_700_000_001 },
    imports: [{ name: 'x', subject: 'a.b', account: first, type: 'stream', token: 'eyJsecret' }],
  }
  const differences = accountDifferences(jwtOf(before), jwtOf(after), (key) =>
    key === user ? 'pump-7' : undefined,
  )
  expect(differences).toEqual([
    {
      area: 'limits',
      change: 'changed',
      subject: 'connections',
      key: null,
      before: 'no limit',
      after: '10',
    },
    {
      area: 'signing-keys',
      change: 'added',
      subject: second,
      key: second,
      before: null,
      after: 'full',
    },
    {
      area: 'signing-keys',
      change: 'removed',
      subject: first,
      key: first,
      before: 'full',
      after: null,
    },
    {
      area: 'revocations',
      change: 'added',
      subject: 'pump-7',
      key: user,
      before: null,
      after: '2023-11-14T22:13:21.000Z',
    },
    {
      area: 'imports',
      change: 'added',
      subject: `stream a.b from ${first}`,
      key: null,
      before: null,
      after: '{}',
    },
  ])
  expect(JSON.stringify(differences)).not.toContain('eyJ')
  expect(summaryOf(differences)).toBe(
    'connections changed, 1 signing key added, 1 signing key removed, 1 revocation added, 1 import added',
  )
})

test('a setting that Muster does not know is still shown', () => {
  const differences = accountDifferences(jwtOf(before), jwtOf({ ...before, trace: { dest: 'x' } }))
  expect(differences).toMatchObject([{ area: 'other', change: 'added', subject: 'trace' }])
})

test('an account that was not there before is all additions', () => {
  const differences = accountDifferences(null, jwtOf(before))
  expect(new Set(differences.map(({ change }) => change))).toEqual(new Set(['added']))
})
