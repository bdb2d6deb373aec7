import { eventIterator, Instant, Problem, procedure, WireName, z } from './common.ts'

/** What the token can be exchanged for. */
export const EnrollmentKind = z.enum(['collector', 'device'])
export type EnrollmentKind = z.infer<typeof EnrollmentKind>

/**
 * `pending`: nothing is issued yet; `provisioning`: somebody showed the token; `ready`: the package is on its way;
 * `downloaded`; `installed`: its credential was seen connected; `expired`: nobody came in time.
 */
export const EnrollmentState = z.enum([
  'pending',
  'provisioning',
  'ready',
  'downloaded',
  'installed',
  'revoked',
  'expired',
])
export type EnrollmentState = z.infer<typeof EnrollmentState>

export const Enrollment = z.strictObject({
  /** The package's id, which stands in the address. */
  id: z.string(),
  kind: EnrollmentKind,
  tenant: z.string(),
  /** Of the device or the collector. */
  name: z.string(),
  state: EnrollmentState,
  /** When it came into each state, the first one first; a download that broke off leads back to `pending`. */
  history: z.array(z.strictObject({ state: EnrollmentState, at: Instant })),
  expiresAt: Instant,
  validDays: z.int(),
  /** Where the receiving side reaches Muster (`https://host:port`), and where the mesh. */
  serverUrl: z.string(),
  urls: z.array(z.string()),
  /** User key (U…) of the credential, once one was issued. */
  publicKey: z.string().nullable(),
  /** Address that fetched it. */
  fetchedBy: z.string().nullable(),
  /** Why the last try came to nothing. */
  problem: Problem.nullable(),
  by: z.string(),
})
export type Enrollment = z.infer<typeof Enrollment>

export const EnrollmentOrder = z.strictObject({
  kind: EnrollmentKind,
  tenant: WireName,
  name: WireName,
  /** `https://host:port` under which this computer is reached. */
  serverUrl: z.string().min(1).max(512),
  urls: z.array(z.string().min(1).max(512)).min(1).max(16),
  /** The receiving side is this very computer. */
  allowLoopback: z.boolean(),
  minutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60),
  validDays: z.int().min(1).max(3_650),
})
export type EnrollmentOrder = z.infer<typeof EnrollmentOrder>

/** What goes to the receiving side. It is told this once; Muster keeps a hash. */
export const EnrollmentTicket = z.strictObject({
  enrollment: Enrollment,
  /** One line for a shell that fetches and installs. */
  command: z.string(),
  /** Base64 of `{u, p, t, e}` (protocol.md, "Credential files"). */
  token: z.string(),
})
export type EnrollmentTicket = z.infer<typeof EnrollmentTicket>

const EnrollmentsSnapshot = z.strictObject({
  type: z.literal('snapshot'),
  /** The newest first. */
  enrollments: z.array(Enrollment),
  /** Why packages can't be fetched at an address just now. */
  servers: z.array(z.strictObject({ url: z.string(), problem: Problem.nullable() })),
})
export type EnrollmentsSnapshot = z.infer<typeof EnrollmentsSnapshot>

const ById = z.strictObject({ id: z.string() })

export const enrollment = {
  watch: procedure.output(eventIterator(EnrollmentsSnapshot)),
  /** Addresses of this computer that the receiving side may reach. */
  servers: procedure.output(z.array(z.strictObject({ url: z.string(), loopback: z.boolean() }))),
  create: procedure.input(EnrollmentOrder).output(EnrollmentTicket),
  /** Ends it in whatever state; a credential that it led to is revoked. */
  revoke: procedure.input(z.strictObject({ id: z.string(), typed: z.string() })).output(z.null()),
  /** Takes an ended one out of the list. */
  remove: procedure.input(ById).output(z.null()),
}
