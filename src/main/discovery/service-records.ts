import type { Answer, Packet, SrvAnswer, StringAnswer, TxtAnswer } from 'dns-packet'
import { isSafeToken } from '#shared/protocol/names.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import { foldName, instanceLabelOf, REPLACEMENT_CHARACTER } from './dns-names.ts'

/** What a device says in its TXT record (protocol.md, "Commissioning"), cleaned and capped. */
interface DeviceText {
  /** Null where it is missing or not fit for a subject; `problem` tells which. */
  readonly deviceId: string | null
  readonly problem: 'no-device-id' | 'unsafe-device-id' | null
  readonly deviceType: string | null
  readonly state: string | null
}

interface RecordBase {
  /** Folded owner name. */
  readonly name: string
  /** Lifetime; 0 says goodbye. */
  readonly ttlMs: number
  /** The sender is the only owner of this name and type: older records of it are void. */
  readonly flush: boolean
  /** The data in a form that is equal exactly when the data is. */
  readonly identity: string
}

type PointerRecord = RecordBase & {
  readonly type: 'PTR'
  /** Folded full name of the instance. */
  readonly instance: string
  /** The instance's own label as the device writes it, for asking again. */
  readonly label: string
}
export type ServerRecord = RecordBase & {
  readonly type: 'SRV'
  readonly label: string
  readonly target: string
  readonly port: number
}
export type TextRecord = RecordBase & {
  readonly type: 'TXT'
  readonly label: string
  readonly text: DeviceText
}
export type AddressRecord = RecordBase & { readonly type: 'A' | 'AAAA'; readonly address: string }

/** A record that has a meaning for the service that is browsed. */
export type ServiceRecord = PointerRecord | ServerRecord | TextRecord | AddressRecord
export interface RecordOfType {
  readonly PTR: PointerRecord
  readonly SRV: ServerRecord
  readonly TXT: TextRecord
  readonly A: AddressRecord
  readonly AAAA: AddressRecord
}
export type ServiceRecordType = keyof RecordOfType

export function isAddressRecord(record: ServiceRecord): record is AddressRecord {
  return record.type === 'A' || record.type === 'AAAA'
}

/** A TXT record above this says nothing that a device of ours says (RFC 6763, section 6.2). */
const MAX_TEXT_BYTES = 2048
const MAX_DEVICE_TYPE_LENGTH = 128
const MAX_STATE_LENGTH = 64
/** Above this a lifetime is cut: a forged one would otherwise stay for 136 years. */
const MAX_TTL_SECONDS = 8 * 60 * 60

/**
 * The records of a decoded response that concern the folded `service` type, or could: addresses
 * of any host count, since the SRV record that names the host may come later. Pointers come
 * first, addresses last, so that what refers to others precedes them.
 */
export function readServiceRecords(packet: Packet, service: string): ServiceRecord[] {
  const records: ServiceRecord[] = []
  for (const answer of [...(packet.answers ?? []), ...(packet.additionals ?? [])]) {
    const record = readRecord(answer, service)
    if (record) records.push(record)
  }
  return records.sort((left, right) => ORDER[left.type] - ORDER[right.type])
}

const ORDER: Readonly<Record<ServiceRecordType, number>> = { PTR: 0, SRV: 1, TXT: 2, A: 3, AAAA: 4 }

function readRecord(answer: Answer, service: string): ServiceRecord | null {
  if (answer.type === 'OPT' || (answer.class ?? 'IN') !== 'IN') return null
  if (answer.type === 'PTR') return readPointer(answer, service)
  if (answer.type === 'SRV') return readServer(answer, service)
  if (answer.type === 'TXT') return readText(answer, service)
  if (answer.type !== 'A' && answer.type !== 'AAAA') return null
  return { ...base(answer, answer.data), type: answer.type, address: answer.data }
}

function readPointer(answer: StringAnswer, service: string): PointerRecord | null {
  const label = instanceLabelOf(answer.data, service)
  if (label === null || foldName(answer.name) !== service) return null
  const instance = foldName(answer.data)
  // Pointers are shared between devices: a flush bit on one is the sender's mistake, and
  // heeding it would let one device remove all others (RFC 6762, section 10.2).
  return { ...base(answer, instance), flush: false, type: 'PTR', instance, label }
}

function readServer(answer: SrvAnswer, service: string): ServerRecord | null {
  const label = instanceLabelOf(answer.name, service)
  if (label === null) return null
  const { port } = answer.data
  const target = foldName(answer.data.target)
  return { ...base(answer, `${target}:${port}`), type: 'SRV', label, target, port }
}

function readText(answer: TxtAnswer, service: string): TextRecord | null {
  const label = instanceLabelOf(answer.name, service)
  const strings = Array.isArray(answer.data) ? answer.data : [answer.data]
  const bytes = strings.map((string) => Buffer.from(string))
  const identity = bytes.map((string) => string.toString('latin1')).join('\0')
  if (label === null || identity.length > MAX_TEXT_BYTES) return null
  return { ...base(answer, identity), type: 'TXT', label, text: readDeviceText(bytes) }
}

function base(
  answer: { name: string; ttl?: number | undefined; flush?: boolean | undefined },
  identity: string,
): RecordBase {
  return {
    name: foldName(answer.name),
    ttlMs: Math.min(answer.ttl ?? 0, MAX_TTL_SECONDS) * 1000,
    flush: answer.flush ?? false,
    identity,
  }
}

/** `key=value` strings; keys are case-insensitive and the first of a kind counts (RFC 6763, 6.4). */
function readDeviceText(strings: readonly Buffer[]): DeviceText {
  const values = new Map<string, string>()
  for (const string of strings) {
    const text = string.toString('utf8')
    const at = text.indexOf('=')
    if (at < 1) continue
    const key = text.slice(0, at).toLowerCase()
    if (!values.has(key)) values.set(key, text.slice(at + 1))
  }
  const valueOf = (key: string, maxLength: number) =>
    cleanText(values.get(key) ?? '', maxLength) || null
  const deviceId = values.get('device_id') ?? ''
  // An id is never repaired: `pump\u200b` would turn into another device's name.
  const safe =
    isSafeToken(deviceId) &&
    !deviceId.includes(REPLACEMENT_CHARACTER) &&
    cleanText(deviceId, deviceId.length) === deviceId
  return {
    deviceId: safe ? deviceId : null,
    problem: deviceId === '' ? 'no-device-id' : safe ? null : 'unsafe-device-id',
    deviceType: valueOf('device_type', MAX_DEVICE_TYPE_LENGTH),
    state: valueOf('state', MAX_STATE_LENGTH),
  }
}
