import { eventIterator, Instant, Problem, procedure, StepState, StrictName, z } from './common.ts'

/** What a device says of itself (`GET /info`), after checks; shown before the PIN is asked. */
export const DeviceInspection = z.strictObject({
  key: z.string(),
  deviceId: z.string(),
  deviceType: z.string().nullable(),
  capabilities: z.array(z.string()),
  state: z.string(),
  /** Address that answered, as `host:port`. */
  address: z.string(),
  /** The device's public user key (U…); null where it reports none. */
  publicKey: z.string().nullable(),
  /** Short form to compare with the label, like `ABCD-EFGH-IJKL-MNOP`. */
  fingerprint: z.string().nullable(),
  /** The seed would cross the LAN in clear text, since the device has no key of its own. */
  seedWouldTravel: z.boolean(),
})
export type DeviceInspection = z.infer<typeof DeviceInspection>

export const CommissioningStep = z.strictObject({
  name: z.enum(['info', 'issue', 'deliver', 'online']),
  state: StepState,
  durationMs: z.number().nullable(),
  problem: Problem.nullable(),
})
export type CommissioningStep = z.infer<typeof CommissioningStep>

export const CommissioningJob = z.strictObject({
  id: z.string(),
  key: z.string(),
  deviceId: z.string(),
  deviceType: z.string().nullable(),
  tenant: z.string(),
  fingerprint: z.string().nullable(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  steps: z.array(CommissioningStep),
  problem: Problem.nullable(),
  /** Until then the device must have connected, or its credential is revoked. */
  onlineDeadline: Instant.nullable(),
  startedAt: Instant,
  endedAt: Instant.nullable(),
})
export type CommissioningJob = z.infer<typeof CommissioningJob>

export const CommissioningRequest = z.strictObject({
  key: z.string(),
  /** As typed; main normalises it and never sends a malformed one. In only. */
  pin: z.string().min(1).max(64),
  tenant: StrictName,
  /** What the person saw and confirmed; a device that now shows another key is refused. */
  publicKey: z.string().nullable(),
  /** Optional facts that the technician gives along. */
  name: z.string().max(128).optional(),
  deviceType: z.string().max(128).optional(),
  zone: z.string().max(256).optional(),
})
export type CommissioningRequest = z.infer<typeof CommissioningRequest>

export const CommissioningUpdate = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('snapshot'), jobs: z.array(CommissioningJob) }),
  z.strictObject({ type: z.literal('changed'), job: CommissioningJob }),
])
export type CommissioningUpdate = z.infer<typeof CommissioningUpdate>

export const commissioning = {
  inspect: procedure.input(z.strictObject({ key: z.string() })).output(DeviceInspection),
  start: procedure.input(CommissioningRequest).output(CommissioningJob),
  cancel: procedure.input(z.strictObject({ id: z.string() })).output(CommissioningJob),
  /** All jobs since the app started, then each change. */
  watch: procedure.output(eventIterator(CommissioningUpdate)),
}
