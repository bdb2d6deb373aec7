import { TenantLimits } from '#shared/contract/tenants.ts'
import { bytesText } from '../../lib/bytes-text.ts'
import { bytesOf } from './limit-text.ts'

const FIELDS = [
  'connections',
  'subscriptions',
  'payloadBytes',
  'dataBytes',
  'diskBytes',
  'memoryBytes',
  'streams',
  'consumers',
] as const
type Field = (typeof FIELDS)[number]

/** Limits as they are typed; empty is no limit. */
export type LimitsDraft = Record<Field, string> & { jetStream: boolean }

const IN_BYTES: ReadonlySet<Field> = new Set([
  'payloadBytes',
  'dataBytes',
  'diskBytes',
  'memoryBytes',
])
const OF_JETSTREAM: ReadonlySet<Field> = new Set([
  'diskBytes',
  'memoryBytes',
  'streams',
  'consumers',
])
/** Storage of one kind may be none at all; zero connections would lock everybody out. */
const MAY_BE_ZERO: ReadonlySet<Field> = new Set(['diskBytes', 'memoryBytes'])

export function draftOf(limits: TenantLimits): LimitsDraft {
  const bytes = (value: number | null) => (value === null ? '' : exactly(value))
  const count = (value: number | null) => (value === null ? '' : String(value))
  const { jetStream } = limits
  return {
    connections: count(limits.connections),
    subscriptions: count(limits.subscriptions),
    payloadBytes: bytes(limits.payloadBytes),
    dataBytes: bytes(limits.dataBytes),
    jetStream: jetStream !== null,
    diskBytes: bytes(jetStream?.diskBytes ?? null),
    memoryBytes: bytes(jetStream?.memoryBytes ?? null),
    streams: count(jetStream?.streams ?? null),
    consumers: count(jetStream?.consumers ?? null),
  }
}

/** The limits that were typed, or what is wrong with which of them. */
export function limitsOfDraft(draft: LimitsDraft): {
  readonly limits: TenantLimits | undefined
  readonly errors: Partial<Record<Field, string>>
} {
  const errors: Partial<Record<Field, string>> = {}
  const values = {} as Record<Field, number | null>
  for (const field of FIELDS) {
    const text = draft[field].trim()
    const value = text === '' ? null : IN_BYTES.has(field) ? bytesOf(text) : countOf(text)
    values[field] = value ?? null
    if (!draft.jetStream && OF_JETSTREAM.has(field)) continue
    if (value === undefined) {
      errors[field] = IN_BYTES.has(field) ? 'Such as 64 KiB or 10 GiB.' : 'A whole number.'
    } else if (value === 0 && !MAY_BE_ZERO.has(field)) {
      errors[field] = 'At least 1; leave it empty for no limit.'
    }
  }
  const { connections, subscriptions, payloadBytes, dataBytes, ...jetStream } = values
  const wanted = {
    connections,
    subscriptions,
    payloadBytes,
    dataBytes,
    jetStream: draft.jetStream ? jetStream : null,
  }
  const parsed = TenantLimits.safeParse(wanted)
  if (!parsed.success) {
    for (const { path } of parsed.error.issues) {
      const field = FIELDS.find((each) => each === path.at(-1))
      if (field !== undefined) errors[field] ??= 'Larger than a server can keep.'
    }
  }
  const sound = Object.keys(errors).length === 0
  // Both kinds of storage at zero is what "off" is to the server.
  if (sound && parsed.data?.jetStream?.diskBytes === 0 && parsed.data.jetStream.memoryBytes === 0) {
    return { limits: undefined, errors: { diskBytes: 'Without any storage, turn JetStream off.' } }
  }
  return { limits: sound ? parsed.data : undefined, errors }
}

function countOf(text: string): number | undefined {
  return /^\d{1,15}$/u.test(text) ? Number(text) : undefined
}

/** Round numbers with their unit, others to the byte, so that nothing changes by looking at it. */
function exactly(bytes: number): string {
  const text = bytesText(bytes)
  return bytesOf(text) === bytes ? text : String(bytes)
}
