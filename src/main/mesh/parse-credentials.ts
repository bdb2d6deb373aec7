import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'
import { verifyJwt, type DecodedJwt } from '../authority/jwt.ts'
import { isPublicKey, privateKeyOf } from '../authority/nkey.ts'

/** Credentials as read from a file that somebody handed over. `jwt` and `seed` are secrets. */
export interface ParsedCredentials {
  readonly jwt: string
  readonly seed: string
  /** The user (U…) that the JWT is for and the seed belongs to. */
  readonly publicKey: string
  /** The account (A…) that the user is in. */
  readonly accountPublicKey: string
  /** `_INBOX`, or the prefix of its own that the user's permissions name. */
  readonly inboxPrefix: string
  readonly expiresAt: Date | null
  /** The rest is null or empty where the file does not tell. */
  readonly tenant: string | null
  readonly deviceId: string | null
  readonly urls: readonly string[]
  readonly caPem: string | null
}

/**
 * Reads a NATS `.creds` text or a `.creds.json` (protocol.md, "Credential files"; also with the
 * older names `messaging` and `url`) and checks that the JWT is a user's, in force, and that the
 * seed is its own.
 * @throws RejectedError `CREDENTIALS_MALFORMED`, `CREDENTIALS_WITHOUT_SEED`,
 *   `CREDENTIALS_KEY_MISMATCH`, and `JWT_…` of `verifyJwt`. No message holds a part of the text.
 */
export function parseCredentials(text: string, now: Date = new Date()): ParsedCredentials {
  // Editors on Windows put a byte order mark before the text.
  const trimmed = text.replace(/^\uFEFF/u, '').trim()
  const file = trimmed.startsWith('{') ? readJson(trimmed) : readCreds(trimmed)
  const claims = verifyJwt(file.jwt, { type: 'user', now })
  const publicKey = requireOwnSeed(file.seed, claims)
  return {
    ...file,
    publicKey,
    accountPublicKey: accountOf(claims),
    inboxPrefix: inboxPrefixOf(claims),
    expiresAt: claims.exp === undefined ? null : new Date(claims.exp * 1000),
  }
}

type CredentialParts = Pick<
  ParsedCredentials,
  'jwt' | 'seed' | 'tenant' | 'deviceId' | 'urls' | 'caPem'
>

const Optional = z.string().min(1).nullish().catch(null)

const NatsPart = z.object({
  urls: z.array(z.string().min(1)).max(64).optional(),
  url: Optional,
  jwt: z.string().min(1),
  nkey_seed: Optional,
  tls: z.object({ ca_pem: Optional }).nullish().catch(null),
})

const CredentialJson = z.union([
  z.object({ nats: NatsPart, tenant: Optional, device_id: Optional }),
  z
    .object({ messaging: NatsPart, tenant: Optional, device_id: Optional })
    .transform(({ messaging, ...rest }) => ({ ...rest, nats: messaging })),
])

function readJson(text: string): CredentialParts {
  const { nats, tenant, device_id: deviceId } = parseJson(text)
  if (nats.nkey_seed === null || nats.nkey_seed === undefined) {
    throw new RejectedError({
      code: 'CREDENTIALS_WITHOUT_SEED',
      message:
        'These credentials hold no private seed: they are for a device that keeps its key to itself, and only that device can use them.',
      advice: 'Use credentials that were issued for a person or a console, with their seed.',
    })
  }
  return {
    jwt: nats.jwt.trim(),
    seed: nats.nkey_seed.trim(),
    tenant: tenant ?? null,
    deviceId: deviceId ?? null,
    urls: nats.urls ?? (typeof nats.url === 'string' ? [nats.url] : []),
    caPem: nats.tls?.ca_pem ?? null,
  }
}

function parseJson(text: string): z.infer<typeof CredentialJson> {
  try {
    return CredentialJson.parse(JSON.parse(text))
  } catch {
    // The reason is left out: it would quote the text.
    throw malformed()
  }
}

// Line by line: one pattern over the whole text would take seconds on a hostile one. The number of
// dashes varies between writers, and so does white space.
function readCreds(text: string): CredentialParts {
  const lines = text.split(/\r?\n/u).map((line) => line.trim())
  const jwt = lineBetween(lines, 'NATS USER JWT')
  const seed = lineBetween(lines, 'USER NKEY SEED')
  if (jwt === undefined || seed === undefined) throw malformed()
  return { jwt, seed, tenant: null, deviceId: null, urls: [], caPem: null }
}

/** The only line with content between `BEGIN label` and `END label`. */
function lineBetween(lines: readonly string[], label: string): string | undefined {
  const isMarker = (word: string) => (line: string) =>
    line.startsWith('---') && line.endsWith('---') && line.includes(`-${word} ${label}-`)
  const begin = lines.findIndex(isMarker('BEGIN'))
  const end = lines.findIndex(isMarker('END'))
  if (begin < 0 || end < begin) return undefined
  const content = lines.slice(begin + 1, end).filter((line) => line !== '')
  return content.length === 1 ? content[0] : undefined
}

function requireOwnSeed(seed: string, claims: DecodedJwt): string {
  const publicKey = publicKeyOf(seed)
  if (publicKey === claims.sub) return publicKey
  throw new RejectedError({
    code: 'CREDENTIALS_KEY_MISMATCH',
    message:
      'The seed in these credentials does not belong to the user that their JWT is for: they were put together from two files, or a part is missing.',
    advice: 'Get the credentials again from where they were issued, as one file.',
    details: { user: claims.sub },
  })
}

function publicKeyOf(seed: string): string {
  try {
    const { role, publicKey } = privateKeyOf(seed)
    if (role === 'user') return publicKey
  } catch {
    // As below: the reason is the same to the reader.
  }
  throw malformed()
}

function accountOf(claims: DecodedJwt): string {
  const { issuer_account: account } = claims.nats
  return typeof account === 'string' && isPublicKey(account, 'account') ? account : claims.iss
}

const SubscribeAllow = z.object({ sub: z.object({ allow: z.array(z.string()) }) })

/** A user that may not listen on `_INBOX.>` usually may on one inbox of its own. */
function inboxPrefixOf(claims: DecodedJwt): string {
  const parsed = SubscribeAllow.safeParse(claims.nats)
  const allowed = parsed.success ? parsed.data.sub.allow : []
  const inboxes = allowed.flatMap((subject) => /^(_INBOX[^.>*]*)\.>$/u.exec(subject)?.[1] ?? [])
  return inboxes.includes('_INBOX') ? '_INBOX' : (inboxes[0] ?? '_INBOX')
}

function malformed(): RejectedError {
  return new RejectedError({
    code: 'CREDENTIALS_MALFORMED',
    message:
      'This is neither a NATS .creds file nor a .creds.json: the user JWT or the seed is missing or cut.',
    advice: 'Choose the credential file as it was issued, and take over the whole of its text.',
  })
}
