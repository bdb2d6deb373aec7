import { createAccount, createOperator, createUser, fromPublic, fromSeed } from '@nats-io/nkeys'
import { expect, test } from 'vitest'
import { createNkey, isPublicKey, privateKeyOf, publicKeyObject, roleOfPublicKey } from './nkey.ts'
import { signerOf } from './signer.ts'
import { verify } from 'node:crypto'

const MESSAGE = Buffer.from('a message')
const utf8 = (text: string) => new TextEncoder().encode(text)

test.each([
  ['operator', 'O'],
  ['account', 'A'],
  ['user', 'U'],
] as const)('a new %s key is one that @nats-io/nkeys reads', (role, letter) => {
  const { publicKey, seed } = createNkey(role)
  expect(publicKey).toMatch(new RegExp(`^${letter}[A-Z2-7]{55}$`))
  expect(seed).toMatch(new RegExp(`^S${letter}[A-Z2-7]{56}$`))
  const theirs = fromSeed(utf8(seed))
  expect(theirs.getPublicKey()).toBe(publicKey)
  expect(fromPublic(publicKey).verify(MESSAGE, signerOf(seed).sign(MESSAGE))).toBe(true)
  expect(verify(null, MESSAGE, publicKeyObject(publicKey), theirs.sign(MESSAGE))).toBe(true)
})

test.each([
  ['operator', createOperator],
  ['account', createAccount],
  ['user', createUser],
] as const)('a %s key of @nats-io/nkeys is read', (role, create) => {
  const theirs = create()
  const seed = new TextDecoder().decode(theirs.getSeed())
  expect(privateKeyOf(seed)).toMatchObject({ role, publicKey: theirs.getPublicKey() })
  expect(roleOfPublicKey(theirs.getPublicKey())).toBe(role)
})

test('a public key with one letter changed, cut or of another role is told apart', () => {
  const { publicKey, seed } = createNkey('user')
  expect(isPublicKey(publicKey, 'user')).toBe(true)
  expect(isPublicKey(publicKey, 'account')).toBe(false)
  for (let at = 0; at < publicKey.length; at += 1) {
    const other = publicKey[at] === 'A' ? 'B' : 'A'
    expect(isPublicKey(publicKey.slice(0, at) + other + publicKey.slice(at + 1), 'user')).toBe(
      false,
    )
  }
  for (const text of [
    '',
    'U',
    publicKey.slice(1),
    `${publicKey}A`,
    publicKey.toLowerCase(),
    seed,
  ]) {
    expect(isPublicKey(text, 'user')).toBe(false)
  }
})

test('a bad seed is refused without being repeated', () => {
  const { publicKey, seed } = createNkey('user')
  for (const text of ['', publicKey, seed.slice(0, -1), `${seed}A`, seed.replace('SU', 'SX')]) {
    expect(() => privateKeyOf(text)).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }))
  }
  try {
    privateKeyOf(seed.slice(0, -1))
  } catch (error) {
    expect(JSON.stringify(error) + String(error)).not.toContain(seed.slice(0, 20))
  }
})
