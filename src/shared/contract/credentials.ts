import { eventIterator, Instant, Problem, procedure, StepState, z } from './common.ts'

/** Rows that one answer may hold. */
export const CREDENTIAL_PAGE_LIMIT = 200
/** Credentials that one revocation may name; more of them go by account and time. */
export const REVOCATION_LIMIT = 5_000

/**
 * What became of a credential. `pending`: its user has not connected yet; `struck`: it was taken back since
 * nobody took it; `revoking`: a revocation of it is under way or waits for the mesh.
 */
export const CredentialState = z.enum([
  'pending',
  'active',
  'expired',
  'revoking',
  'revoked',
  'struck',
])
export type CredentialState = z.infer<typeof CredentialState>

/** A line of the ledger. Public keys only. */
export const Credential = z.strictObject({
  id: z.string(),
  publicKey: z.string(),
  fingerprint: z.string(),
  name: z.string(),
  role: z.string(),
  /** Null for those of the system and registry accounts. */
  tenant: z.string().nullable(),
  /** Public key of the account (A…). */
  account: z.string(),
  deviceId: z.string().nullable(),
  /** How it reached its user; `internal` is a connection of this app. */
  delivery: z.string(),
  state: CredentialState,
  issuedAt: Instant,
  expiresAt: Instant,
  pendingUntil: Instant.nullable(),
  connectedAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  reason: z.string().nullable(),
})
export type Credential = z.infer<typeof Credential>

export const CredentialFilter = z.strictObject({
  /** Words that all have to stand somewhere in name, device, tenant, key or fingerprint. */
  text: z.string().max(256),
  tenant: z.string().nullable(),
  role: z.string().nullable(),
  state: z.enum(['all', 'usable', 'pending', 'active', 'expired', 'revoked', 'struck']),
  /** Usable ones that expire before then; null for all. */
  expiresBefore: Instant.nullable(),
  /** With those of this app's own connections. */
  internal: z.boolean(),
})
export type CredentialFilter = z.infer<typeof CredentialFilter>

export const CredentialOrder = z.strictObject({
  by: z.enum(['name', 'tenant', 'role', 'issuedAt', 'expiresAt', 'state']),
  descending: z.boolean(),
})
export type CredentialOrder = z.infer<typeof CredentialOrder>

export const CredentialPage = z.strictObject({
  rows: z.array(Credential),
  total: z.int(),
})
export type CredentialPage = z.infer<typeof CredentialPage>

/** How many there are in which state, of those that the rest of a filter lets through. */
export const CredentialCounts = z.strictObject({
  all: z.int(),
  usable: z.int(),
  pending: z.int(),
  expired: z.int(),
  revoked: z.int(),
  struck: z.int(),
})
export type CredentialCounts = z.infer<typeof CredentialCounts>

/** A client as a server sees it. */
export const ServerConnection = z.strictObject({
  server: z.string(),
  cid: z.int(),
  publicKey: z.string(),
  name: z.string(),
  address: z.string(),
  since: Instant.nullable(),
  subscriptions: z.array(z.string()),
})
export type ServerConnection = z.infer<typeof ServerConnection>

/** Who is connected, as all servers that answered say. */
export const ConnectedNow = z.strictObject({
  servers: z.int(),
  seenAt: Instant,
  /** How many there are; `connections` holds the first 200. */
  total: z.int(),
  connections: z.array(ServerConnection),
})
export type ConnectedNow = z.infer<typeof ConnectedNow>

export const RevocationStep = z.strictObject({
  name: z.enum(['look', 'push', 'prove']),
  state: StepState,
  durationMs: z.number().nullable(),
})
export type RevocationStep = z.infer<typeof RevocationStep>

/** A socket that a server said it closed. */
export const ClosedSocket = z.strictObject({
  publicKey: z.string(),
  server: z.string(),
  name: z.string(),
  address: z.string(),
  /** The server's own word, such as `Credentials Revoked`. */
  reason: z.string(),
  at: Instant,
  /** Milliseconds after the person confirmed. */
  afterMs: z.number(),
})
export type ClosedSocket = z.infer<typeof ClosedSocket>

/** A try to connect with a credential that is revoked, which a server turned away. */
export const RefusedAttempt = z.strictObject({
  publicKey: z.string(),
  server: z.string(),
  name: z.string(),
  address: z.string(),
  at: Instant,
})
export type RefusedAttempt = z.infer<typeof RefusedAttempt>

/**
 * A login with a throw-away key that was revoked in the same push, and one with a key that was not:
 * it shows that the server enforces that list, without anybody's seed.
 */
export const RevocationProbe = z.strictObject({
  revokedKey: z.enum(['refused', 'let-in', 'unclear']),
  freshKey: z.enum(['let-in', 'refused', 'unclear']),
  at: Instant,
  problem: Problem.nullable(),
})
export type RevocationProbe = z.infer<typeof RevocationProbe>

/** What was seen of a revocation, and what was not. */
export const RevocationEvidence = z.strictObject({
  /** Servers that were asked who is connected; null where none answered. */
  servers: z.int().nullable(),
  connectedBefore: z.int().nullable(),
  closedCount: z.int(),
  /** The first 200. */
  closed: z.array(ClosedSocket),
  /** Connections that were still there after it. */
  connectedAfter: z.int().nullable(),
  probe: RevocationProbe.nullable(),
  attemptCount: z.int(),
  /** The first 200. */
  attempts: z.array(RefusedAttempt),
  /** `proven`: nobody is left and a login was seen to fail; `unproven`: some of it was not seen. */
  verdict: z.enum(['proven', 'unproven', 'contradicted']).nullable(),
})
export type RevocationEvidence = z.infer<typeof RevocationEvidence>

