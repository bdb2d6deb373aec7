import { z } from 'zod'
import { decodeJwt } from '../authority/jwt.ts'
import type { Manifest } from './manifest/manifest.ts'

const Keys = z.looseObject({
  signing_keys: z.array(z.union([z.string(), z.looseObject({ key: z.string() })])).default([]),
})

/** Accounts with the keys that sign for them, as their JWTs have it; those without a JWT are left out. */
export function accountsInJwts(jwts: readonly (string | null)[]): Manifest['accounts'] {
  return jwts.flatMap((jwt) => {
    if (jwt === null) return []
    const { sub, nats } = decodeJwt(jwt)
    const keys = Keys.parse(nats).signing_keys.map((key) =>
      typeof key === 'string' ? key : key.key,
    )
    return { publicKey: sub, signingKeys: [sub, ...keys] }
  })
}
