import { decode, encodeAccount, encodeOperator, encodeUser } from '@nats-io/jwt'
import { createAccount, createOperator, createUser } from '@nats-io/nkeys'
import { describe, expect, test } from 'vitest'
import { newAccountClaims } from './account-claims.ts'
import { decodeJwt, encodeJwt, verifyJwt } from './jwt.ts'
import { createNkey } from './nkey.ts'
import { signerOf } from './signer.ts'

const operator = createNkey('operator')
const account = createNkey('account')
const user = createNkey('user')
const NOW = new Date('2026-01-02T03:04:05Z')
const SECONDS = NOW.getTime() / 1000

function accountJwt(issuedAt = SECONDS): string {
  const nats = newAccountClaims(createNkey('account').publicKey)
  return encodeJwt(
    { name: 'acme', subject: account.publicKey, type: 'account', nats, issuedAt },
    signerOf(operator.seed),
  )
}

function userJwt(dates: { issuedAt?: number; expiresAt?: number } = {}): string {
  return encodeJwt(
    {
      name: 'robot',
      subject: user.publicKey,
      type: 'user',
      nats: { subs: -1, data: -1, payload: -1, issuer_account: account.publicKey },
      issuedAt: SECONDS,
      ...dates,
    },
    signerOf(account.seed),
  )
}

test('@nats-io/jwt reads what we sign, claim for claim', () => {
  const claims = decode<{ type: string; version: number }>(userJwt({ expiresAt: SECONDS + 60 }))
  expect(claims).toEqual({
    jti: expect.stringMatching(/^[A-Z2-7]{52}$/) as string,
    exp: SECONDS + 60,
    iat: SECONDS,
    iss: account.publicKey,
    name: 'robot',
    sub: user.publicKey,
    nats: {
      subs: -1,
      data: -1,
      payload: -1,
      issuer_account: account.publicKey,
      type: 'user',
      version: 2,
    },
  })
  expect(decode(accountJwt()).sub).toBe(account.publicKey)
})

test('we read what @nats-io/jwt signs', async () => {
  const theirs = { operator: createOperator(), account: createAccount(), user: createUser() }
  const jwts = {
    operator: await encodeOperator('op', theirs.operator),
    account: await encodeAccount('acme', theirs.account, {}, { signer: theirs.operator }),
    user: await encodeUser('robot', theirs.user, theirs.account),
  }
  for (const type of ['operator', 'account', 'user'] as const) {
    const claims = verifyJwt(jwts[type], { type, now: new Date() })
    expect(claims).toMatchObject(JSON.parse(JSON.stringify(decode(jwts[type]))) as object)
    expect(claims.sub).toBe(theirs[type].getPublicKey())
  }
})

test('no two JWTs are the same, even of one second and with the same claims', () => {
  expect(new Set(Array.from({ length: 10 }, () => decodeJwt(userJwt())['jti'])).size).toBe(10)
})

test('names in any script survive', () => {
  const name = 'Größe 温室 <b>&amp;\u2028'
  const jwt = encodeJwt(
    { name, subject: user.publicKey, type: 'user', nats: {}, issuedAt: SECONDS },
    signerOf(account.seed),
  )
  expect(decodeJwt(jwt).name).toBe(name)
})

describe('refuses', () => {
  const [header = '', payload = '', signature = ''] = userJwt().split('.')

  test.each([
    ['nothing', ''],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${userJwt()}.x`],
    ['a part that is not JSON', `${header}.e30x.${signature}`],
    ['claims without an issuer', `${header}.e30.${signature}`],
    ['a JWT that is not of NATS', `eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.${payload}.${signature}`],
  ])('%s', (_what, text) => {
    expect(() => decodeJwt(text)).toThrow(expect.objectContaining({ code: 'JWT_MALFORMED' }))
  })

  test('claims that were edited, and a signature that was cut', () => {
    const edited = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('robot', 'r0bot'),
    ).toString('base64url')
    for (const text of [`${header}.${edited}.${signature}`, userJwt().slice(0, -4)]) {
      expect(() => decodeJwt(text)).toThrow(expect.objectContaining({ code: 'JWT_SIGNATURE' }))
    }
  })

  // Of each kind that NATS has, whatever somebody did to it.
  test.each([
    { type: 'operator', subject: operator, signer: operator },
    { type: 'account', subject: account, signer: operator },
    { type: 'user', subject: user, signer: account },
  ] as const)('$type JWTs that are cut, edited, foreign, expired or of another kind', (kind) => {
    const { type } = kind
    const stranger = createNkey(type === 'user' ? 'account' : 'operator')
    const make = (more: object = {}, signer = kind.signer.seed) =>
      encodeJwt(
        {
          name: 'mine',
          subject: kind.subject.publicKey,
          type,
          nats: {},
          issuedAt: SECONDS,
          ...more,
        },
        signerOf(signer),
      )
    const whole = make()
    const expected = { type, issuers: [kind.signer.publicKey], now: NOW }
    expect(verifyJwt(whole, expected).sub).toBe(kind.subject.publicKey)
    const codeOf = (text: string) => {
      try {
        verifyJwt(text, expected)
        return 'taken'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    const [head = '', body = '', proof = ''] = whole.split('.')
    const edited = Buffer.from(
      Buffer.from(body, 'base64url').toString().replace('mine', 'yours'),
    ).toString('base64url')
    for (let cut = 0; cut < whole.length; cut += 7) {
      expect(codeOf(whole.slice(0, cut))).toMatch(/^JWT_(?:MALFORMED|SIGNATURE)$/u)
    }
    expect(codeOf(`${head}.${edited}.${proof}`)).toBe('JWT_SIGNATURE')
    expect(codeOf(make({}, stranger.seed))).toBe('JWT_ISSUER')
    expect(codeOf(make({ expiresAt: SECONDS }))).toBe('JWT_EXPIRED')
    const other = type === 'user' ? 'account' : 'user'
    expect(codeOf(make({ type: other }))).toBe('JWT_TYPE')
  })

  test('another type, a stranger as signer, and dates that do not fit', () => {
    const code = (expected: string) => expect.objectContaining({ code: expected }) as Error
    expect(() => verifyJwt(userJwt(), { type: 'account' })).toThrow(code('JWT_TYPE'))
    expect(() => verifyJwt(userJwt(), { issuers: [operator.publicKey] })).toThrow(
      code('JWT_ISSUER'),
    )
    expect(() => verifyJwt(userJwt({ expiresAt: SECONDS }), { now: NOW })).toThrow(
      code('JWT_EXPIRED'),
    )
    expect(verifyJwt(userJwt({ expiresAt: SECONDS + 1 }), { now: NOW }).exp).toBe(SECONDS + 1)
  })
})
