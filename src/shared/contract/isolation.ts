import { eventIterator, Instant, Problem, procedure, SavedFile, WireName, z } from './common.ts'

/** How many tenants one proof takes; every one attacks every other. */
export const MAX_PROOF_TENANTS = 40

export const ProbeId = z.enum([
  'publish',
  'subscribe',
  'request',
  'queue-theft',
  'inbox-wiretap',
  'private-inbox-wiretap',
  'service-reply-wiretap',
  'forged-reply',
  'forged-private-reply',
  'forged-service-reply',
  'jetstream',
  'system-account',
  'registry-border',
  'forged-presence',
  'discovery',
])
export type ProbeId = z.infer<typeof ProbeId>

export const ProbeSeverity = z.enum(['critical', 'high', 'medium'])
export type ProbeSeverity = z.infer<typeof ProbeSeverity>

/** What is tried against another tenant, in words for an auditor. */
export const ProbeDescription = z.strictObject({
  id: ProbeId,
  title: z.string(),
  /** What the attacker does. */
  tries: z.string(),
  /** What must happen. */
  expected: z.string(),
  severity: ProbeSeverity,
})
export type ProbeDescription = z.infer<typeof ProbeDescription>

/**
 * `device`: with the permissions that a device of the tenant has. `unrestricted`: with every
 * permission in the tenant's own account, so that only the border between accounts is left to hold.
 */
export const AttackerKind = z.enum(['device', 'unrestricted'])
export type AttackerKind = z.infer<typeof AttackerKind>

/**
 * `refused`: the server said no. `held`: it could be tried, and nothing crossed, while what must
 * arrive did. `crossed`: something got through. `inconclusive`: it could not be seen either way.
 */
export const ProbeOutcome = z.enum(['refused', 'held', 'crossed', 'inconclusive', 'not-applicable'])
export type ProbeOutcome = z.infer<typeof ProbeOutcome>

export const Outcomes = z.partialRecord(ProbeId, ProbeOutcome)
export type Outcomes = z.infer<typeof Outcomes>

export const ProofTenant = z.strictObject({
  name: z.string(),
  /** Public key (A…). */
  account: z.string(),
  isolation: z.enum(['account', 'shared']),
  /** Whether the account may use JetStream; null where that was not found out. */
  jetStream: z.boolean().nullable(),
  /** Why it could not take part; null where it could. */
  problem: Problem.nullable(),
})
export type ProofTenant = z.infer<typeof ProofTenant>

/** An ordered pair: what the first did to the second. */
export const ProofPair = z.strictObject({
  attacker: z.string(),
  victim: z.string(),
  /** What stands between them: two accounts, or permissions in one account only. */
  border: z.enum(['accounts', 'permissions']),
  device: Outcomes,
  /** Null in a shared account, where nobody has every permission. */
  unrestricted: Outcomes.nullable(),
})
export type ProofPair = z.infer<typeof ProofPair>

export const ProofFinding = z.strictObject({
  attacker: z.string(),
  victim: z.string(),
  probe: ProbeId,
  as: AttackerKind,
  /** `weak`: nothing crossed, though the server did not refuse what it should have. */
  kind: z.enum(['crossed', 'weak', 'inconclusive']),
  /** What was seen, as one or two sentences. */
  text: z.string(),
  /** What was done, such as `subscribe _INBOX.>`, and what came of it. */
  evidence: z.array(z.strictObject({ action: z.string(), saw: z.string() })),
})
export type ProofFinding = z.infer<typeof ProofFinding>

/** Something that must work, tried in every round beside the attacks. */
export const ProofControl = z.strictObject({
  tenant: z.string(),
  title: z.string(),
  worked: z.int(),
  tried: z.int(),
})
export type ProofControl = z.infer<typeof ProofControl>

/** What an account takes from another by its own claims: a door that is open on purpose, or by mistake. */
export const DeclaredSharing = z.strictObject({
  /** Tenants of the account that takes. */
  into: z.string(),
  /** Tenants of the account that gives; its public key where they took no part. */
  from: z.string(),
  type: z.enum(['stream', 'service']),
  subject: z.string(),
  /** What it is called where it is taken; null for the same. */
  localSubject: z.string().nullable(),
})
export type DeclaredSharing = z.infer<typeof DeclaredSharing>

export const ProofVerdict = z.enum(['passed', 'failed', 'inconclusive'])
export type ProofVerdict = z.infer<typeof ProofVerdict>

