import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { ROLE_NAMES } from '../protocol/roles.ts'

/** Error kinds cross the contract by name; see `shared/errors.ts` for what each means. */
export const Problem = z.strictObject({
  /** Stable code of the error, for example `PIN_REJECTED`. */
  code: z.string(),
  kind: z.enum(['transient', 'rejected', 'conflict', 'internal']),
  /** What happened and what it means. */
  message: z.string(),
  /** What the person can do. */
  advice: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
export type Problem = z.infer<typeof Problem>

/** ISO 8601 instant in UTC. */
export const Instant = z.iso.datetime()

/** A name for something new: a tenant or a device. */
export const StrictName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'Use 1 to 64 letters, digits, dashes or underscores.')

/** A tenant or device id as it may be met on the wire; main checks it as a subject token. */
export const WireName = z.string().min(1).max(256)

/** One of ours, or one that came with an imported store. */
export const Role = z.union([
  z.enum(ROLE_NAMES),
  z.templateLiteral(['custom:', z.string().min(1).max(80)]),
])
export type Role = z.infer<typeof Role>

export const DialectName = z.enum(['device-connect', 'fabric'])

/** What became of a file that the person asked for; its content never crosses the contract. */
export const SavedFile = z.discriminatedUnion('type', [
  /** Written where the person chose. */
  z.strictObject({ type: z.literal('saved'), path: z.string() }),
  /** The window fetches it, once, from its own origin: see `receiveFile` in the renderer. */
  z.strictObject({ type: z.literal('download'), url: z.string(), name: z.string() }),
  z.strictObject({ type: z.literal('cancelled') }),
])
export type SavedFile = z.infer<typeof SavedFile>

export const StepState = z.enum([
  'waiting',
  'running',
  'done',
  'failed',
  'undoing',
  'undone',
  'undo-failed',
])

/** HTTP-like status of each declared error; oRPC takes code and status together as its identity. */
export const ERROR_STATUS = { TRANSIENT: 503, REJECTED: 422, CONFLICT: 409, INTERNAL: 500 } as const

/** Base of every procedure: four errors, one for each kind, all carrying a Problem. */
export const procedure = oc.errors({
  TRANSIENT: { status: ERROR_STATUS.TRANSIENT, data: Problem },
  REJECTED: { status: ERROR_STATUS.REJECTED, data: Problem },
  CONFLICT: { status: ERROR_STATUS.CONFLICT, data: Problem },
  INTERNAL: { status: ERROR_STATUS.INTERNAL, data: Problem },
})

export { eventIterator, z }
