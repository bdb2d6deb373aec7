import { z } from 'zod'
import { keyOfSeed, type SeedKey } from './seed-key.ts'
import type { ReadText, TextOddity } from './credential-text.ts'

/** What a damaged or unusual credential still shows. `jwt` and `seed` are secrets. */
export interface ReadCredential {
  readonly format: 'creds' | 'creds.json' | 'jwt' | 'seed' | 'unknown'
  readonly jwt: string | null
  readonly seed: string | null
  readonly seedKey: SeedKey
  readonly tenant: string | null
  readonly deviceId: string | null
  readonly urls: readonly string[]
  readonly caPem: string | null
  readonly oddities: readonly TextOddity[]
  readonly damage: readonly FileDamage[]
}

/**
 * What is wrong with the file itself. `unclosed`: a block that begins and does not end; `no-jwt`, `no-seed`: a block
 * or field that should hold one does not; `broken-json`; `several`: more than one user; `wrapped`: the JWT goes over several lines,
 * which clients do not read; `unknown`: nothing in it looks like a credential.
 */
export type FileDamage =
  | 'unclosed'
  | 'no-jwt'
  | 'no-seed'
  | 'broken-json'
  | 'several'
  | 'wrapped'
  | 'unknown'

/** A line that begins or ends a block is far shorter. */
const MAX_MARKER_CHARS = 200

type Parts = Pick<
  ReadCredential,
  'format' | 'jwt' | 'seed' | 'tenant' | 'deviceId' | 'urls' | 'caPem' | 'damage'
>

const NOTHING_ELSE = { tenant: null, deviceId: null, urls: [], caPem: null } as const

/** Takes from a text whatever it holds of a credential: `.creds`, `.creds.json`, or the bare parts. */
export function readCredential({ text, oddities }: ReadText): ReadCredential {
  const parts = text.startsWith('{') ? readJson(text) : readLines(text)
  return { ...parts, seedKey: keyOfSeed(parts.seed), oddities }
}

const Text = z.string().min(1).max(65_536).nullish().catch(null)

const NatsPart = z.looseObject({
  urls: z.array(z.string().max(2_048)).max(64).nullish().catch(null),
  url: Text,
  jwt: Text,
  nkey_seed: Text,
  tls: z.looseObject({ ca_pem: Text }).nullish().catch(null),
})

const Json = z.looseObject({
  nats: NatsPart.optional(),
  messaging: NatsPart.optional(),
  tenant: Text,
  device_id: Text,
})

function readJson(text: string): Parts {
  const parsed = Json.safeParse(jsonOf(text))
  const nats = parsed.success ? (parsed.data.nats ?? parsed.data.messaging) : undefined
  if (!parsed.success || nats === undefined) {
    // Cut off in the middle: the parts may be there all the same.
    const loose = looseParts(text)
    const damage: FileDamage = parsed.success ? 'unknown' : 'broken-json'
    return { ...NOTHING_ELSE, format: 'creds.json', ...loose, damage: [damage] }
  }
  const jwt = nats.jwt?.trim() ?? null
  return {
    format: 'creds.json',
    jwt: jwt === null ? null : unwrapped(jwt),
    seed: nats.nkey_seed?.trim() ?? null,
    tenant: parsed.data.tenant ?? null,
    deviceId: parsed.data.device_id ?? null,
    urls: nats.urls ?? (typeof nats.url === 'string' ? [nats.url] : []),
    caPem: nats.tls?.ca_pem ?? null,
    damage: [
      ...(jwt === null ? (['no-jwt'] as const) : []),
      ...(jwt !== null && /\s/u.test(jwt) ? (['wrapped'] as const) : []),
    ],
  }
}

function readLines(text: string): Parts {
  const lines = text.split('\n').map((line) => line.trim())
  const jwts = blocksOf(lines, 'NATS USER JWT')
  const seeds = blocksOf(lines, 'USER NKEY SEED')
  if (jwts.length === 0 && seeds.length === 0) return readBare(text)
  const damage: FileDamage[] = []
  const blocks = [...jwts, ...seeds]
  if (blocks.some(({ closed }) => !closed)) damage.push('unclosed')
  if (jwts.length > 1 || seeds.length > 1) damage.push('several')
  const [jwt] = jwts
  const [seed] = seeds
  if (jwt === undefined || jwt.lines.length === 0) damage.push('no-jwt')
  else if (jwt.lines.length > 1) damage.push('wrapped')
  if (seed === undefined || seed.lines.length === 0) damage.push('no-seed')
  return {
    ...NOTHING_ELSE,
    format: 'creds',
    jwt: jwt === undefined ? null : jwt.lines.join('') || null,
    seed: seed === undefined ? null : seed.lines.join('') || null,
    damage,
  }
}

/** A JWT or a seed without anything around it. */
function readBare(text: string): Parts {
  const { jwt, seed } = looseParts(text)
  const wrapped = jwt !== null && !text.includes(jwt)
  const damage: FileDamage[] =
    jwt === null && seed === null ? ['unknown'] : wrapped ? ['wrapped'] : []
  const format = jwt !== null ? 'jwt' : seed !== null ? 'seed' : 'unknown'
  return { ...NOTHING_ELSE, format, jwt, seed, damage }
}

/** What looks like a JWT or a seed anywhere in a text. */
function looseParts(text: string): { jwt: string | null; seed: string | null } {
  const jwt = /(?<![\w-])eyJ[\w-]+\s*\.\s*[\w\s-]+\.[\w\s-]+/u.exec(text)?.[0]
  const seed = /\bS[UAO][A-Z2-7]{10,}/u.exec(text)?.[0]
  return { jwt: jwt === undefined ? null : tokenIn(jwt), seed: seed ?? null }
}

/** The JWT at the beginning of a text that may go on in words: a signature has 86 characters. */
function tokenIn(text: string): string {
  const [header = '', payload = '', ...rest] = text.split('.')
  return `${unwrapped(header)}.${unwrapped(payload)}.${unwrapped(rest.join('')).slice(0, 86)}`
}

function unwrapped(text: string): string {
  return text.replaceAll(/\s/gu, '')
}

interface Block {
  readonly lines: readonly string[]
  readonly closed: boolean
}

/** The blocks between `BEGIN label` and `END label`; the number of dashes varies between writers. */
function blocksOf(lines: readonly string[], label: string): Block[] {
  const blocks: Block[] = []
  let open: string[] | undefined
  for (const line of lines) {
    const marker =
      line.length > MAX_MARKER_CHARS ? null : /^-{3,}\s*(BEGIN|END) ([A-Z ]+?)\s*-{3,}$/u.exec(line)
    if (marker?.[1] === 'BEGIN' && marker[2] === label) {
      open = []
    } else if (marker !== null && open !== undefined) {
      blocks.push({ lines: open, closed: marker[1] === 'END' && marker[2] === label })
      open = undefined
    } else if (line !== '' && !line.startsWith('***')) {
      open?.push(line)
    }
  }
  if (open !== undefined) blocks.push({ lines: open, closed: false })
  return blocks
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
