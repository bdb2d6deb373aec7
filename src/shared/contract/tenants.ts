import { eventIterator, Instant, Problem, procedure, StrictName, WireName, z } from './common.ts'
import { EventsUpdate } from './events.ts'
import { FleetUpdate } from './fleet.ts'

// nats-server keeps these in 32 bits; a larger number would turn negative there, which is "no limit".
const MAX_COUNT = 2_147_483_647

/** How many at most; null is no limit. */
const CountLimit = z.int().min(1).max(MAX_COUNT).nullable()
/** How many bytes at most; null leaves it to the server. */
const StorageLimit = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable()

/** What an account may use at most; null is no limit. */
export const TenantLimits = z.strictObject({
  connections: CountLimit,
  subscriptions: CountLimit,
  /** Of one message. */
  payloadBytes: CountLimit,
  /** In the account's JWT for whoever reads it; nats-server does not enforce it. */
  dataBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable(),
  /** Null: JetStream is off. */
  jetStream: z
    .strictObject({
      memoryBytes: StorageLimit,
      diskBytes: StorageLimit,
      streams: CountLimit,
      consumers: CountLimit,
    })
    .nullable(),
})
export type TenantLimits = z.infer<typeof TenantLimits>

export const Isolation = z.enum(['account', 'shared'])

export const Tenant = z.strictObject({
  name: z.string(),
  /** Public key (A…) of the tenant's account; null on a mesh whose accounts are not ours. */
  account: z.string().nullable(),
  isolation: Isolation,
  state: z.enum(['pending', 'ready', 'error', 'clearing']),
  problem: Problem.nullable(),
  createdAt: Instant.nullable(),
  /** When the servers confirmed it for the first time. */
  readyAt: Instant.nullable(),
  /** When the servers last confirmed a change of its account. */
  changedAt: Instant.nullable(),
  /** Credentials that work now, those of Muster's own connections left out. */
  credentials: z.int(),
  /** Null while the account has none that the servers confirmed. */
  limits: TenantLimits.nullable(),
})
export type Tenant = z.infer<typeof Tenant>

const Subject = z.string().min(1).max(1_024)
export const CrossingType = z.enum(['stream', 'service'])

export const Mapping = z.strictObject({
  subject: Subject,
  destinations: z
    .array(z.strictObject({ subject: Subject, weight: z.int().min(1).max(100) }))
    .min(1)
    .max(16),
})
export type Mapping = z.infer<typeof Mapping>

const Export = z.strictObject({
  name: z.string(),
  subject: z.string(),
  type: CrossingType,
  /** Muster's own way to the registry: it can't be removed. */
  ours: z.boolean(),
  /** Names of the accounts that take it. */
  importedBy: z.array(z.string()),
})
const Import = z.strictObject({
  name: z.string(),
  subject: z.string(),
  type: CrossingType,
  ours: z.boolean(),
  /** Name of the account that it comes from, or its public key where it is not one of ours. */
  from: z.string(),
  /** The subject under which it is met here. */
  localSubject: z.string(),
})

/** What crosses the border of an account, and which subjects lead elsewhere within it. */
export const TenantWiring = z.strictObject({
  exports: z.array(Export),
  imports: z.array(Import),
  mappings: z.array(Mapping),
  /** Other tenants of the same account, whom this concerns too. */
  sharedWith: z.array(z.string()),
})
export type TenantWiring = z.infer<typeof TenantWiring>

/** What an account uses now, as its servers count it. */
export const AccountUsage = z.strictObject({
  connections: z.int(),
  subscriptions: z.int(),
  jetStream: z
    .strictObject({
      memoryBytes: z.number(),
      diskBytes: z.number(),
      streams: z.int(),
      consumers: z.int(),
    })
    .nullable(),
})
export type AccountUsage = z.infer<typeof AccountUsage>

export const TenantDetail = z.strictObject({
  sharedWith: z.array(z.string()),
  credentials: z.strictObject({
    usable: z.int(),
    pending: z.int(),
    expired: z.int(),
    ended: z.int(),
  }),
  /** Null where the servers could not be asked. */
  usage: AccountUsage.nullable(),
  /** Size of the account's JWT, and what the server takes at most. */
  jwtBytes: z.int(),
  maxPayloadBytes: z.int(),
})
export type TenantDetail = z.infer<typeof TenantDetail>

