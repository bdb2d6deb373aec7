import { isIPv4 } from 'node:net'
import { encodingLength, type Answer, type Question } from 'dns-packet'

/** RFC 6762, 10: records that name a host live 120 s, the others 75 min. */
const HOST_TTL_SECONDS = 120
const OTHER_TTL_SECONDS = 75 * 60

/** RFC 6763, 9: the name under which all service types of the link are listed. */
const SERVICE_TYPES = '_services._dns-sd._udp.local'

/** RFC 1035: a label holds 63 bytes, a string of a TXT record 255. */
const MAX_LABEL_BYTES = 63
const MAX_TXT_BYTES = 255

const DNS_HEADER_BYTES = 12

/** A service as it is advertised (RFC 6763). */
export interface AdvertisedService {
  /** One label, dots excluded; what is beyond 63 bytes is cut off. */
  readonly instance: string
  /** For example `_device-connect._tcp.local`. */
  readonly type: string
  readonly port: number
  /** IPv4 address of the host. */
  readonly address: string
  readonly txt: Readonly<Record<string, string>>
}

type Data =
  | string
  | string[]
  | { port: number; target: string }
  | { nextDomain: string; rrtypes: string[] }

/** A record that this responder answers with. */
export interface OwnRecord {
  readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'NSEC'
  readonly name: string
  readonly ttlSeconds: number
  /** Shared records have owners beside us; a unique one replaces what others have cached. */
  readonly isShared: boolean
  readonly data: Data
  /** Bytes that it takes in a packet. */
  readonly size: number
}

/** All records of one service, in the order in which they are announced. */
export interface ServiceRecords {
  readonly pointer: OwnRecord
  readonly typePointer: OwnRecord
  readonly service: OwnRecord
  readonly text: OwnRecord
  readonly address: OwnRecord
  /** What a query for a type that a name does not have is answered with (RFC 6762, 6.1). */
  readonly noOtherOfInstance: OwnRecord
  readonly noOtherOfHost: OwnRecord
}

/** Builds the records of a service whose host goes by `hostName` (`NAME.local`). */
export function recordsOf(service: AdvertisedService, hostName: string): ServiceRecords {
  const label = cut(service.instance.replaceAll('.', '-'), MAX_LABEL_BYTES)
  const instance = `${label}.${service.type}`
  const text = Object.entries(service.txt).map(([key, value]) =>
    cut(`${key}=${value}`, MAX_TXT_BYTES),
  )
  const target = { port: service.port, target: hostName }
  return {
    pointer: ownRecord('PTR', service.type, instance),
    typePointer: ownRecord('PTR', SERVICE_TYPES, service.type),
    service: ownRecord('SRV', instance, target),
    text: ownRecord('TXT', instance, text),
    address: ownRecord('A', hostName, service.address),
    noOtherOfInstance: noOther(instance, ['SRV', 'TXT']),
    noOtherOfHost: noOther(hostName, ['A']),
  }
}

/** Whether `question` asks for `record`; names compare without case (RFC 6762, 16). */
export function isAskedFor(record: OwnRecord, question: Question): boolean {
  const anyType = question.type === ('ANY' as Question['type'])
  return (
    (anyType ? record.type !== 'NSEC' : question.type === record.type) &&
    sameName(question.name, record.name)
  )
}

/** Whether the asker knows `record` well enough: at least half its life is left (RFC 6762, 7.1). */
export function isKnown(record: OwnRecord, known: readonly Answer[]): boolean {
  return known.some(
    (answer) =>
      answer.type === record.type &&
      'data' in answer &&
      sameName(answer.name, record.name) &&
      (answer.ttl ?? 0) * 2 >= record.ttlSeconds &&
      sameData(record, answer.data),
  )
}

/** The record as dns-packet encodes it; a goodbye has a TTL of 0. */
export function toAnswer(record: OwnRecord, ttlSeconds = record.ttlSeconds): Answer {
  const flush = !record.isShared
  return {
    type: record.type,
    name: record.name,
    ttl: ttlSeconds,
    ...(flush ? { flush } : {}),
    data: record.data,
  } as Answer
}

export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function ownRecord(type: OwnRecord['type'], name: string, data: Data): OwnRecord {
  const isHostRecord = type === 'SRV' || type === 'A' || type === 'NSEC'
  const record = {
    type,
    name,
    ttlSeconds: isHostRecord ? HOST_TTL_SECONDS : OTHER_TTL_SECONDS,
    isShared: type === 'PTR',
    data,
    size: 0,
  }
  return { ...record, size: encodingLength({ answers: [toAnswer(record)] }) - DNS_HEADER_BYTES }
}

function noOther(name: string, rrtypes: string[]): OwnRecord {
  return ownRecord('NSEC', name, { nextDomain: name, rrtypes })
}

function sameData(record: OwnRecord, data: unknown): boolean {
  const { data: own } = record
  if (typeof own === 'string') {
    return typeof data === 'string' && (isIPv4(own) ? own === data : sameName(own, data))
  }
  if (Array.isArray(own)) {
    const strings = (Array.isArray(data) ? data : [data]).map(String)
    return strings.length === own.length && own.every((text, index) => text === strings[index])
  }
  if (!('port' in own)) return false
  const other = data as Partial<typeof own>
  return other.port === own.port && sameName(String(other.target), own.target)
}

function cut(text: string, maxBytes: number): string {
  let end = text.length
  while (Buffer.byteLength(text.slice(0, end)) > maxBytes) end -= 1
  return text.slice(0, end)
}
