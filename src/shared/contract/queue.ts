import { eventIterator, Instant, Problem, procedure, WireName, z } from './common.ts'
import { DeviceAddress } from './fleet.ts'

/** Commands that wait for one device at most: as many as a person still oversees. */
export const MAX_WAITING_PER_DEVICE = 100
/** How long a command may wait: shorter is a call, longer than 30 days a mistake. */
export const LEAST_EXPIRY_MS = 1_000
export const LONGEST_EXPIRY_MS = 30 * 24 * 60 * 60 * 1000

/**
 * - `sending`: handed to the server, which did not confirm it yet
 * - `queued`: waits for its device
 * - `delivered`: the device has it and has not said what came of it
 * - `dead`: delivered as often as it may be, without success; waits for a person
 * - `done`, `failed`: what the device said
 * - `expired`, `cancelled`, `discarded`: taken from the queue from here
 * - `gone`: no longer in the queue, and nobody said why
 */
export const CommandState = z.enum([
  'sending',
  'queued',
  'delivered',
  'dead',
  'done',
  'failed',
  'expired',
  'cancelled',
  'discarded',
  'gone',
])
export type CommandState = z.infer<typeof CommandState>

export const QueuedCommand = z.strictObject({
  /** The id of its JSON-RPC request, and the correlation of its answer. */
  id: z.string(),
  tenant: z.string(),
  deviceId: z.string(),
  functionName: z.string(),
  params: z.record(z.string(), z.unknown()),
  /** Who put it into the queue, as far as it says. */
  by: z.string(),
  /** Put into the queue by somebody else than this profile. */
  elsewhere: z.boolean(),
  state: CommandState,
  enqueuedAt: Instant,
  /** From then on it must not be begun; null where it names none. */
  deadline: Instant.nullable(),
  /** Times that the server gave it to the device, as far as is known. */
  attempts: z.int(),
  maxAttempts: z.int(),
  /** What the device answered; null unless `done`. */
  result: z.strictObject({ value: z.unknown() }).nullable(),
  /** The last failure that the device told, or why it was taken from the queue. */
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  /** Taken from the queue while the device had it: it may have been carried out. */
  mayHaveRun: z.boolean(),
  endedAt: Instant.nullable(),
})
export type QueuedCommand = z.infer<typeof QueuedCommand>

/**
 * Whether a tenant can have queued commands: `off`, its account has no JetStream; `no-jetstream`, the server
 * has none; `not-permitted`, the login of this mesh may not use it; `unknown`, it could not be asked.
 */
export const QueueAvailability = z.strictObject({
  state: z.enum(['ready', 'off', 'no-jetstream', 'not-permitted', 'unknown']),
  /** Muster can switch it on; further tenants for which that counts too, since they share the account. */
  canEnable: z.boolean(),
  sharedWith: z.array(z.string()),
  problem: Problem.nullable(),
})
export type QueueAvailability = z.infer<typeof QueueAvailability>

/** How a device takes its commands, as its consumer tells. */
export const DeviceQueue = z.strictObject({
  /** Null until a first command is queued for it. */
  consumer: z
    .strictObject({
      name: z.string(),
      pending: z.int(),
      inFlight: z.int(),
      redelivered: z.int(),
      /** The device is asking for commands at this moment. */
      fetching: z.boolean(),
      lastDeliveredAt: Instant.nullable(),
    })
    .nullable(),
  /** Whether its credential lets it fetch them; null where that is not known. */
  permitted: z.boolean().nullable(),
})
export type DeviceQueue = z.infer<typeof DeviceQueue>

export const QueueUpdate = z.strictObject({
  type: z.literal('snapshot'),
  availability: QueueAvailability,
  device: DeviceQueue,
  /** The newest first. */
  commands: z.array(QueuedCommand),
})
export type QueueUpdate = z.infer<typeof QueueUpdate>

/** How far a tenant's devices are behind with their commands. */
export const TenantLag = z.strictObject({
  availability: QueueAvailability,
  /** Null where nothing was ever queued. */
  stream: z
    .strictObject({
      name: z.string(),
      commands: z.int(),
      bytes: z.int(),
      maxBytes: z.int().nullable(),
      oldestAt: Instant.nullable(),
    })
    .nullable(),
  consumers: z.int(),
  pending: z.int(),
  inFlight: z.int(),
  redelivered: z.int(),
  /** Dead letters that this profile knows of. */
  dead: z.int(),
  /** Those with most waiting first; not all where there are many. */
  devices: z.array(
    z.strictObject({
      deviceId: z.string(),
      pending: z.int(),
      inFlight: z.int(),
      redelivered: z.int(),
      dead: z.int(),
      fetching: z.boolean(),
      oldestAt: Instant.nullable(),
    }),
  ),
})
export type TenantLag = z.infer<typeof TenantLag>

const CommandAddress = z.strictObject({ tenant: WireName, id: z.string().min(1).max(256) })

export const queue = {
  availability: procedure.input(z.strictObject({ tenant: WireName })).output(QueueAvailability),
  /** Gives the tenant's account JetStream with modest limits. */
  enable: procedure.input(z.strictObject({ tenant: WireName })).output(QueueAvailability),
  watch: procedure.input(DeviceAddress).output(eventIterator(QueueUpdate)),
  /** The same `id` again is the same command: it is queued once. */
  enqueue: procedure
    .input(
      z.strictObject({
        tenant: WireName,
        deviceId: WireName,
        id: z.uuid(),
        functionName: z.string().min(1).max(256),
        params: z.record(z.string(), z.unknown()),
        expiresInMs: z.int().min(LEAST_EXPIRY_MS).max(LONGEST_EXPIRY_MS),
      }),
    )
    .output(QueuedCommand),
  cancel: procedure.input(CommandAddress).output(QueuedCommand),
  /** Gives a dead letter its attempts again, and a new deadline. */
  requeue: procedure
    .input(
      CommandAddress.extend({ expiresInMs: z.int().min(LEAST_EXPIRY_MS).max(LONGEST_EXPIRY_MS) }),
    )
    .output(QueuedCommand),
  /** Takes a dead letter out of the queue. */
  discard: procedure.input(CommandAddress).output(QueuedCommand),
  lag: procedure.input(z.strictObject({ tenant: WireName })).output(TenantLag),
}
