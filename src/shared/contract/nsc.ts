import { DialectName, eventIterator, Problem, procedure, Role, StepState, z } from './common.ts'

/** A place in which nsc or the scripts of the seed systems keep a store. */
export const NscLocation = z.strictObject({
  id: z.string(),
  title: z.string(),
  folders: z.array(z.string()),
})
export type NscLocation = z.infer<typeof NscLocation>

export const NscFindingGroup = z.enum([
  'sound',
  'missing',
  'orphaned',
  'misplaced',
  'expired',
  'foreign',
  'revoked',
  'damaged',
  'unreadable',
])
export type NscFindingGroup = z.infer<typeof NscFindingGroup>

export const NscFinding = z.strictObject({
  group: NscFindingGroup,
  what: z.enum(['operator', 'account', 'user', 'key', 'file']),
  name: z.string(),
  publicKey: z.string().nullable(),
  path: z.string(),
  /** What it means; empty where it is sound. */
  text: z.string(),
})
export type NscFinding = z.infer<typeof NscFinding>

/** What an import would make of an account. */
export const NscAccount = z.strictObject({
  name: z.string(),
  publicKey: z.string(),
  becomes: z.enum(['system', 'registry', 'shared', 'tenant', 'nothing']),
  tenants: z.array(z.string()),
  users: z.int(),
  canIssue: z.boolean(),
  notes: z.array(z.string()),
})
export type NscAccount = z.infer<typeof NscAccount>

/** An operator of a store, with what importing it would do. */
export const NscOperator = z.strictObject({
  name: z.string(),
  publicKey: z.string(),
  /** Null where nothing tells it: the person chooses. */
  dialect: DialectName.nullable(),
  accounts: z.array(NscAccount),
  users: z.int(),
  /** Private keys that go into the keychain. */
  keys: z.int(),
  /** What Muster makes itself: a system account, a key for it, the REGISTRY account. */
  makes: z.array(z.enum(['system-account', 'system-key', 'registry-account'])),
  warnings: z.array(z.string()),
  /** This profile has the same operator: what is new is added. */
  merges: z.boolean(),
  /** Why it can't be imported into this profile. */
  obstacle: Problem.nullable(),
})
export type NscOperator = z.infer<typeof NscOperator>

export const NscScan = z.strictObject({
  id: z.string(),
  folders: z.array(z.string()),
  operators: z.array(NscOperator),
  /** At most 2,000, those that need a look first; `counts` has them all. */
  findings: z.array(NscFinding),
  counts: z.record(NscFindingGroup, z.int()),
  /** There was more in these folders than is looked at. */
  cut: z.boolean(),
})
export type NscScan = z.infer<typeof NscScan>

export const NscImport = z.strictObject({
  operatorName: z.string(),
  dialect: DialectName,
  state: z.enum(['running', 'done', 'failed']),
  steps: z.array(z.strictObject({ name: z.string(), state: StepState })),
  problem: Problem.nullable(),
  result: z
    .strictObject({
      tenants: z.int(),
      accounts: z.int(),
      credentials: z.int(),
      keys: z.int(),
      /** Key files that were overwritten and deleted; null where they were to stay. */
      removed: z.int().nullable(),
      /** Key files that had to stay. */
      kept: z.array(z.string()),
    })
    .nullable(),
})
export type NscImport = z.infer<typeof NscImport>

const Folder = z.string().min(1).max(4_096)

export const NscExportPlan = z.strictObject({
  operatorName: z.string(),
  /** Where nsc itself would look, as a suggestion. */
  usualFolder: z.string(),
  accounts: z.int(),
  users: z.int(),
  signingKeys: z.int(),
  identityKeys: z.int(),
})
export type NscExportPlan = z.infer<typeof NscExportPlan>

export const NscExport = z.strictObject({
  folder: z.string(),
  operatorName: z.string(),
  written: z.int(),
  same: z.int(),
  /** Files that were there with other content, and stay so. */
  different: z.array(z.string()),
  keys: z.int(),
  keysMissing: z.int(),
  command: z.string(),
})
export type NscExport = z.infer<typeof NscExport>

/** A context of the nats CLI. Nothing secret: how it logs in, not with what. */
export const NatsContext = z.strictObject({
  name: z.string(),
  description: z.string(),
  urls: z.array(z.string()),
  /** How it logs in. */
  login: z.enum(['credentials', 'nkey', 'password', 'token', 'nsc', 'none']),
  tls: z.boolean(),
  /** The one that the nats CLI uses when none is named. */
  selected: z.boolean(),
  /** From the credentials, where they tell. */
  dialect: DialectName.nullable(),
  tenant: z.string().nullable(),
  /** Why it can't be taken over. */
  problem: Problem.nullable(),
})
export type NatsContext = z.infer<typeof NatsContext>

export const NatsContextExport = z.strictObject({
  path: z.string(),
  credentialsPath: z.string(),
  command: z.string(),
})
export type NatsContextExport = z.infer<typeof NatsContextExport>

export const nsc = {
  locations: procedure.output(z.array(NscLocation)),
  /** Reads a found location by its id, or a folder that the person names; changes nothing. */
  scan: procedure
    .input(
      z.union([
        z.strictObject({ location: z.string() }),
        z.strictObject({ folders: z.array(Folder).min(1).max(8) }),
      ]),
    )
    .output(NscScan),
  /** Begins to import an operator of a scan; `watch` tells how it goes on. */
  import: procedure
    .input(
      z.strictObject({
        scan: z.string(),
        operator: z.string(),
        dialect: DialectName,
        removeFiles: z.boolean(),
      }),
    )
    .output(NscImport),
  cancel: procedure.output(z.null()),
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), import: NscImport.nullable() })),
  ),
  exportPlan: procedure.output(NscExportPlan),
  /** Writes a store; with private keys only where the operator's name was typed. */
  export: procedure
    .input(
      z.strictObject({
        folder: Folder,
        keys: z.enum(['none', 'signing', 'all']),
        typedName: z.string().max(256),
      }),
    )
    .output(NscExport),
  contexts: procedure.output(z.array(NatsContext)),
  importContext: procedure
    .input(
      z.strictObject({
        name: z.string().min(1).max(255),
        connectionName: z.string().min(1).max(64),
        dialect: DialectName,
        tenant: z.string().min(1).max(64),
      }),
    )
    .output(z.strictObject({ connection: z.string() })),
  /** Writes a context for a tenant, with a credential of that role issued for it. */
  exportContext: procedure
    .input(
      z.strictObject({
        name: z.string().min(1).max(255),
        source: z.union([
          z.strictObject({
            tenant: z.string().min(1).max(64),
            role: Role,
            days: z.int().min(1).max(3_650),
          }),
          z.strictObject({ connection: z.string().min(1).max(64) }),
        ]),
      }),
    )
    .output(NatsContextExport),
}