/** The withdrawal of credentials of one account. */
export const Revocation = z.strictObject({
  id: z.string(),
  account: z.string(),
  accountName: z.string(),
  scope: z.enum(['credentials', 'account']),
  /** Scope `account`: everything issued up to then. */
  issuedUpTo: Instant.nullable(),
  reason: z.string(),
  credentialCount: z.int(),
  /** Names of the first few. */
  names: z.array(z.string()),
  /** `waiting`: begun, and goes on by itself once the mesh is there. */
  state: z.enum(['running', 'waiting', 'done', 'failed', 'cancelled']),
  /** Nothing has been sent yet, so that it can still be called off. */
  canCancel: z.boolean(),
  steps: z.array(RevocationStep),
  problem: Problem.nullable(),
  begunAt: Instant,
  /** When the servers had confirmed it and the ledger said so. */
  revokedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  evidence: RevocationEvidence,
})
export type Revocation = z.infer<typeof Revocation>

export const CredentialDetails = z.strictObject({
  credential: Credential,
  permissions: z.strictObject({
    publish: z.array(z.string()),
    subscribe: z.array(z.string()),
    /** May answer so many times to a request, so long after it. */
    answer: z.strictObject({ max: z.int(), withinMs: z.number() }).nullable(),
    /** They stand in the signing key's role instead of the credential. */
    byRole: z.boolean(),
  }),
  signingKey: z.string(),
  /** The other credentials of the same key, the newest first. */
  history: z.array(Credential),
  revocations: z.array(Revocation),
})
export type CredentialDetails = z.infer<typeof CredentialDetails>

export const RevocationTarget = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('credentials'),
    ids: z.array(z.string()).min(1).max(REVOCATION_LIMIT),
  }),
  /** Everything in the tenant's account that was issued up to a time. */
  z.strictObject({ type: z.literal('account'), tenant: z.string(), issuedUpTo: Instant }),
])
export type RevocationTarget = z.infer<typeof RevocationTarget>

/** A device that is cut off, and what it can no longer be asked for. */
export const CutOffDevice = z.strictObject({
  tenant: z.string(),
  deviceId: z.string(),
  connections: z.int(),
  /** Null where the registry has no record of it. */
  functions: z.array(z.string()).nullable(),
  events: z.array(z.string()),
})
export type CutOffDevice = z.infer<typeof CutOffDevice>

export const RevocationImpact = z.strictObject({
  credentials: z.int(),
  keys: z.int(),
  /** Named, and revoked or struck already. */
  endedBefore: z.int(),
  /** Named, and expired; revoking them changes nothing but the ledger. */
  expired: z.int(),
  /** Also ended, though not named: a revocation names a key, not a credential. */
  sameKey: z.int(),
  accounts: z.array(
    z.strictObject({
      account: z.string(),
      name: z.string(),
      tenants: z.array(z.string()),
      /** Entries of its revocation list then, and how many it may have. */
      entries: z.int(),
      entryLimit: z.int(),
    }),
  ),
  /** Connections of this app among them; they come back by themselves. */
  ownConnections: z.int(),
  connected: ConnectedNow.nullable(),
  /** Why it could not be seen who is connected. */
  connectedProblem: Problem.nullable(),
  deviceCount: z.int(),
  /** The first 50, connected ones first. */
  devices: z.array(CutOffDevice),
  /** What the person has to type. */
  confirm: z.string(),
})
export type RevocationImpact = z.infer<typeof RevocationImpact>

export const CredentialsUpdate = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('snapshot'), revision: z.int() }),
  /** Something in the ledger changed: what is shown of it is to be asked for again. */
  z.strictObject({ type: z.literal('changed'), revision: z.int() }),
])
export type CredentialsUpdate = z.infer<typeof CredentialsUpdate>

export const RevocationsUpdate = z.discriminatedUnion('type', [
  /** Those under way, and the latest that ended. */
  z.strictObject({ type: z.literal('snapshot'), revocations: z.array(Revocation) }),
  z.strictObject({ type: z.literal('changed'), revocation: Revocation }),
])
export type RevocationsUpdate = z.infer<typeof RevocationsUpdate>

const ById = z.strictObject({ id: z.string() })

export const credentials = {
  page: procedure
    .input(
      z.strictObject({
        filter: CredentialFilter,
        order: CredentialOrder,
        offset: z.int().min(0),
        limit: z.int().min(1).max(CREDENTIAL_PAGE_LIMIT),
      }),
    )
    .output(CredentialPage),
  /** How many there are by state; the filter's own state is left out. */
  counts: procedure.input(CredentialFilter).output(CredentialCounts),
  /** Ids of all that fit, up to the most that one revocation may name. */
  ids: procedure.input(CredentialFilter).output(z.array(z.string())),
  /** Tells that the ledger changed, at most a few times a second. */
  watch: procedure.output(eventIterator(CredentialsUpdate)),
  details: procedure.input(ById).output(CredentialDetails),
  /** Connections that authenticated with this credential's key. */
  connections: procedure.input(ById).output(ConnectedNow),
  impact: procedure.input(RevocationTarget).output(RevocationImpact),
  /** Begins; one revocation for each account. They tell by `revocations` how they go on. */
  revoke: procedure
    .input(z.strictObject({ target: RevocationTarget, reason: z.string().trim().min(1).max(500) }))
    .output(z.array(Revocation)),
  /** Calls off what has not been sent yet. */
  cancel: procedure.input(ById).output(Revocation),
  /** Tries at once what waits. */
  retry: procedure.input(ById).output(Revocation),
  revocations: procedure.output(eventIterator(RevocationsUpdate)),
}
