import { expect, test } from 'vitest'
import { encodeJwt } from '../authority/jwt.ts'
import { createNkey } from '../authority/nkey.ts'
import { signerOf } from '../authority/signer.ts'
import { parseCredentials } from './parse-credentials.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const IN_AN_HOUR = NOW.getTime() / 1000 + 3600

const account = createNkey('account')
const signingKey = createNkey('account')
const user = createNkey('user')

function userJwt(nats: object = {}, expiresAt: number | undefined = IN_AN_HOUR): string {
  return encodeJwt(
    {
      name: 'console',
      subject: user.publicKey,
      type: 'user',
      nats: { issuer_account: account.publicKey, ...nats },
      issuedAt: 1_795_000_000,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    signerOf(signingKey.seed),
  )
}

function creds(jwt: string, seed: string): string {
  return `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------

*************************************************************
`
}

function json(nats: object, more: object = {}): string {
  return JSON.stringify({ device_id: 'robot-1', auth_type: 'jwt', tenant: 'north', nats, ...more })
}

const rejected = (text: string) => {
  try {
    parseCredentials(text, NOW)
  } catch (error) {
    return error
  }
  return undefined
}

test('reads the text that nsc and the nats CLI write', () => {
  const jwt = userJwt()
  expect(parseCredentials(creds(jwt, user.seed), NOW)).toEqual({
    jwt,
    seed: user.seed,
    publicKey: user.publicKey,
    accountPublicKey: account.publicKey,
    inboxPrefix: '_INBOX',
    expiresAt: new Date(IN_AN_HOUR * 1000),
    tenant: null,
    deviceId: null,
    urls: [],
    caPem: null,
  })
})

test.each([
  ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
  ['a byte order mark', (text: string) => `\uFEFF${text}`],
  ['space around it', (text: string) => `\n\n   ${text}  \n`],
  ['indented lines', (text: string) => text.replaceAll('\n', '\n  ')],
  ['three dashes only', (text: string) => text.replaceAll(/-{5,}/gu, '---')],
])('reads .creds text with %s', (_what, change) => {
  expect(parseCredentials(change(creds(userJwt(), user.seed)), NOW).seed).toBe(user.seed)
})

test('reads .creds.json with its URLs, tenant and certificate authority', () => {
  const parsed = parseCredentials(
    json({
      urls: ['tls://10.0.0.5:4222', 'tls://10.0.0.6:4222'],
      jwt: userJwt(),
      nkey_seed: user.seed,
      tls: { ca_pem: 'PEM', ca_file: '/etc/ca.pem' },
    }),
    NOW,
  )
  expect(parsed).toMatchObject({
    tenant: 'north',
    deviceId: 'robot-1',
    urls: ['tls://10.0.0.5:4222', 'tls://10.0.0.6:4222'],
    caPem: 'PEM',
  })
})

test('reads the older names messaging and url, and null where older writers put it', () => {
  const nats = {
    url: 'nats://h:4222',
    urls: undefined,
    jwt: userJwt(),
    nkey_seed: user.seed,
    tls: null,
  }
  const text = JSON.stringify({ tenant: null, messaging: nats })
  expect(parseCredentials(text, NOW)).toMatchObject({ urls: ['nats://h:4222'], tenant: null })
})

test('finds the private inbox that the permissions name', () => {
  const prefix = `_INBOX_${user.publicKey}`
  const nats = { sub: { allow: ['device-connect.north.>', `${prefix}.>`] } }
  expect(parseCredentials(creds(userJwt(nats), user.seed), NOW).inboxPrefix).toBe(prefix)
})

test('takes the signer for the account where the JWT names no other', () => {
  const jwt = userJwt({ issuer_account: undefined })
  const parsed = parseCredentials(creds(jwt, user.seed), NOW)
  expect(parsed.accountPublicKey).toBe(signingKey.publicKey)
})

test('takes credentials that never expire', () => {
  expect(parseCredentials(creds(userJwt({}, undefined), user.seed), NOW).expiresAt).not.toBeNull()
  const jwt = encodeJwt(
    { name: 'n', subject: user.publicKey, type: 'user', nats: {}, issuedAt: 1 },
    signerOf(account.seed),
  )
  expect(parseCredentials(creds(jwt, user.seed), NOW).expiresAt).toBeNull()
})

test('refuses what has expired', () => {
  const jwt = userJwt({}, NOW.getTime() / 1000 - 1)
  expect(rejected(creds(jwt, user.seed))).toMatchObject({ code: 'JWT_EXPIRED' })
})

test('refuses a seed that belongs to somebody else', () => {
  expect(rejected(creds(userJwt(), createNkey('user').seed))).toMatchObject({
    code: 'CREDENTIALS_KEY_MISMATCH',
    kind: 'rejected',
  })
})

test('refuses an account key in the place of the user seed', () => {
  expect(rejected(creds(userJwt(), account.seed))).toMatchObject({ code: 'CREDENTIALS_MALFORMED' })
})

test('refuses an account JWT', () => {
  const jwt = encodeJwt(
    { name: 'a', subject: account.publicKey, type: 'account', nats: {}, issuedAt: 1 },
    signerOf(account.seed),
  )
  expect(rejected(creds(jwt, user.seed))).toMatchObject({ code: 'JWT_TYPE' })
})

test('says that a device keeps its own key when there is no seed', () => {
  for (const nkey_seed of [null, undefined, '']) {
    expect(rejected(json({ urls: [], jwt: userJwt(), nkey_seed }))).toMatchObject({
      code: 'CREDENTIALS_WITHOUT_SEED',
    })
  }
})

test('refuses a JWT that was changed', () => {
  const [header, , signature] = userJwt().split('.')
  const forged = [header, userJwt({ data: 5 }).split('.')[1], signature].join('.')
  expect(rejected(creds(forged, user.seed))).toMatchObject({ code: 'JWT_SIGNATURE' })
})

test.each([
  ['nothing', ''],
  ['prose', 'please find the credentials attached'],
  ['an empty object', '{}'],
  ['cut JSON', json({ jwt: userJwt(), nkey_seed: user.seed }).slice(0, -20)],
  ['cut .creds text', creds(userJwt(), user.seed).slice(0, -140)],
  ['markers without content', creds('', '')],
  ['nested arrays', '{"nats": [[[[]]]]}'],
])('refuses %s without quoting it', (_what, text) => {
  const error = rejected(text)
  expect(error).toMatchObject({ code: 'CREDENTIALS_MALFORMED' })
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(user.seed)
})

test('reads hostile text in time', () => {
  const started = performance.now()
  rejected('-----BEGIN A'.repeat(5_000))
  rejected('-'.repeat(64_000))
  rejected(`---BEGIN ${' '.repeat(60_000)}`)
  expect(performance.now() - started).toBeLessThan(1_000)
})
