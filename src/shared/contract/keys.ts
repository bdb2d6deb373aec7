import { eventIterator, Instant, Problem, procedure, z, Role } from './common.ts'

const PublicKey = z.string().regex(/^[OAU][A-Z2-7]{55}$/)
const Subject = z.string().min(1).max(1024)
const Rules = z.strictObject({ allow: z.array(Subject).max(100), deny: z.array(Subject).max(100) })

/** Permissions of a role: see `PermissionTemplate` in shared/protocol. */
export const RoleTemplate = z.strictObject({
  pub: Rules,
  sub: Rules,
  answers: z
    .strictObject({ max: z.int().min(1).max(1_000_000), seconds: z.int().min(1).max(86_400) })
    .nullable(),
  inbox: z.enum(['shared', 'private']),
})
export type RoleTemplate = z.infer<typeof RoleTemplate>

/** A key that signs: users for an account, accounts for the operator. */
export const SigningKey = z.strictObject({
  publicKey: z.string(),
  /** Of a scoped key; null for a plain one. */
  role: Role.nullable(),
  tenant: z.string().nullable(),
  /** Null for one that was made elsewhere. */
  createdAt: Instant.nullable(),
  held: z.boolean(),
  /** The one among its like that signs now. */
  inUse: z.boolean(),
  /** Good credentials that it signed, without Muster's own connections. */
  credentials: z.int(),
})
export type SigningKey = z.infer<typeof SigningKey>

export const KeyHolder = z.strictObject({
  publicKey: z.string(),
  kind: z.enum(['operator', 'system', 'registry', 'shared', 'tenant']),
  name: z.string(),
  /** Tenants that live in the account. */
  tenants: z.array(z.string()),
  /** `missing`: the keychain should hold it and does not. */
  identity: z.enum(['here', 'offline', 'missing']),
  signingKeys: z.array(SigningKey),
})
export type KeyHolder = z.infer<typeof KeyHolder>

export const KeysOverview = z.strictObject({
  /** Empty before there is an operator; it comes first, then its accounts. */
  holders: z.array(KeyHolder),
})
export type KeysOverview = z.infer<typeof KeysOverview>

/** Something that was begun and has not ended: it runs, waits, failed, or a crash left it. */
export const UnfinishedProcedure = z.strictObject({
  id: z.string(),
  title: z.string(),
  running: z.boolean(),
  direction: z.enum(['forward', 'back']),
  beganAt: Instant,
  changedAt: Instant,
  steps: z.array(z.strictObject({ name: z.string(), state: z.enum(['waiting', 'begun', 'done']) })),
  waitsFor: z.string().nullable(),
  problem: Problem.nullable(),
  canResume: z.boolean(),
  canRollBack: z.boolean(),
})
export type UnfinishedProcedure = z.infer<typeof UnfinishedProcedure>

export const KeysUpdate = z.strictObject({
  type: z.literal('snapshot'),
  unfinished: z.array(UnfinishedProcedure),
})
export type KeysUpdate = z.infer<typeof KeysUpdate>

/** A credential whose user has to get another one. */
export const Redelivery = z.strictObject({
  id: z.string(),
  name: z.string(),
  tenant: z.string().nullable(),
  deviceId: z.string().nullable(),
  role: z.string(),
  expiresAt: Instant,
})
export type Redelivery = z.infer<typeof Redelivery>

/** Whom a change of a key or role reaches. */
export const KeyImpact = z.strictObject({
  /** Good credentials that were signed by the keys in question. */
  credentials: z.int(),
  /** Of those, the ones whose users have no newer credential; at most 200. */
  redeliveries: z.array(Redelivery),
  redeliveryCount: z.int(),
  /** Users that are connected now; null where no server could be asked. */
  connected: z
    .array(z.strictObject({ name: z.string(), tenant: z.string().nullable(), address: z.string() }))
    .nullable(),
})
export type KeyImpact = z.infer<typeof KeyImpact>

export const RoleView = z.strictObject({
  role: Role,
  template: RoleTemplate,
  /** The one that it came with. */
  comesWith: RoleTemplate,
  editedAt: Instant.nullable(),
  /** Scoped keys that carry it. */
  keys: z.array(
    z.strictObject({
      publicKey: z.string(),
      account: z.string(),
      accountName: z.string(),
      tenant: z.string().nullable(),
    }),
  ),
})
export type RoleView = z.infer<typeof RoleView>

const AccountKey = z.strictObject({ account: PublicKey, signingKey: PublicKey, cut: z.boolean() })
const ById = z.strictObject({ id: z.string().max(64) })

export const keys = {
  overview: procedure.output(KeysOverview),
  /** Procedures that have begun and not ended, at each change of one. */
  watch: procedure.output(eventIterator(KeysUpdate)),
  resume: procedure.input(ById).output(z.null()),
  rollBack: procedure.input(ById).output(z.null()),
  /** Before a key goes: whom it takes down. */
  keyImpact: procedure
    .input(z.strictObject({ account: PublicKey, signingKey: PublicKey }))
    .output(KeyImpact),
  rotate: procedure.input(AccountKey).output(z.null()),
  rotateOperator: procedure.output(z.null()),
  addRole: procedure
    .input(
      z.strictObject({
        account: PublicKey,
        role: Role,
        tenant: z.string().max(256).nullable(),
      }),
    )
    .output(z.null()),
  remove: procedure.input(AccountKey).output(z.null()),
  roles: procedure.output(
    z.strictObject({ root: z.string(), hasOperator: z.boolean(), roles: z.array(RoleView) }),
  ),
  /** Before a role is edited: users of its scoped keys, who are cut and come back. */
  roleImpact: procedure.input(z.strictObject({ role: Role })).output(KeyImpact),
  /** Null goes back to what the role came with. */
  setRole: procedure
    .input(z.strictObject({ role: Role, template: RoleTemplate.nullable() }))
    .output(z.null()),
}