/** What an account begins with; `{tenant}` in a subject stands for the tenant's name. */
export const TenantSettings = z.strictObject({
  limits: TenantLimits,
  mappings: z.array(Mapping).max(64),
})
export type TenantSettings = z.infer<typeof TenantSettings>

export const TenantTemplate = z.strictObject({
  name: StrictName,
  settings: TenantSettings,
  changedAt: Instant,
})
export type TenantTemplate = z.infer<typeof TenantTemplate>

/** Where a new tenant's settings come from. */
export const SettingsSource = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('default') }),
  z.strictObject({ from: z.literal('template'), template: z.string() }),
  z.strictObject({ from: z.literal('tenant'), tenant: z.string() }),
])
export type SettingsSource = z.infer<typeof SettingsSource>

/** What clearing a tenant takes down. */
export const ClearPreview = z.strictObject({
  account: z.string(),
  /** False where other tenants go on living in the account. */
  accountGoes: z.boolean(),
  sharedWith: z.array(z.string()),
  credentials: z.int(),
  /** Null where the servers could not be asked. */
  connections: z.int().nullable(),
  streams: z
    .array(z.strictObject({ name: z.string(), messages: z.number(), bytes: z.number() }))
    .nullable(),
  /** Imports of other tenants that end. */
  importedBy: z.array(
    z.strictObject({ tenant: z.string(), subject: z.string(), type: CrossingType }),
  ),
  keys: z.int(),
})
export type ClearPreview = z.infer<typeof ClearPreview>

/** A pasted list may be long; this is 100,000 lines of 80 characters. */
const MAX_LIST_CHARACTERS = 8_000_000

export const BatchRequest = z.strictObject({
  /** One tenant a line, or CSV: tenant, credentials (a number, or names with `;` between), isolation. */
  list: z.string().max(MAX_LIST_CHARACTERS),
  isolation: Isolation,
  settings: SettingsSource,
  /** Credentials for each tenant whose line does not say. */
  credentials: z.int().min(0).max(1_000),
  /** What their numbers stand behind: `device` makes device-1, device-2. */
  credentialName: StrictName,
  validDays: z.int().min(1).max(3_650),
  /** Absolute path; credential files go to TENANT/credentials/NAME.creds.json in it. */
  folder: z.string().max(4_096),
})
export type BatchRequest = z.infer<typeof BatchRequest>

export const BatchCheck = z.strictObject({
  tenants: z.int(),
  credentials: z.int(),
  /** The first of them, to look at. */
  sample: z.array(z.strictObject({ name: z.string(), credentials: z.array(z.string()) })),
  /** Lines that can't be used, the first of them; `line` 0 is about the batch as a whole. */
  problems: z.array(z.strictObject({ line: z.int(), text: z.string(), reason: z.string() })),
  problemCount: z.int(),
})
export type BatchCheck = z.infer<typeof BatchCheck>

export const Batch = z.strictObject({
  id: z.string(),
  /** `interrupted`: the app was ended meanwhile; `stopped`: by the person; both can be resumed. */
  state: z.enum(['running', 'stopped', 'interrupted', 'failed', 'done', 'discarded']),
  step: z.string(),
  folder: z.string(),
  isolation: Isolation,
  tenants: z.int(),
  tenantsReady: z.int(),
  credentials: z.int(),
  credentialsWritten: z.int(),
  beganAt: Instant,
  endedAt: Instant.nullable(),
  problem: Problem.nullable(),
})
export type Batch = z.infer<typeof Batch>

/** Whose eyes a view sees with. */
export const ViewSession = z.strictObject({
  tenant: z.string(),
  state: z.enum(['connecting', 'connected', 'lost']),
  problem: Problem.nullable(),
  /** Subjects that its credential may say, and hear. */
  publish: z.array(z.string()),
  subscribe: z.array(z.string()),
})
export type ViewSession = z.infer<typeof ViewSession>

export const SeenSubject = z.strictObject({
  subject: z.string(),
  messages: z.int(),
  bytes: z.number(),
  lastAt: Instant,
})
export type SeenSubject = z.infer<typeof SeenSubject>

