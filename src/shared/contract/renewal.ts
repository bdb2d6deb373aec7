import { eventIterator, Instant, Problem, procedure, WireName, z } from './common.ts'

/** `due`: past 80 % of its lifetime. */
export const ExpiryStatus = z.enum(['ok', 'due', 'expired'])
export type ExpiryStatus = z.infer<typeof ExpiryStatus>

/** A credential that is in force for its holder, or was until it expired. */
export const ExpiringCredential = z.strictObject({
  /** Its id in the ledger. */
  id: z.string(),
  publicKey: z.string(),
  fingerprint: z.string(),
  tenant: z.string().nullable(),
  role: z.string(),
  name: z.string(),
  deviceId: z.string().nullable(),
  issuedAt: Instant,
  expiresAt: Instant,
  /** When it has lived for 80 % of its lifetime. */
  dueAt: Instant,
  status: ExpiryStatus,
  /** Whether the registry says that the device is online; null for what is no device. */
  online: z.boolean().nullable(),
  /** A renewal that is under way, or whose file the device has not used yet. */
  renewal: z.enum(['under-way', 'file-waits']).nullable(),
})
export type ExpiringCredential = z.infer<typeof ExpiringCredential>

export const ExpiryFilter = z.strictObject({
  /** null for all, and what belongs to no tenant. */
  tenant: WireName.nullable(),
  status: z.enum(['all', 'ok', 'due', 'expired']),
  /** Part of a name, device id, tenant or key. */
  search: z.string().max(256),
  /** Only what expires in this time, the end not included. */
  from: Instant.nullable(),
  until: Instant.nullable(),
})
export type ExpiryFilter = z.infer<typeof ExpiryFilter>

export const ExpiryDay = z.strictObject({
  /** `YYYY-MM-DD` in the person's own zone. */
  date: z.iso.date(),
  count: z.int(),
  /** Of these, past 80 % of their lifetime. */
  due: z.int(),
})
export type ExpiryDay = z.infer<typeof ExpiryDay>

export const ExpiryCalendar = z.strictObject({
  /** From today on, each day once, those without any too. */
  days: z.array(ExpiryDay),
  /** Expires after the last of the days. */
  later: z.int(),
  total: z.int(),
  ok: z.int(),
  due: z.int(),
  expired: z.int(),
})
export type ExpiryCalendar = z.infer<typeof ExpiryCalendar>

export const RenewalSelection = z.union([
  z.strictObject({ ids: z.array(z.string().max(64)).min(1).max(10_000) }),
  z.strictObject({ filter: ExpiryFilter }),
])
export type RenewalSelection = z.infer<typeof RenewalSelection>

/** `mesh`: handed over by the function `updateCredentials`; `commission`: by hand, after a reset. */
export const RenewalDeliveryKind = z.enum(['mesh', 'file', 'commission'])
export type RenewalDeliveryKind = z.infer<typeof RenewalDeliveryKind>

/** Why a credential can't be renewed over the mesh. */
export const NoMeshReason = z.enum(['no-device', 'offline', 'no-function', 'expired'])
export type NoMeshReason = z.infer<typeof NoMeshReason>

/** How the credentials of a selection can be renewed, before anything is done. */
export const RenewalPlan = z.strictObject({
  total: z.int(),
  /** Devices that are online and offer `updateCredentials`. */
  overMesh: z.int(),
  /** The others by reason; `examples` names up to five. */
  others: z.array(
    z.strictObject({
      reason: NoMeshReason,
      count: z.int(),
      examples: z.array(z.string()),
    }),
  ),
  /** Already in a renewal that is under way: left out. */
  underWay: z.int(),
  tenants: z.array(z.string()),
})
export type RenewalPlan = z.infer<typeof RenewalPlan>

export const RenewalOrder = z.strictObject({
  selection: RenewalSelection,
  /** What becomes of those that can't be renewed over the mesh. */
  others: z.enum(['file', 'commission', 'leave']),
  /** Where files go: an absolute path of a folder on the computer that Muster runs on. */
  folder: z.string().min(1).max(4096).nullable(),
  validDays: z.int().min(1).max(3650),
  atOnce: z.int().min(1).max(100),
  /** Over how many minutes the beginnings are spread; 0 for as fast as `atOnce` lets them. */
  spreadMinutes: z
    .int()
    .min(0)
    .max(14 * 24 * 60),
})
export type RenewalOrder = z.infer<typeof RenewalOrder>

