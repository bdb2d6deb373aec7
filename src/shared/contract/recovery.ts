import { Instant, Problem, procedure, SavedFile, z, Role } from './common.ts'

/** Where the seed of a key is: in this computer's keychain, lent by a kit for a while, or nowhere here. */
export const KeyPlace = z.enum(['here', 'lent', 'offline'])

export const RecoveryKey = z.strictObject({
  publicKey: z.string(),
  kind: z.enum(['operator', 'system', 'registry', 'shared', 'tenant']),
  holder: z.string(),
  place: KeyPlace,
  /** Whether the newest rehearsed kit holds it. */
  covered: z.boolean(),
})
export type RecoveryKey = z.infer<typeof RecoveryKey>

export const KitRecord = z.strictObject({
  id: z.string(),
  createdAt: Instant,
  form: z.enum(['file', 'page']),
  sealedTo: z.enum(['passphrase', 'recipients']),
  /** How many identity keys it holds, and how many there are now that it does not. */
  keys: z.int(),
  missing: z.int(),
  rehearsedAt: Instant.nullable(),
})
export type KitRecord = z.infer<typeof KitRecord>

export const RecoveryState = z.strictObject({
  /** Null before there is an operator. */
  operator: z.strictObject({ name: z.string(), publicKey: z.string() }).nullable(),
  /** Where the database knows of no operator and the keychain holds the keys of one: it takes a backup alone. */
  orphan: z.strictObject({ name: z.string(), publicKey: z.string() }).nullable(),
  identities: z.array(RecoveryKey),
  /** The newest first. */
  kits: z.array(KitRecord),
  /** What the person should do next. */
  advice: z.enum(['none', 'make', 'rehearse', 'renew', 'bring-back']),
  /** Until when lent keys are here. */
  lentUntil: Instant.nullable(),
  lastBackupAt: Instant.nullable(),
})
export type RecoveryState = z.infer<typeof RecoveryState>

/** Secrets travel in only. */
const Passphrase = z.string().min(1).max(1024)

export const KitSealing = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passphrase'), passphrase: Passphrase }),
  z.strictObject({
    kind: z.literal('recipients'),
    recipients: z.array(z.string().max(4096)).min(1).max(32),
  }),
])

export const KitKeyhole = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passphrase'), passphrase: Passphrase }),
  z.strictObject({ kind: z.literal('identity'), identity: z.string().min(1).max(4096) }),
])

/** A kit as the person has it: the text of its file, or what was typed or scanned off its page. */
export const PresentedKit = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(2 * 1024 * 1024),
  keyhole: KitKeyhole,
})
export type PresentedKit = z.infer<typeof PresentedKit>

export const Rehearsal = z.strictObject({
  at: Instant,
  createdAt: Instant,
  keys: z.array(
    z.strictObject({
      publicKey: z.string(),
      holder: z.string(),
      purpose: z.enum(['identity', 'signing']),
      /** `signs`: restored, signed a test JWT that verified; `unknown`: signs, and this profile does not know it. */
      outcome: z.enum(['signs', 'unknown']),
    }),
  ),
  /** Identity keys of this profile that the kit does not hold. */
  missing: z.array(z.strictObject({ publicKey: z.string(), holder: z.string() })),
})
export type Rehearsal = z.infer<typeof Rehearsal>

export const Restoration = z.strictObject({
  operator: z.string(),
  tenants: z.int(),
  credentials: z.int(),
  /** Keys that neither the kit nor this keychain holds. */
  missing: z.array(
    z.strictObject({
      publicKey: z.string(),
      holder: z.string(),
      purpose: z.enum(['identity', 'signing']),
    }),
  ),
  /** Signing keys that were made anew beside those that are lost. */
  remade: z.array(
    z.strictObject({
      holder: z.string(),
      /** Of a key for a role. */
      role: Role.nullable(),
      tenant: z.string().nullable(),
    }),
  ),
  /** Why they could not be made yet; they are, as soon as that is over. */
  problem: Problem.nullable(),
})
export type Restoration = z.infer<typeof Restoration>

const UploadId = z.string().regex(/^[0-9a-f-]{36}$/u)

export const recovery = {
  state: procedure.output(RecoveryState),
  createKit: procedure
    .input(z.strictObject({ form: z.enum(['file', 'page']), sealing: KitSealing }))
    .output(SavedFile),
  /** Restores the kit into a scratch keychain and signs a test JWT with each of its keys. */
  rehearse: procedure.input(PresentedKit).output(Rehearsal),
  /** Takes the identity keys off this computer; the kit that is presented must hold every one. */
  moveOffline: procedure.input(PresentedKit).output(RecoveryState),
  /** Lends the kit's identity keys for some minutes, in memory only. */
  lend: procedure
    .input(z.strictObject({ kit: PresentedKit, minutes: z.int().min(1).max(60) }))
    .output(RecoveryState),
  endLending: procedure.output(RecoveryState),
  /** Puts the kit's keys back into the keychain for good. */
  bringBack: procedure.input(PresentedKit).output(RecoveryState),
  /** A copy of the profile's database: tenants, ledger, audit log. Nothing secret. */
  backUp: procedure.output(SavedFile),
  /** Sends a backup in parts, base64; `part` counts from 0. */
  uploadBackup: procedure
    .input(
      z.strictObject({ upload: UploadId, part: z.int().min(0), base64: z.string().max(1_500_000) }),
    )
    .output(z.null()),
  /**
   * Into an empty profile: keys from the kit, everything else from the backup. Without a kit where the keychain holds
   * the keys (`orphan`).
   */
  restore: procedure
    .input(z.strictObject({ kit: PresentedKit.nullable(), upload: UploadId }))
    .output(Restoration),
}