/** What is signed. Integers and texts only, so that its canonical form is plain. */
export const IsolationReport = z.strictObject({
  format: z.literal('muster-isolation-report/1'),
  id: z.string(),
  startedAt: Instant,
  endedAt: Instant,
  ended: z.enum(['completed', 'cancelled', 'broken-off']),
  /** Why it was broken off. */
  problem: Problem.nullable(),
  verdict: ProofVerdict,
  muster: z.strictObject({ version: z.string() }),
  operator: z.strictObject({ name: z.string(), publicKey: z.string() }),
  mesh: z.strictObject({
    name: z.string(),
    dialect: z.string(),
    urls: z.array(z.string()),
    tls: z.boolean(),
    serverName: z.string(),
    serverId: z.string(),
    serverVersion: z.string(),
  }),
  tenants: z.array(ProofTenant),
  probes: z.array(ProbeDescription),
  pairs: z.array(ProofPair),
  controls: z.array(ProofControl),
  /** As the server has the accounts, without the registry's part; null where that could not be read. */
  declared: z.array(DeclaredSharing).nullable(),
  findings: z.array(ProofFinding),
  /** Findings that were left out, since there were too many of the same. */
  findingsOmitted: z.int(),
  counts: z.strictObject({
    pairs: z.int(),
    pairsPassed: z.int(),
    pairsFailed: z.int(),
    pairsInconclusive: z.int(),
    probes: z.int(),
    refused: z.int(),
    held: z.int(),
    crossed: z.int(),
    inconclusive: z.int(),
    notApplicable: z.int(),
  }),
})
export type IsolationReport = z.infer<typeof IsolationReport>

export const ReportSignature = z.strictObject({
  algorithm: z.literal('ed25519'),
  /** Public part (O…) of the operator's signing key. */
  key: z.string(),
  signedAt: Instant,
  /** Base64url, 64 bytes. */
  signature: z.string(),
})
export type ReportSignature = z.infer<typeof ReportSignature>

/** The report with its signature; null while nobody could sign it. The content of the JSON file. */
export const SignedReport = z.strictObject({
  report: IsolationReport,
  signature: ReportSignature.nullable(),
})
export type SignedReport = z.infer<typeof SignedReport>

export const ReportSummary = z.strictObject({
  id: z.string(),
  startedAt: Instant,
  endedAt: Instant,
  ended: IsolationReport.shape.ended,
  verdict: ProofVerdict,
  tenants: z.int(),
  counts: IsolationReport.shape.counts,
  meshName: z.string(),
  signed: z.boolean(),
})
export type ReportSummary = z.infer<typeof ReportSummary>

/** State of a pair in the matrix. `self`: the tenant with itself. */
export const CellState = z.enum(['self', 'waiting', 'running', 'passed', 'failed', 'inconclusive'])
export type CellState = z.infer<typeof CellState>

export const ProofRun = z.strictObject({
  id: z.string(),
  state: z.enum(['preparing', 'running', 'ending', 'done', 'cancelled', 'failed']),
  startedAt: Instant,
  tenants: z.array(z.strictObject({ name: z.string(), isolation: z.enum(['account', 'shared']) })),
  /** Rows are attackers, columns victims, in the order of `tenants`. */
  cells: z.array(z.array(CellState)),
  done: z.int(),
  total: z.int(),
  crossed: z.int(),
  /** Why there is no report. */
  problem: Problem.nullable(),
  /** The report, once there is one. */
  reportId: z.string().nullable(),
})
export type ProofRun = z.infer<typeof ProofRun>

const CellChange = z.strictObject({ attacker: z.int(), victim: z.int(), state: CellState })
export type CellChange = z.infer<typeof CellChange>

export const IsolationUpdate = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('snapshot'),
    /** The proof under way, or the last one since the app started. */
    run: ProofRun.nullable(),
    reports: z.array(ReportSummary),
  }),
  z.strictObject({
    type: z.literal('progress'),
    runId: z.string(),
    done: z.int(),
    crossed: z.int(),
    cells: z.array(CellChange),
  }),
])
export type IsolationUpdate = z.infer<typeof IsolationUpdate>

/** What can be said of a report file that somebody hands in. */
export const ReportVerification = z.strictObject({
  /**
   * `genuine`: unchanged, and signed by a key of this operator. `foreign`: unchanged, signed by a key
   * that is not of this operator. `altered`: not as it was signed. `unsigned`: never signed.
   */
  result: z.enum(['genuine', 'foreign', 'altered', 'unsigned']),
  text: z.string(),
  key: z.string().nullable(),
  signedAt: Instant.nullable(),
  summary: ReportSummary.nullable(),
})
export type ReportVerification = z.infer<typeof ReportVerification>

const ReportRef = z.strictObject({ id: z.string().min(1).max(64) })

export const isolation = {
  probes: procedure.output(z.array(ProbeDescription)),
  watch: procedure.output(eventIterator(IsolationUpdate)),
  start: procedure
    .input(
      z.strictObject({
        tenants: z.array(WireName).min(2).max(MAX_PROOF_TENANTS),
        probes: z.array(ProbeId).min(1),
      }),
    )
    .output(ProofRun),
  cancel: procedure.input(ReportRef).output(z.null()),
  report: procedure.input(ReportRef).output(SignedReport),
  /** Signs a report that could not be signed at its end. */
  sign: procedure.input(ReportRef).output(SignedReport),
  remove: procedure.input(ReportRef).output(z.null()),
  exportReport: procedure
    .input(z.strictObject({ id: z.string().min(1).max(64), format: z.enum(['html', 'json']) }))
    .output(SavedFile),
  /** Checks a report's file, HTML or JSON: its text. */
  verify: procedure
    .input(z.strictObject({ text: z.string().min(1).max(3_500_000) }))
    .output(ReportVerification),
}
