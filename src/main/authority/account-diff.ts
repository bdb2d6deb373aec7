import { isDeepStrictEqual } from 'node:util'
import { decodeJwt } from './jwt.ts'

export type AccountArea =
  | 'name'
  | 'limits'
  | 'signing-keys'
  | 'revocations'
  | 'imports'
  | 'exports'
  | 'mappings'
  | 'permissions'
  | 'other'

/** One difference between two versions of an account, in words; nothing in it is a JWT. */
export interface AccountDifference {
  readonly area: AccountArea
  readonly change: 'added' | 'removed' | 'changed'
  /** What differs: the limit's name, a key, a subject. */
  readonly subject: string
  /** The key that it is about, where it is about one. */
  readonly key: string | null
  readonly before: string | null
  readonly after: string | null
}

const LIMIT_NAMES: Readonly<Record<string, string>> = {
  subs: 'subscriptions',
  data: 'bytes of data',
  payload: 'bytes of a message',
  imports: 'imports',
  exports: 'exports',
  wildcards: 'wildcard exports',
  conn: 'connections',
  leaf: 'leaf node connections',
  mem_storage: 'JetStream memory in bytes',
  disk_storage: 'JetStream disk in bytes',
  streams: 'JetStream streams',
  consumer: 'JetStream consumers',
  mem_max_stream_bytes: 'JetStream memory of a stream in bytes',
  disk_max_stream_bytes: 'JetStream disk of a stream in bytes',
  disallow_bearer: 'bearer tokens refused',
}

const KNOWN = new Set([
  'limits',
  'signing_keys',
  'revocations',
  'imports',
  'exports',
  'mappings',
  'default_permissions',
  'type',
  'version',
])

/**
 * What differs between two versions of an account, in the order in which it matters.
 * @param before JWT, or null for an account that was not there
 * @param nameOf what people call a key; undefined where nobody knows
 * @throws RejectedError `JWT_…`.
 */
export function accountDifferences(
  before: string | null,
  after: string | null,
  nameOf: (key: string) => string | undefined = () => undefined,
): AccountDifference[] {
  const [left, right] = [contentOf(before), contentOf(after)]
  const called = (key: string) => nameOf(key) ?? key
  return [
    ...scalars('name', { name: left.name }, { name: right.name }),
    ...scalars('limits', limitsOf(left.nats), limitsOf(right.nats)),
    ...byKey('signing-keys', signingKeysOf(left.nats), signingKeysOf(right.nats), called),
    ...byKey('revocations', revocationsOf(left.nats), revocationsOf(right.nats), called),
    ...byKey('imports', crossingsOf(left.nats['imports']), crossingsOf(right.nats['imports'])),
    ...byKey('exports', crossingsOf(left.nats['exports']), crossingsOf(right.nats['exports'])),
    ...byKey('mappings', textsOf(left.nats['mappings']), textsOf(right.nats['mappings'])),
    ...byKey(
      'permissions',
      textsOf(left.nats['default_permissions']),
      textsOf(right.nats['default_permissions']),
    ),
    ...byKey('other', othersOf(left.nats), othersOf(right.nats)),
  ]
}

/** Differences as one short sentence: `2 revocations added, connections changed`. */
export function summaryOf(differences: readonly AccountDifference[]): string {
  const groups = Map.groupBy(differences, ({ area, change }) => `${area} ${change}`)
  const parts = [...groups.values()].map((group) => {
    const { area, change, subject } = group[0] as AccountDifference
    if (area === 'limits' && group.length === 1) return `${subject} ${change}`
    return `${group.length} ${SINGULARS[area]}${group.length === 1 ? '' : 's'} ${change}`
  })
  return parts.length === 0 ? 'signed anew, nothing else changed' : parts.join(', ')
}

const SINGULARS: Readonly<Record<AccountArea, string>> = {
  name: 'name',
  limits: 'limit',
  'signing-keys': 'signing key',
  revocations: 'revocation',
  imports: 'import',
  exports: 'export',
  mappings: 'mapping',
  permissions: 'default permission',
  other: 'other setting',
}

type Content = Readonly<Record<string, unknown>>
type Entry = readonly [key: string, text: string]

function contentOf(jwt: string | null): { name: string; nats: Content } {
  if (jwt === null) return { name: '', nats: {} }
  const { name, nats } = decodeJwt(jwt)
  return { name, nats }
}

function limitsOf(nats: Content): Content {
  const limits = recordOf(nats['limits'])
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [LIMIT_NAMES[name] ?? name, value]),
  )
}

function signingKeysOf(nats: Content): Entry[] {
  return listOf(nats['signing_keys']).flatMap((item): Entry[] => {
    if (typeof item === 'string') return [[item, 'full']]
    const { key, role, template } = recordOf(item)
    if (typeof key !== 'string') return []
    return [[key, `role ${textOf(role)} ${JSON.stringify(template ?? null)}`]]
  })
}

function revocationsOf(nats: Content): Entry[] {
  return Object.entries(recordOf(nats['revocations'])).map(([key, at]) => [key, instantOf(at)])
}

function crossingsOf(value: unknown): Entry[] {
  return listOf(value).map((item) => {
    const { type, subject, account, token: _token, name: _name, ...rest } = recordOf(item)
    const from = account === undefined ? '' : ` from ${textOf(account)}`
    // The token of a private import is a JWT.
    return [`${textOf(type)} ${textOf(subject)}${from}`, JSON.stringify(rest)]
  })
}

function textsOf(value: unknown): Entry[] {
  return Object.entries(recordOf(value)).map(([key, entry]) => [key, JSON.stringify(entry)])
}

function othersOf(nats: Content): Entry[] {
  return textsOf(nats).filter(([key]) => !KNOWN.has(key))
}

function scalars(area: AccountArea, before: Content, after: Content): AccountDifference[] {
  const entries = (of: Content): Entry[] =>
    Object.entries(of)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([key, value]) => [key, value === -1 ? 'no limit' : textOf(value)])
  return byKey(area, entries(before), entries(after))
}

function byKey(
  area: AccountArea,
  before: readonly Entry[],
  after: readonly Entry[],
  called?: (key: string) => string,
): AccountDifference[] {
  const [left, right] = [new Map(before), new Map(after)]
  const of = (key: string, change: AccountDifference['change']): AccountDifference => ({
    area,
    change,
    subject: called?.(key) ?? key,
    key: called === undefined ? null : key,
    before: left.get(key) ?? null,
    after: right.get(key) ?? null,
  })
  return [
    ...[...right.keys()].flatMap((key) => (left.has(key) ? [] : [of(key, 'added')])),
    ...[...left.keys()].flatMap((key) => (right.has(key) ? [] : [of(key, 'removed')])),
    ...[...right].flatMap(([key, text]) =>
      left.has(key) && !isDeepStrictEqual(left.get(key), text) ? [of(key, 'changed')] : [],
    ),
  ]
}

function recordOf(value: unknown): Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Content)
    : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function instantOf(seconds: unknown): string {
  const ms = Number(seconds) * 1000
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : textOf(seconds)
}
