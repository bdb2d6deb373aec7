import { createUser } from '@nats-io/nkeys'
import { expect, test } from 'vitest'
import { deviceAuthenticator, publicKeyOf } from './device-key.ts'

test('signs the nonce as the nkeys library does', () => {
  for (let round = 0; round < 5; round += 1) {
    const key = createUser()
    const seed = Buffer.from(key.getSeed()).toString()
    const auth = deviceAuthenticator('the-jwt', seed)('a nonce') as { jwt: string; sig: string }
    expect(auth.jwt).toBe('the-jwt')
    const signature = Buffer.from(auth.sig, 'base64url')
    expect(key.verify(Buffer.from('a nonce'), signature)).toBe(true)
    expect(publicKeyOf(seed)).toBe(key.getPublicKey())
  }
})

test('refuses a seed with a wrong letter, without repeating it', () => {
  const seed = Buffer.from(createUser().getSeed()).toString()
  const wrong = `${seed.slice(0, 20)}${seed[20] === 'A' ? 'B' : 'A'}${seed.slice(21)}`
  for (const use of [() => deviceAuthenticator('jwt', wrong), () => publicKeyOf(wrong)]) {
    let thrown: unknown
    try {
      use()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'SEED_MALFORMED' })
    expect((thrown as Error).message).not.toContain(wrong)
    expect(String((thrown as Error).cause)).not.toContain(wrong)
  }
})
