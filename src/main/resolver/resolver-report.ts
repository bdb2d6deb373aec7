import type {
  AccountStanding,
  ResolverAccount,
  ResolverReport,
  ResolverServer,
} from '#shared/contract/resolver.ts'
import { oneLine } from '#shared/plain-text.ts'
import { accountDifferences } from '../authority/account-diff.ts'
import type { RecordedAccount } from '../authority/account-publisher.ts'
import { decodeJwt, type DecodedJwt } from '../authority/jwt.ts'
import type { Standing } from '../mesh/claims-publisher.ts'
import type { HeldAccount, HeldByServer, ResolverKind } from '../mesh/resolver-way.ts'
import type { MeshServer } from '../mesh/server-roster.ts'

/** What judging takes; met by ClaimsPublisher. */
export interface Judge {
  standing(account: RecordedAccount, jwt: string): Standing
  ownClaims(jwt: string, publicKey: string): DecodedJwt | undefined
}

export interface Findings {
  readonly mesh: string
  readonly kind: ResolverKind
  readonly removes: boolean
  readonly servers: readonly MeshServer[]
  readonly recorded: readonly RecordedAccount[]
  readonly held: readonly HeldAccount[]
  readonly lookedAt: Date
  readonly nameOf: (key: string) => string | undefined
}

/** The worse, the further in front; a report names the worst of what servers have. */
const ORDER: readonly AccountStanding[] = [
  'foreign',
  'elsewhere',
  'missing',
  'older',
  'unknown',
  'not-loaded',
  'in-step',
]

/** What the servers have, put beside what is recorded. */
export function reportOf(findings: Findings, judge: Judge): ResolverReport {
  const byKey = new Map(findings.recorded.map((account) => [account.publicKey, account]))
  const accounts = findings.held
    .map((held) => accountOf(held, byKey.get(held.publicKey), findings, judge))
    .toSorted(
      (left, right) =>
        ORDER.indexOf(left.standing) - ORDER.indexOf(right.standing) ||
        left.name.localeCompare(right.name),
    )
  return {
    mesh: findings.mesh,
    kind: findings.kind,
    lookedAt: findings.lookedAt.toISOString(),
    servers: findings.servers.map((server) => serverOf(server, accounts)),
    accounts,
  }
}

function accountOf(
  held: HeldAccount,
  recorded: RecordedAccount | undefined,
  { kind, removes, nameOf }: Findings,
  judge: Judge,
): ResolverAccount {
  const { publicKey, jwts } = held
  const standingOf = (jwt: string): AccountStanding => {
    const own = judge.ownClaims(jwt, publicKey) !== undefined
    if (recorded === undefined) return own ? 'unknown' : 'foreign'
    const standing = judge.standing(recorded, jwt)
    return standing === 'same' ? 'in-step' : standing
  }
  const stored = worst(jwts.map(standingOf))
  const servers = held.servers.map((one) => ({
    serverId: one.server.id,
    standing: ofServer(one, stored, kind, standingOf),
  }))
  const standing = worst([...servers.map((one) => one.standing), ...jwts.map(standingOf)])
  const other = jwts.find((jwt) => !['in-step', 'foreign'].includes(standingOf(jwt)))
  const foreign = jwts.find((jwt) => standingOf(jwt) === 'foreign')
  const claims = other === undefined ? undefined : judge.ownClaims(other, publicKey)
  return {
    publicKey,
    name: recorded?.name ?? nameIn(other ?? foreign),
    standing,
    servers,
    differences:
      other === undefined || recorded === undefined
        ? []
        : accountDifferences(recorded.jwt, other, nameOf),
    serverSignedAt: claims === undefined ? null : new Date(claims.iat * 1000).toISOString(),
    foreignIssuer: foreign === undefined ? null : issuerIn(foreign),
    repairs: repairsOf(standing, recorded !== undefined, claims !== undefined, removes),
  }
}

/** The stored copies of a cluster do not say whose they are: what is odd counts for whoever stores one. */
function ofServer(
  { state, jwt }: HeldByServer,
  stored: AccountStanding,
  kind: ResolverKind,
  standingOf: (jwt: string) => AccountStanding,
): AccountStanding {
  if (state === 'missing') return kind === 'url' ? 'not-loaded' : 'missing'
  if (jwt === undefined) return stored
  const used = standingOf(jwt)
  return kind === 'full' ? worst([used, stored]) : used
}

function worst(standings: readonly AccountStanding[]): AccountStanding {
  return ORDER.find((standing) => standings.includes(standing)) ?? 'missing'
}

function repairsOf(
  standing: AccountStanding,
  recorded: boolean,
  ours: boolean,
  removes: boolean,
): ResolverAccount['repairs'] {
  if (standing === 'in-step' || standing === 'not-loaded') return []
  if (!recorded)
    return [...(ours ? (['adopt'] as const) : []), ...(removes ? (['delete'] as const) : [])]
  return standing === 'elsewhere' && ours ? ['push', 'adopt'] : ['push']
}

function serverOf(server: MeshServer, accounts: readonly ResolverAccount[]): ResolverServer {
  const standings = accounts.flatMap(({ servers }) =>
    servers.flatMap((one) => (one.serverId === server.id ? one.standing : [])),
  )
  const count = (...wanted: readonly AccountStanding[]) =>
    standings.filter((standing) => wanted.includes(standing)).length
  return {
    ...server,
    inStep: count('in-step', 'not-loaded'),
    missing: count('missing'),
    different: count('older', 'elsewhere', 'unknown'),
    foreign: count('foreign'),
  }
}

function nameIn(jwt: string | undefined): string {
  return oneLine(claimsIn(jwt)?.name ?? '').slice(0, 128) || 'unknown account'
}

function issuerIn(jwt: string): string {
  return claimsIn(jwt)?.iss ?? 'nobody: the JWT is damaged'
}

function claimsIn(jwt: string | undefined): DecodedJwt | undefined {
  try {
    return jwt === undefined ? undefined : decodeJwt(jwt)
  } catch {
    return undefined
  }
}
