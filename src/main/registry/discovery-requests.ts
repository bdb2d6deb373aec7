import {
  JSON_RPC_INTERNAL_ERROR,
  JSON_RPC_INVALID_PARAMS,
  JSON_RPC_METHOD_NOT_FOUND,
  type JsonRpcId,
} from '#shared/protocol/json-rpc.ts'
import { messageOf } from '#shared/errors.ts'
import type { Visibility } from './access-lists.ts'
import type { RegistryCounters } from './counters.ts'
import type { DeviceEntry } from './device-entry.ts'
import { readListQuery, requesterOf, type ListQuery } from './discovery-params.ts'
import type { DropLog } from './drop-log.ts'
import type { FleetIndex } from './fleet-index.ts'
import { summarizeFleet } from './fleet-summary.ts'
import { failureText, paramsObject, rawResultText, readRequest, resultText } from './rpc-text.ts'

/** Room in a reply for what stands around the records. */
const ENVELOPE_BYTES = 512

export interface DiscoveryParts {
  readonly index: FleetIndex
  readonly counters: RegistryCounters
  readonly drops: DropLog
  readonly visibility: Visibility | undefined
  /** Largest page (`DC_LIST_DEVICES_MAX_LIMIT`). */
  readonly maxLimit: number
  readonly wire: DiscoveryWire
}

interface DiscoveryWire {
  /** Largest message that the server takes, in bytes. */
  maxPayload(): number
}

/** Answers requests on `P.T.discovery` (protocol.md, "Discovery RPC") from memory. */
export class DiscoveryRequests {
  readonly #parts: DiscoveryParts

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
  }

  /** @returns the reply as JSON text, never larger than the server takes */
  answer(tenant: string, data: Uint8Array, source: string): string {
    const request = readRequest(data)
    if (request === undefined) {
      return this.#refuse(null, JSON_RPC_INVALID_PARAMS, 'the request is no JSON object', source)
    }
    this.#parts.counters.discoveryRequests += 1
    const { id, method } = request
    const params = paramsObject(request.params)
    try {
      if (method === 'discovery/listDevices') return this.#list(tenant, id, params, source)
      if (method === 'discovery/getDevice') return this.#get(tenant, id, params, source)
      if (method === 'discovery/describeFleet') return this.#describe(tenant, id, params, source)
    } catch (error) {
      const why = `the registry could not answer (${messageOf(error)})`
      return this.#refuse(id, JSON_RPC_INTERNAL_ERROR, why, source)
    }
    return this.#refuse(id, JSON_RPC_METHOD_NOT_FOUND, 'method not found', source)
  }

  #list(tenant: string, id: JsonRpcId, params: Record<string, unknown>, source: string): string {
    const read = readListQuery(params, this.#parts.maxLimit)
    if ('complaint' in read) {
      return this.#refuse(id, JSON_RPC_INVALID_PARAMS, read.complaint, source)
    }
    const { query } = read
    const matched = this.#matching(tenant, query)
    const wanted =
      query.limit === undefined ? matched : matched.slice(query.offset, query.offset + query.limit)
    const page = this.#fit(wanted)
    if (query.limit === undefined) {
      if (page.complete) return rawResultText(id, `{"devices":[${page.records.join(',')}]}`)
      const why = `the ${matched.length} devices do not fit into one reply; ask for pages with limit and offset`
      return this.#refuse(id, JSON_RPC_INVALID_PARAMS, why, source)
    }
    const next = query.offset + page.consumed
    const nextOffset = next < matched.length ? String(next) : 'null'
    return rawResultText(
      id,
      `{"devices":[${page.records.join(',')}],"next_offset":${nextOffset},"total_matched":${matched.length}}`,
    )
  }

  #get(tenant: string, id: JsonRpcId, params: Record<string, unknown>, source: string): string {
    const deviceId = params['device_id']
    if (typeof deviceId !== 'string' || deviceId === '') {
      return this.#refuse(id, JSON_RPC_INVALID_PARAMS, 'device_id required', source)
    }
    const entry = this.#parts.index.get(tenant, deviceId)
    const visible = entry?.online === true && this.#mayBeSeen(requesterOf(params), entry)
    if (!visible) return rawResultText(id, '{"device":null}')
    const page = this.#fit([entry])
    const record = page.records[0]
    if (record !== undefined) return rawResultText(id, `{"device":${record}}`)
    const why = 'the record does not fit into one reply of this server'
    return this.#refuse(id, JSON_RPC_INTERNAL_ERROR, why, source)
  }

  #describe(
    tenant: string,
    id: JsonRpcId,
    params: Record<string, unknown>,
    source: string,
  ): string {
    const requester = requesterOf(params)
    const devices = this.#parts.index
      .onlineOf(tenant)
      .filter((entry) => this.#mayBeSeen(requester, entry))
    const reply = resultText(id, summarizeFleet(devices))
    if (Buffer.byteLength(reply) <= this.#parts.wire.maxPayload()) return reply
    const why = 'the summary does not fit into one reply of this server'
    return this.#refuse(id, JSON_RPC_INTERNAL_ERROR, why, source)
  }

  #matching(tenant: string, query: ListQuery): readonly DeviceEntry[] {
    const online = this.#parts.index.onlineOf(tenant)
    const { deviceType, location, requesterId } = query
    if (deviceType === '' && location === '' && this.#parts.visibility === undefined) return online
    return online.filter(
      (entry) =>
        contains(entry.facts.deviceType, deviceType) &&
        contains(entry.statusFacts.location, location) &&
        this.#mayBeSeen(requesterId, entry),
    )
  }

  #mayBeSeen(requesterId: string, entry: DeviceEntry): boolean {
    const { visibility } = this.#parts
    return visibility === undefined || visibility(requesterId, entry.tenant, entry.deviceId)
  }

  /**
   * As many records as one reply holds. A record that does not even fit alone (the server's limit
   * shrank after it registered) is passed over, so that a walk through the pages ends.
   */
  #fit(entries: readonly DeviceEntry[]): {
    readonly records: readonly string[]
    readonly consumed: number
    readonly complete: boolean
  } {
    const room = this.#parts.wire.maxPayload() - ENVELOPE_BYTES
    const records: string[] = []
    let used = 0
    let consumed = 0
    for (const entry of entries) {
      const record = entry.record()
      const bytes = Buffer.byteLength(record) + 1
      if (used + bytes > room && bytes <= room) break
      consumed += 1
      if (bytes > room) continue
      used += bytes
      records.push(record)
    }
    return { records, consumed, complete: records.length === entries.length }
  }

  #refuse(id: JsonRpcId, code: number, message: string, source: string): string {
    this.#parts.counters.discoveryRefused += 1
    this.#parts.drops.note(source, `discovery refused: ${message}`)
    return failureText(id, code, message)
  }
}

function contains(text: string | null, part: string): boolean {
  return part === '' || (text !== null && text.toLowerCase().includes(part))
}
