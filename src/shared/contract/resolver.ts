import { DialectName, Instant, procedure, StrictName, z } from './common.ts'

export const ResolverKind = z.enum(['full', 'memory', 'url'])
export type ResolverKind = z.infer<typeof ResolverKind>

const Id = z.string().min(1).max(128)
const AccountKey = z.string().regex(/^A[A-Z2-7]{55}$/)

/** A deployment of nats-servers elsewhere whose operator is this profile's. */
export const NewManagedMesh = z.strictObject({
  name: z.string().min(1).max(64),
  /** For the operator, where this profile has none yet; else that one's counts. */
  dialect: DialectName,
  /** `nats:// tls:// ws:// wss://` */
  urls: z.array(z.string().min(1).max(512)).min(1).max(16),
  /** Certificate authority as PEM; null for the system's. */
  caPem: z.string().max(256_000).nullable(),
  /** The first tenant, made when the servers are first reached. */
  tenant: StrictName,
  resolver: ResolverKind,
  /** The server's configuration file on this computer; needed for the memory resolver. */
  configPath: z.string().min(1).max(4096).nullable(),
  /** Where the process id of the server stands; null where its configuration says so. */
  pidFile: z.string().min(1).max(4096).nullable(),
  /** URL resolver: where the registry process serves the accounts. */
  accounts: z
    .strictObject({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) })
    .nullable(),
  /** Whether the registry of this mesh runs on this computer. */
  registry: z.boolean(),
})
export type NewManagedMesh = z.infer<typeof NewManagedMesh>

export const ManagedMesh = z.strictObject({
  id: z.string(),
  name: z.string(),
  urls: z.array(z.string()),
  tenant: z.string(),
  resolver: ResolverKind,
  configPath: z.string().nullable(),
  accountsUrl: z.string().nullable(),
  registry: z.boolean(),
  active: z.boolean(),
})
export type ManagedMesh = z.infer<typeof ManagedMesh>

/** How what a server has of an account relates to the record. */
export const AccountStanding = z.enum([
  'in-step',
  /** The resolver does not list it. */
  'missing',
  /** An earlier version of ours. */
  'older',
  /** Our operator signed it, and it did not come from here: another Muster with the same keys. */
  'elsewhere',
  /** Our operator did not sign it. */
  'foreign',
  /** Nobody logged in to it yet on this server, which will fetch it then. */
  'not-loaded',
  /** Ours, but not in the record of this profile. */
  'unknown',
])
export type AccountStanding = z.infer<typeof AccountStanding>

export const AccountDifference = z.strictObject({
  area: z.enum([
    'name',
    'limits',
    'signing-keys',
    'revocations',
    'imports',
    'exports',
    'mappings',
    'permissions',
    'other',
  ]),
  change: z.enum(['added', 'removed', 'changed']),
  subject: z.string(),
  key: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
})
export type AccountDifference = z.infer<typeof AccountDifference>

export const ResolverServer = z.strictObject({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  host: z.string(),
  cluster: z.string().nullable(),
  inStep: z.int(),
  missing: z.int(),
  different: z.int(),
  foreign: z.int(),
})
export type ResolverServer = z.infer<typeof ResolverServer>

export const ResolverAccount = z.strictObject({
  publicKey: z.string(),
  name: z.string(),
  /** The worst of what the servers have. */
  standing: AccountStanding,
  /** By server id, in the order of the servers. */
  servers: z.array(z.strictObject({ serverId: z.string(), standing: AccountStanding })),
  /** From what is recorded to what the server has, where our operator signed that. */
  differences: z.array(AccountDifference),
  /** When the server's version was signed; null where there is none of ours. */
  serverSignedAt: Instant.nullable(),
  /** Who signed it, where that was not us. */
  foreignIssuer: z.string().nullable(),
  /** What may be done about it. */
  repairs: z.array(z.enum(['push', 'adopt', 'delete'])),
})
export type ResolverAccount = z.infer<typeof ResolverAccount>

export const ResolverReport = z.strictObject({
  mesh: z.string(),
  kind: ResolverKind,
  lookedAt: Instant,
  servers: z.array(ResolverServer),
  /** Those in need of attention first. */
  accounts: z.array(ResolverAccount),
})
export type ResolverReport = z.infer<typeof ResolverReport>

/** A version of an account that the servers confirmed. */
export const AccountVersion = z.strictObject({
  id: z.int(),
  at: Instant,
  current: z.boolean(),
  bytes: z.int(),
  /** What it changed against the version before, in one sentence. */
  summary: z.string(),
})
export type AccountVersion = z.infer<typeof AccountVersion>

/** What going back to a version means, before it is done. */
export const RollbackPlan = z.strictObject({
  version: z.int(),
  /** From what is now to what will be. */
  differences: z.array(AccountDifference),
  /**
   * Differences that are not undone: nobody who was revoked gets in again, and no signing key that
   * was taken away comes back.
   */
  kept: z.array(AccountDifference),
})
export type RollbackPlan = z.infer<typeof RollbackPlan>

const RepairOrder = z.strictObject({
  account: AccountKey,
  repair: z.enum(['push', 'adopt', 'delete']),
})
const RollbackOrder = z.strictObject({ account: AccountKey, version: z.int() })

/**
 * A managed mesh is used and removed as any saved connection: `mesh.use`, `mesh.removeRemote`.
 */
export const resolver = {
  /** Asks every server what it has. */
  look: procedure.output(ResolverReport),
  /** `push`: ours to the servers; `adopt`: the servers' into our record; `delete`: off the servers. */
  repair: procedure.input(RepairOrder).output(ResolverReport),
  history: procedure.input(z.strictObject({ account: AccountKey })).output(z.array(AccountVersion)),
  /** From one version to another; the one before it where `from` is null. */
  diff: procedure
    .input(z.strictObject({ account: AccountKey, from: z.int().nullable(), to: z.int() }))
    .output(z.array(AccountDifference)),
  planRollback: procedure.input(RollbackOrder).output(RollbackPlan),
  rollback: procedure.input(RollbackOrder).output(z.array(AccountVersion)),
  managed: procedure.output(z.array(ManagedMesh)),
  addManaged: procedure.input(NewManagedMesh).output(ManagedMesh),
  /** What its servers need in their configuration: operator, system account, resolver, preload. */
  configuration: procedure
    .input(z.strictObject({ id: Id }))
    .output(z.strictObject({ text: z.string() })),
  /** Writes that into the configuration file that is named. */
  writeConfiguration: procedure.input(z.strictObject({ id: Id })).output(z.null()),
}