/**
 * `waiting`; `issuing`, `delivering`: is about to be, or maybe was, handed over; `awaiting`: the device
 * has it and was not seen connected with it yet; `renewed`; `written`: its file lies in the folder;
 * `manual`: left to the screen Commission; `failed`: nothing changed; `rolled-back`: taken back, the
 * old one is in force; `cancelled`: not begun.
 */
export const RenewalItemState = z.enum([
  'waiting',
  'issuing',
  'delivering',
  'awaiting',
  'renewed',
  'written',
  'manual',
  'failed',
  'rolled-back',
  'cancelled',
])
export type RenewalItemState = z.infer<typeof RenewalItemState>

export const RenewalItem = z.strictObject({
  jobId: z.string(),
  sequence: z.int(),
  credentialId: z.string(),
  fingerprint: z.string(),
  name: z.string(),
  tenant: z.string().nullable(),
  deviceId: z.string().nullable(),
  delivery: RenewalDeliveryKind,
  state: RenewalItemState,
  /** When it may begin. */
  startsAt: Instant,
  /** Until then the device must have connected with the new credential. */
  deadline: Instant.nullable(),
  /** Of the new credential. */
  expiresAt: Instant.nullable(),
  /** What hindered it, or what is to be known of its outcome. */
  problem: Problem.nullable(),
  endedAt: Instant.nullable(),
})
export type RenewalItem = z.infer<typeof RenewalItem>

export const RenewalJob = z.strictObject({
  id: z.string(),
  /** `stopped`: by itself, after several devices in a row did not come back. */
  state: z.enum(['running', 'cancelling', 'done', 'cancelled', 'stopped']),
  total: z.int(),
  counts: z.strictObject({
    waiting: z.int(),
    running: z.int(),
    renewed: z.int(),
    written: z.int(),
    manual: z.int(),
    failed: z.int(),
    rolledBack: z.int(),
    cancelled: z.int(),
  }),
  atOnce: z.int(),
  spreadMinutes: z.int(),
  /** Where its files are; null where it writes none. */
  folder: z.string().nullable(),
  /** When the next one begins; null where none waits. */
  nextAt: Instant.nullable(),
  problem: Problem.nullable(),
  startedAt: Instant,
  endedAt: Instant.nullable(),
})
export type RenewalJob = z.infer<typeof RenewalJob>

/** What is about to expire, in numbers. */
export const ExpirySummary = z.strictObject({
  total: z.int(),
  due: z.int(),
  expired: z.int(),
  /** Counts up whenever calendar and lists may be out of date. */
  revision: z.int(),
})
export type ExpirySummary = z.infer<typeof ExpirySummary>

export const RenewalUpdate = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('snapshot'),
    /** The newest first. */
    jobs: z.array(RenewalJob),
    expiry: ExpirySummary,
  }),
  z.strictObject({ type: z.literal('job'), job: RenewalJob }),
  z.strictObject({ type: z.literal('expiry'), expiry: ExpirySummary }),
])
export type RenewalUpdate = z.infer<typeof RenewalUpdate>

const MAX_PAGE = 500

const Page = { offset: z.int().min(0), limit: z.int().min(1).max(MAX_PAGE) }

export const renewal = {
  calendar: procedure
    .input(
      z.strictObject({
        tenant: WireName.nullable(),
        days: z.int().min(1).max(366),
        /** The person's zone, east of Greenwich positive. */
        utcOffsetMinutes: z.int().min(-840).max(840),
      }),
    )
    .output(ExpiryCalendar),
  /** The soonest to expire first. */
  list: procedure
    .input(z.strictObject({ filter: ExpiryFilter, ...Page }))
    .output(z.strictObject({ rows: z.array(ExpiringCredential), total: z.int() })),
  plan: procedure.input(z.strictObject({ selection: RenewalSelection })).output(RenewalPlan),
  start: procedure.input(RenewalOrder).output(RenewalJob),
  /** What is under way is finished, nothing else begins. */
  cancel: procedure.input(z.strictObject({ jobId: z.string() })).output(RenewalJob),
  items: procedure
    .input(
      z.strictObject({
        jobId: z.string(),
        states: z.array(RenewalItemState).nullable(),
        ...Page,
      }),
    )
    .output(z.strictObject({ rows: z.array(RenewalItem), total: z.int() })),
  /** The whole outcome as text, to keep or to send. */
  report: procedure
    .input(z.strictObject({ jobId: z.string() }))
    .output(z.strictObject({ text: z.string() })),
  watch: procedure.output(eventIterator(RenewalUpdate)),
}
