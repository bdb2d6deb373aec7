import { z } from 'zod'

const Claims = z.object({ iat: z.int() })

/**
 * When a JWT was issued that a server quotes from one of its clients; null where it quotes none. The
 * server has checked the signature, and nothing is decided by it but what a person is told.
 */
export function issuedAtOf(jwt: string): Date | null {
  const payload = jwt.split('.')[1]
  if (payload === undefined) return null
  try {
    const { iat } = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
    return new Date(iat * 1000)
  } catch {
    return null
  }
}
