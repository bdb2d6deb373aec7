import { verify } from 'node:crypto'
import { z } from 'zod'
import { publicKeyObject, roleOfPublicKey } from '../authority/nkey.ts'

const Strings = z.array(z.string()).nullish()
const Lists = z.looseObject({ allow: Strings, deny: Strings }).nullish()
const Answers = z.looseObject({ max: z.number().default(0), ttl: z.number().default(0) }).nullish()

const Nats = z.looseObject({
  type: z.string().default(''),
  version: z.number().default(1),
  issuer_account: z.string().nullish(),
  pub: Lists,
  sub: Lists,
  resp: Answers,
  subs: z.number().nullish(),
  data: z.number().nullish(),
  payload: z.number().nullish(),
  src: z.array(z.string()).nullish(),
  times: z.array(z.looseObject({ start: z.string(), end: z.string() })).nullish(),
  times_location: z.string().nullish(),
  bearer_token: z.boolean().nullish(),
  allowed_connection_types: Strings,
  tags: Strings,
})

const Claims = z.looseObject({
  iss: z.string().default(''),
  sub: z.string().default(''),
  name: z.string().default(''),
  iat: z.number().nullish(),
  exp: z.number().nullish(),
  nbf: z.number().nullish(),
  type: z.string().nullish(),
  nats: Nats.default({ type: '', version: 1 }),
})
/** Claims as they stand in a JWT, whoever signed it. */
export type LooseClaims = z.infer<typeof Claims>

/** 64 bytes in base64url. */
const SIGNATURE_CHARS = 86

/** A JWT as far as it can be read. */
export type ReadJwt =
  /** `cut`: parts of it are missing; `garbled`: they can't be read. */
  | { readonly type: 'unreadable'; readonly why: 'cut' | 'garbled' }
  | {
      readonly type: 'read'
      readonly claims: LooseClaims
      /** Whether the issuer that it names signed exactly this. */
      readonly genuine: boolean
      /** Its end is missing. */
      readonly cut: boolean
    }

/** Reads a JWT without demanding anything of it. */
export function readJwt(text: string): ReadJwt {
  const [header = '', payload = '', signature = ''] = text.split('.')
  if (payload === '' || signature === '') return { type: 'unreadable', why: 'cut' }
  const claims = Claims.safeParse(jsonOf(payload))
  if (!claims.success || jsonOf(header) === undefined) {
    return { type: 'unreadable', why: signature.length < SIGNATURE_CHARS ? 'cut' : 'garbled' }
  }
  return {
    type: 'read',
    claims: claims.data,
    genuine: isGenuine(claims.data.iss, `${header}.${payload}`, signature),
    cut: signature.length < SIGNATURE_CHARS,
  }
}

function isGenuine(issuer: string, signed: string, signature: string): boolean {
  if (roleOfPublicKey(issuer) === undefined) return false
  try {
    const bytes = Buffer.from(signature, 'base64url')
    return verify(null, Buffer.from(signed, 'latin1'), publicKeyObject(issuer), bytes)
  } catch {
    return false
  }
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
