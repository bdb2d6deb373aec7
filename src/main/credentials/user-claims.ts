import { z } from 'zod'
import { decodeJwt } from '../authority/jwt.ts'

const Claims = z.object({ iat: z.int(), sub: z.string() })

/** What a JWT says of itself. */
export interface QuotedClaims {
  readonly publicKey: string
  readonly issuedAt: Date
}

/**
 * What a JWT says that a server quotes from one of its clients; undefined where it quotes none. Of a client
 * that was let in the server has checked it; of one that was turned away nobody has.
 */
export function quotedClaims(jwt: string): QuotedClaims | undefined {
  const payload = jwt.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const { iat, sub } = Claims.parse(
      JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')),
    )
    return { publicKey: sub, issuedAt: new Date(iat * 1000) }
  } catch {
    return undefined
  }
}

/** The key that signed a JWT; undefined where its signature does not fit. */
export function signerOfJwt(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt).iss
  } catch {
    return undefined
  }
}
