import type { Dialect } from './dialect.ts'
import { isSafeToken, requireSafeToken } from './names.ts'

/**
 * Names of the command queue (protocol.md, "Command queue"; docs/extensions/queued-commands.md). A stream
 * of each tenant takes what is published on `P.T.D.queue`; the durable consumer `cmd-T-D` hands a device its
 * own. A second stream keeps what devices answer, so that an answer outlives a console that is closed.
 */

/** `P.T.D.queue`: where a command for a device is put. */
export function queueSubject(dialect: Dialect, tenant: string, device: string): string {
  return `${dialect.subjectRoot}.${requireSafeToken(tenant, 'tenant')}.${requireSafeToken(device, 'device id')}.queue`
}

/** `P.T.*.queue` */
export function queueSubjectsOf(dialect: Dialect, tenant: string): string {
  return `${dialect.subjectRoot}.${requireSafeToken(tenant, 'tenant')}.*.queue`
}

/** `P.*.*.queue`: what the stream takes where nothing of another tenant can come. */
export function everyQueueSubject(dialect: Dialect): string {
  return `${dialect.subjectRoot}.*.*.queue`
}

/** `P.T.*.event.async_reply.*` */
export function asyncRepliesOf(dialect: Dialect, tenant: string): string {
  return `${dialect.subjectRoot}.${requireSafeToken(tenant, 'tenant')}.*.event.async_reply.*`
}

/** `P.T.D.event.async_reply.CORRELATION` */
export function asyncReplySubject(
  dialect: Dialect,
  tenant: string,
  device: string,
  correlation: string,
): string {
  const of = `${requireSafeToken(tenant, 'tenant')}.${requireSafeToken(device, 'device id')}`
  return `${dialect.subjectRoot}.${of}.event.async_reply.${requireSafeToken(correlation, 'correlation id')}`
}

const STREAM_PREFIX = 'commands-'

/** The stream of a tenant's queued commands, where Muster makes it. */
export function commandStream(tenant: string): string {
  return `${STREAM_PREFIX}${tenant}`
}

/** The stream that keeps what came of them. */
export function resultStream(tenant: string): string {
  return `results-${tenant}`
}

/**
 * The durable consumer of a device. In a stream of several tenants two devices can share such a name (`a-b`
 * and `c`, `a` and `b-c`), which is why a tenant has a stream of its own.
 */
export function commandConsumer(tenant: string, device: string): string {
  return `cmd-${tenant}-${device}`
}

/** Where a device asks for its next command. */
export function pullSubject(tenant: string, device: string, stream = commandStream(tenant)) {
  return `$JS.API.CONSUMER.MSG.NEXT.${stream}.${commandConsumer(tenant, device)}`
}

/**
 * The tag of a device's user JWT that names its consumer (`queue:cmd-T-D`). nats-server fills in whole tokens only,
 * so that a scoped key could not build the name from the device's.
 */
const QUEUE_TAG = 'queue'

/** Tags of a device's user; none where its names can't stand in a subject. */
export function queueTags(tenant: string | null, device: string | null | undefined): string[] {
  if (tenant === null || device === null || device === undefined) return []
  if (!isSafeToken(tenant) || !isSafeToken(device)) return []
  return [`${QUEUE_TAG}:${commandConsumer(tenant, device)}`]
}

/**
 * What a role may publish to fetch and acknowledge its own commands, and nobody else's. Clients of NATS look at
 * a consumer before they pull from it.
 */
export const OWN_QUEUE: readonly string[] = [
  `$JS.API.CONSUMER.INFO.${STREAM_PREFIX}{tenant}.{{tag(${QUEUE_TAG})}}`,
  `$JS.API.CONSUMER.MSG.NEXT.${STREAM_PREFIX}{tenant}.{{tag(${QUEUE_TAG})}}`,
  `$JS.ACK.${STREAM_PREFIX}{tenant}.{{tag(${QUEUE_TAG})}}.>`,
]

/** Header with the id of the command: that of the JSON-RPC request, and of the reply's correlation. */
export const COMMAND_ID_HEADER = 'Command-Id'
/** Header with the instant (RFC 3339, UTC) from which on the command must not be begun any more. */
export const COMMAND_DEADLINE_HEADER = 'Command-Deadline'

/** Codes of `error` in an async reply that ended a command without an answer of its function. */
export const ENDED_CODES = ['expired', 'cancelled', 'discarded'] as const
