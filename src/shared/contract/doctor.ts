import { Instant, procedure, SavedFile, WireName, z } from './common.ts'

/** Longest credential that is looked at, in characters; a real one has some thousands. */
export const MAX_CREDENTIAL_CHARS = 256 * 1024

/** What is brought to the doctor. What it holds is secret and never comes back out of main. */
export const CredentialSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(MAX_CREDENTIAL_CHARS) }),
  z.strictObject({
    type: z.literal('file'),
    name: z.string().max(256),
    /** The bytes of the file, in base64. */
    content: z.base64().max(MAX_CREDENTIAL_CHARS * 2),
  }),
  z.strictObject({ type: z.literal('credential'), id: z.string().max(64) }),
  z.strictObject({ type: z.literal('device'), tenant: WireName, deviceId: WireName }),
])
export type CredentialSource = z.infer<typeof CredentialSource>

/** Parts of an access that are looked at, in the order in which a server does. */
export const CheckArea = z.enum([
  'file',
  'signature',
  'seed',
  'dates',
  'account',
  'signer',
  'revocation',
  'limits',
  'permissions',
  'address',
  'login',
])
export type CheckArea = z.infer<typeof CheckArea>

/** Where something can be done about a finding. */
export const FindingAction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('renew'), credential: z.string() }),
  z.strictObject({ type: z.literal('credential'), credential: z.string() }),
  z.strictObject({ type: z.literal('tenant'), tenant: z.string() }),
  z.strictObject({ type: z.literal('resolver') }),
  z.strictObject({ type: z.literal('commission') }),
])
export type FindingAction = z.infer<typeof FindingAction>

export const Finding = z.strictObject({
  area: CheckArea,
  /** SCREAMING_SNAKE_CASE, stable. */
  code: z.string(),
  /**
   * `refused`: for this alone a server refuses the login; `warning`: it works, and something about it
   * deserves a look; `fine`: looked at and in order; `unknown`: could not be looked at.
   */
  severity: z.enum(['refused', 'warning', 'fine', 'unknown']),
  title: z.string(),
  /** What it means. */
  meaning: z.string(),
  /** What to do; empty where nothing is. */
  advice: z.string(),
  action: FindingAction.nullable(),
})
export type Finding = z.infer<typeof Finding>

/** What is known of a credential. Public parts only. */
export const CredentialFacts = z.strictObject({
  format: z.enum(['creds', 'creds.json', 'jwt', 'seed', 'ledger', 'unknown']),
  name: z.string().nullable(),
  user: z.string().nullable(),
  account: z.string().nullable(),
  issuer: z.string().nullable(),
  tenant: z.string().nullable(),
  deviceId: z.string().nullable(),
  issuedAt: Instant.nullable(),
  notBefore: Instant.nullable(),
  expiresAt: Instant.nullable(),
  /** Whether the private seed is there, so that a login can be tried. */
  hasSeed: z.boolean(),
  urls: z.array(z.string()),
  /** The ledger row it was issued as, where this profile issued it. */
  ledgerId: z.string().nullable(),
})
export type CredentialFacts = z.infer<typeof CredentialFacts>

/** The server's clock less this computer's. */
export const ClockOffset = z.strictObject({
  offsetMs: z.number(),
  /** Half the time that the answer took: it may be off by as much. */
  uncertaintyMs: z.number(),
})
export type ClockOffset = z.infer<typeof ClockOffset>

export const EffectivePermissions = z.strictObject({
  /** `own`: in the JWT; `scope`: of the signing key; `default`: of the account; `none`: everything is allowed. */
  from: z.enum(['own', 'scope', 'default', 'none']),
  pub: z.strictObject({ allow: z.array(z.string()).nullable(), deny: z.array(z.string()) }),
  sub: z.strictObject({ allow: z.array(z.string()).nullable(), deny: z.array(z.string()) }),
  resp: z.strictObject({ max: z.number(), ttl: z.number() }).nullable(),
})
export type EffectivePermissions = z.infer<typeof EffectivePermissions>

export const Diagnosis = z.strictObject({
  /** Names it in later calls. Main forgets it, secrets included, after some minutes. */
  id: z.string(),
  at: Instant,
  facts: CredentialFacts,
  findings: z.array(Finding),
  permissions: EffectivePermissions.nullable(),
  clock: ClockOffset.nullable(),
})
export type Diagnosis = z.infer<typeof Diagnosis>

export const SubjectQuestion = z.strictObject({
  id: z.string().max(64),
  operation: z.enum(['publish', 'subscribe']),
  subject: z.string().max(1_024),
  queue: z.string().max(256).nullable(),
})
export type SubjectQuestion = z.infer<typeof SubjectQuestion>

export const SubjectAnswer = z.strictObject({
  allowed: z.boolean(),
  /** Which rule decides, in a sentence. */
  text: z.string(),
  pattern: z.string().nullable(),
})
export type SubjectAnswer = z.infer<typeof SubjectAnswer>

/** Which server to talk to. */
export const DoctorTarget = z.enum(['credential', 'mesh'])
export type DoctorTarget = z.infer<typeof DoctorTarget>

const ById = z.strictObject({ id: z.string().max(64) })

export const doctor = {
  /** Looks at a credential, without sending it anywhere. */
  diagnose: procedure.input(CredentialSource).output(Diagnosis),
  /** Whether the permissions let a subject through. */
  ask: procedure.input(SubjectQuestion).output(SubjectAnswer),
  /** Connects to the addresses in the credential without logging in. */
  reach: procedure
    .input(z.strictObject({ id: z.string().max(64), at: DoctorTarget }))
    .output(Diagnosis),
  /** Logs in with the credential, once, and leaves. The person has been asked. */
  login: procedure
    .input(z.strictObject({ id: z.string().max(64), at: DoctorTarget }))
    .output(Diagnosis),
  /** The diagnosis as a text without secrets. */
  export: procedure.input(ById).output(SavedFile),
  /** Makes main forget it at once. */
  forget: procedure.input(ById).output(z.null()),
}
