import { verify } from 'node:crypto'
import { z } from 'zod'
import { operatorKeysIn, verifyJwt } from '../../authority/jwt.ts'
import { publicKeyObject, roleOfPublicKey } from '../../authority/nkey.ts'
import { canonicalJson } from '../../isolation/report-signature.ts'

// The open format `field-results.json` (docs/field-results.md): which devices somebody commissioned in the
// field, by which of their own public keys. Nothing secret.

export const RESULTS_FORMAT = 'muster-field-results'
export const RESULTS_VERSION = 1

const Key = (letter: 'O' | 'A' | 'U') =>
  z.string().regex(new RegExp(`^${letter}[A-Z2-7]{55}$`, 'u'))
const Moment = z.iso.datetime()
const Subjects = z.array(z.string().max(512)).max(256)
const Rules = z.strictObject({ allow: Subjects, deny: Subjects.optional() })

export const FieldDevice = z.strictObject({
  deviceId: z.string().min(1).max(256),
  tenant: z.string().min(1).max(256),
  name: z.string().max(256),
  /** The device's own key, which it proved by taking the credential with its PIN. */
  publicKey: Key('U'),
  account: Key('A'),
  /** What signed the credential. */
  signingKey: Key('A'),
  role: z.enum(['device', 'device-own']),
  permissions: z.strictObject({
    pub: Rules,
    sub: Rules,
    resp: z.strictObject({ max: z.int(), ttl: z.number() }).optional(),
  }),
  /** How its JWT is made again; null where it can't be. */
  form: z.enum(['own', 'scoped']).nullable(),
  issuedAt: Moment,
  expiresAt: Moment,
  /** When it was seen connected first; null where it was not yet. */
  connectedAt: Moment.nullable(),
  state: z.enum(['pending', 'active', 'struck', 'revoked']),
})
export type FieldDevice = z.infer<typeof FieldDevice>

export const FieldResults = z.strictObject({
  format: z.literal(RESULTS_FORMAT),
  version: z.literal(RESULTS_VERSION),
  id: z.uuid(),
  madeBy: z.string().max(128),
  createdAt: Moment,
  /** User of the operating system, and the computer's name. */
  by: z.string().max(256),
  /** Its JWT, which is public, says which keys may sign for it. */
  operator: z.strictObject({
    name: z.string().max(256),
    publicKey: Key('O'),
    jwt: z.string().max(65_536),
  }),
  devices: z.array(FieldDevice).max(100_000),
})
export type FieldResults = z.infer<typeof FieldResults>

/** The whole file. */
export const SignedResults = z.strictObject({
  results: FieldResults,
  signature: z.strictObject({
    algorithm: z.literal('ed25519'),
    key: Key('O'),
    signature: z.string().max(128),
  }),
})
export type SignedResults = z.infer<typeof SignedResults>

/** What is signed: a line that says what it is, and the results as canonical JSON (RFC 8785). */
export function resultsStatement(results: FieldResults): string {
  return `${RESULTS_FORMAT}/${RESULTS_VERSION}\n${canonicalJson(results)}`
}

/** Whether a key that the results' own operator names has signed every byte of them. */
export function isGenuine({ results, signature }: SignedResults): boolean {
  const { operator } = results
  if (roleOfPublicKey(signature.key) !== 'operator') return false
  try {
    const claims = verifyJwt(operator.jwt, { type: 'operator', issuers: [operator.publicKey] })
    const keys = [operator.publicKey, ...operatorKeysIn(claims)]
    if (claims.sub !== operator.publicKey || !keys.includes(signature.key)) return false
  } catch {
    return false
  }
  return verify(
    null,
    Buffer.from(resultsStatement(results), 'utf8'),
    publicKeyObject(signature.key),
    Buffer.from(signature.signature, 'base64url'),
  )
}