export const ViewUpdate = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('session'), session: ViewSession }),
  z.strictObject({ type: z.literal('fleet'), update: FleetUpdate }),
  z.strictObject({ type: z.literal('events'), update: EventsUpdate }),
  z.strictObject({
    type: z.literal('subjects'),
    subjects: z.array(SeenSubject),
    /** Subjects beyond those that are kept. */
    more: z.int(),
  }),
])
export type ViewUpdate = z.infer<typeof ViewUpdate>

const TenantInput = z.strictObject({ tenant: WireName })

export const tenants = {
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), tenants: z.array(Tenant) })),
  ),
  /** A tenant with an account of its own and nothing particular about it. */
  create: procedure.input(z.strictObject({ name: StrictName })).output(Tenant),
  createWith: procedure
    .input(z.strictObject({ name: StrictName, isolation: Isolation, settings: SettingsSource }))
    .output(Tenant),
  /** Tries one that is not ready at once. */
  retry: procedure.input(TenantInput).output(Tenant),
  detail: procedure.input(TenantInput).output(TenantDetail),
  setLimits: procedure
    .input(z.strictObject({ tenant: WireName, limits: TenantLimits }))
    .output(Tenant),
  wiring: procedure.input(TenantInput).output(TenantWiring),
  addExport: procedure
    .input(
      z.strictObject({
        tenant: WireName,
        name: z.string().max(64),
        subject: Subject,
        type: CrossingType,
      }),
    )
    .output(TenantWiring),
  /** Imports elsewhere that it answers end with it; they are named in `importedBy`. */
  removeExport: procedure
    .input(z.strictObject({ tenant: WireName, subject: Subject, type: CrossingType }))
    .output(TenantWiring),
  addImport: procedure
    .input(
      z.strictObject({
        tenant: WireName,
        name: z.string().max(64),
        from: WireName,
        subject: Subject,
        type: CrossingType,
        localSubject: Subject.nullable(),
        /** Adds the export on the other side where it is missing. */
        offer: z.boolean(),
      }),
    )
    .output(TenantWiring),
  removeImport: procedure
    .input(
      z.strictObject({ tenant: WireName, from: z.string(), subject: Subject, type: CrossingType }),
    )
    .output(TenantWiring),
  setMapping: procedure
    .input(z.strictObject({ tenant: WireName, mapping: Mapping }))
    .output(TenantWiring),
  removeMapping: procedure
    .input(z.strictObject({ tenant: WireName, subject: Subject }))
    .output(TenantWiring),
  templates: procedure.output(z.array(TenantTemplate)),
  saveTemplate: procedure
    .input(z.strictObject({ name: StrictName, settings: TenantSettings }))
    .output(z.array(TenantTemplate)),
  removeTemplate: procedure
    .input(z.strictObject({ name: z.string() }))
    .output(z.array(TenantTemplate)),
  /** A tenant's settings as a template has them. */
  settings: procedure.input(TenantInput).output(TenantSettings),
  clearPreview: procedure.input(TenantInput).output(ClearPreview),
  /** `typed` is the tenant's name as the person typed it. */
  clear: procedure
    .input(z.strictObject({ tenant: WireName, typed: z.string().max(256) }))
    .output(z.null()),
  checkBatch: procedure.input(BatchRequest).output(BatchCheck),
  startBatch: procedure.input(BatchRequest).output(Batch),
  watchBatch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), batch: Batch.nullable() })),
  ),
  cancelBatch: procedure.input(z.strictObject({ id: z.string() })).output(z.null()),
  resumeBatch: procedure.input(z.strictObject({ id: z.string() })).output(z.null()),
  /** Gives up one that does not run: tenants that never came to be go, what is there stays. */
  discardBatch: procedure.input(z.strictObject({ id: z.string() })).output(z.null()),
  /** What a batch came to, line by line, to copy. No secrets. */
  batchReport: procedure
    .input(z.strictObject({ id: z.string() }))
    .output(z.strictObject({ text: z.string() })),
  /** Sees with the eyes of a tenant for as long as it is read: with a credential that can only listen. */
  view: procedure.input(TenantInput).output(eventIterator(ViewUpdate)),
}
