import { randomBytes, verify } from 'node:crypto'
import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'
import { encodeBase32 } from './base32.ts'
import { publicKeyObject, roleOfPublicKey } from './nkey.ts'
import type { Signer } from './signer.ts'

/** What a NATS JWT is about; the `type` in its `nats` part. */
export type JwtType = 'operator' | 'account' | 'user' | 'generic'

export interface JwtRequest {
  readonly name: string
  /** Public key that the JWT is for. */
  readonly subject: string
  readonly type: JwtType
  /** The `nats` part, without `type` and `version`. */
  readonly nats: object
  /** Unix seconds. */
  readonly issuedAt: number
  /** Unix seconds; never expires without. */
  readonly expiresAt?: number
  /** The `jti`, where the same request has to give the same text; random without. */
  readonly id?: string
}

const HEADER = Buffer.from('{"typ":"JWT","alg":"ed25519-nkey"}').toString('base64url')
const CLAIMS_VERSION = 2
const ID_BYTES = 32

/**
 * Encodes and signs a NATS JWT v2 (github.com/nats-io/jwt), fields in that library's order.
 *
 * `jti` looks like that library's, 256 bits in base32, but is random: the library hashes the claims
 * outside `nats` only, so two versions of an account made within a second share an id, and a
 * resolver in a cluster takes the second for the first and drops it. Nor may a retry be the same text as
 * the first try: a server that was told to remove an account ignores claims it has seen before.
 */
export function encodeJwt(request: JwtRequest, signer: Signer): string {
  const { expiresAt } = request
  const claims = {
    ...(expiresAt === undefined ? {} : { exp: expiresAt }),
    jti: request.id ?? encodeBase32(randomBytes(ID_BYTES)),
    iat: request.issuedAt,
    iss: signer.publicKey,
    name: request.name,
    sub: request.subject,
    nats: { ...request.nats, type: request.type, version: CLAIMS_VERSION },
  }
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
  const signed = `${HEADER}.${payload}`
  return `${signed}.${signer.sign(Buffer.from(signed, 'latin1')).toString('base64url')}`
}

const Claims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  iat: z.int(),
  name: z.string().default(''),
  exp: z.int().optional(),
  nbf: z.int().optional(),
  nats: z.looseObject({ type: z.string(), version: z.literal(CLAIMS_VERSION) }),
})

/** Claims of a JWT whose signature was checked. Times are unix seconds. */
export type DecodedJwt = z.infer<typeof Claims>

/** Signing keys that an operator's JWT lists. */
export function operatorKeysIn(claims: DecodedJwt): string[] {
  const { signing_keys: keys } = claims.nats
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : []
}

export interface JwtExpectation {
  readonly type?: JwtType
  /** Public keys of which one must have signed. */
  readonly issuers?: readonly string[]
  /** Checks `exp` and `nbf` against this moment. */
  readonly now?: Date
}

/**
 * Reads a NATS JWT v2 and checks its signature against the issuer it names. That says nothing about
 * whether that issuer may be trusted: see `verifyJwt`.
 * @throws RejectedError `JWT_MALFORMED`, `JWT_SIGNATURE`.
 */
export function decodeJwt(text: string): DecodedJwt {
  const [header, payload, signature, ...rest] = text.trim().split('.')
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw malformed()
  }
  const { typ, alg } = parsePart(Header, header)
  if (typ.toUpperCase() !== 'JWT' || alg !== 'ed25519-nkey') throw malformed()
  const claims = parsePart(Claims, payload)
  if (roleOfPublicKey(claims.iss) === undefined) throw malformed()
  const genuine = verify(
    null,
    Buffer.from(`${header}.${payload}`, 'latin1'),
    publicKeyObject(claims.iss),
    Buffer.from(signature, 'base64url'),
  )
  if (!genuine) {
    throw new RejectedError({
      code: 'JWT_SIGNATURE',
      message: 'This JWT was changed after it was signed, or cut: its signature does not fit.',
      advice: 'Get it again from where it was issued.',
    })
  }
  return claims
}

/**
 * Reads a NATS JWT v2 and checks signature, type, signer and dates.
 * @throws RejectedError `JWT_MALFORMED`, `JWT_SIGNATURE`, `JWT_TYPE`, `JWT_ISSUER`, `JWT_EXPIRED`,
 *   `JWT_NOT_YET_VALID`.
 */
export function verifyJwt(text: string, expected: JwtExpectation): DecodedJwt {
  const claims = decodeJwt(text)
  if (expected.type !== undefined && claims.nats.type !== expected.type) {
    throw new RejectedError({
      code: 'JWT_TYPE',
      message: `This JWT is for a NATS ${claims.nats.type.slice(0, 32)}, where one for a NATS ${expected.type} is needed.`,
      advice: `Choose the JWT of the ${expected.type}.`,
    })
  }
  if (expected.issuers !== undefined && !expected.issuers.includes(claims.iss)) {
    throw new RejectedError({
      code: 'JWT_ISSUER',
      message: `This JWT was signed by ${claims.iss}, which is none of the keys that may sign it here.`,
      advice: 'Use a JWT that this deployment issued.',
      details: { issuer: claims.iss },
    })
  }
  if (expected.now !== undefined) requireInForce(claims, expected.now)
  return claims
}

function requireInForce(claims: DecodedJwt, now: Date): void {
  const seconds = Math.floor(now.getTime() / 1000)
  if (claims.exp !== undefined && claims.exp > 0 && claims.exp <= seconds) {
    throw new RejectedError({
      code: 'JWT_EXPIRED',
      message: `This JWT expired at ${instant(claims.exp)}.`,
      advice: 'Issue a new one. If it should still be good, check the clock of this computer.',
      details: { expiredAt: instant(claims.exp) },
    })
  }
  if (claims.nbf !== undefined && claims.nbf > seconds) {
    throw new RejectedError({
      code: 'JWT_NOT_YET_VALID',
      message: `This JWT is not valid before ${instant(claims.nbf)}.`,
      advice: 'Wait until then. If that time has come, check the clock of this computer.',
      details: { validFrom: instant(claims.nbf) },
    })
  }
}

const Header = z.looseObject({ typ: z.string(), alg: z.string() })

function parsePart<T>(schema: z.ZodType<T>, part: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
  } catch {
    // The reason is left out: it would quote the JWT.
    throw malformed()
  }
}

function malformed(): RejectedError {
  return new RejectedError({
    code: 'JWT_MALFORMED',
    message: 'This is not a NATS JWT of version 2, or it was cut.',
    advice: 'Use the whole text, from eyJ to its end.',
  })
}

const LATEST_DATE_SECONDS = 8.64e12

function instant(seconds: number): string {
  return new Date(Math.min(seconds, LATEST_DATE_SECONDS) * 1000).toISOString()
}
