import { fromSeed } from '@nats-io/nkeys'

/** Something that looks like a secret, whoever made it. */
export interface PatternFinding {
  readonly kind: 'seed' | 'operator JWT' | 'account JWT' | 'user JWT' | 'JWT'
  readonly encoding: string
}

/** A view of the bytes as the text that was encoded. */
interface View {
  readonly encoding: string
  readonly text: string
}

/** Overlapping, since a public key may end with the letter S before the next one. */
const SEED = /(?<![A-Z2-7])S[OAU][A-Z2-7]{56}(?![A-Z2-7])|(?=(S[OAU][A-Z2-7]{56}))/gu
const JWT = /eyJ[A-Za-z0-9_-]{8,}\.(eyJ[A-Za-z0-9_-]{8,})\.[A-Za-z0-9_-]{20,}/gu
const UTF16_RUN = /(?:[\x21-\x7e]\0){57,}[\x21-\x7e]/gu
const HEX_RUN = /(?:[2-7][0-9a-fA-F]){58,}/gu
const BASE64_RUN = /[A-Za-z0-9+/_-]{76,}/gu

/** Seeds and JWTs in bytes: plain, and where they were encoded as UTF-16, hex or base64. */
export function findPatterns(bytes: Buffer): PatternFinding[] {
  const plain = bytes.toString('latin1')
  const views = [{ encoding: 'plain', text: plain }, ...decodedRuns(plain)]
  return views.flatMap(({ encoding, text }) => [
    ...[...text.matchAll(SEED)].flatMap((match) => seedOf(match, encoding)),
    ...[...text.matchAll(JWT)].map((match) => jwtOf(match[1] ?? '', encoding)),
  ])
}

function decodedRuns(text: string): View[] {
  const utf16 = [...text.matchAll(UTF16_RUN)].map(([run]) => run.replaceAll('\0', ''))
  const hex = [...text.matchAll(HEX_RUN)].flatMap(([run]) => [
    Buffer.from(run, 'hex').toString('latin1'),
    Buffer.from(run.slice(1), 'hex').toString('latin1'),
  ])
  const base64 = [...text.matchAll(BASE64_RUN)].flatMap(([run]) =>
    [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('latin1')),
  )
  return [
    ...utf16.map((run) => ({ encoding: 'utf-16', text: run })),
    ...hex.map((run) => ({ encoding: 'hex', text: run })),
    ...base64.map((run) => ({ encoding: 'base64', text: run })),
  ]
}

// Alone it counts whatever its checksum says; among other letters only a right checksum makes it one.
function seedOf(match: RegExpMatchArray, encoding: string): PatternFinding[] {
  const inside = match[1]
  return inside === undefined || hasChecksum(inside) ? [{ kind: 'seed', encoding }] : []
}

function hasChecksum(text: string): boolean {
  try {
    fromSeed(Buffer.from(text))
    return true
  } catch {
    return false
  }
}

function jwtOf(claims: string, encoding: string): PatternFinding {
  const type = /"type":"(operator|account|user)"/u.exec(
    Buffer.from(claims, 'base64url').toString('latin1'),
  )?.[1]
  const kinds = { operator: 'operator JWT', account: 'account JWT', user: 'user JWT' } as const
  return { kind: kinds[type as keyof typeof kinds] ?? 'JWT', encoding }
}
