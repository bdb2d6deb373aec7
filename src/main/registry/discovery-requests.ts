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
import { readListQuery, readRange, requesterOf, type ListQuery } from './discovery-params.ts'
import type { DropLog } from './drop-log.ts'
import type { FleetIndex } from './fleet-index.ts'
import { summarizeFleet } from './fleet-summary.ts'
import type { ReplyRooms } from './reply-rooms.ts'
import { SelectorAnswers } from './selector-answers.ts'
import type { TenantIndex } from './tenant-index.ts'
import { failureText, paramsObject, rawResultText, readRequest } from './rpc-text.ts'

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
  /** Where lists are written. */
  readonly rooms: Pick<ReplyRooms, 'take'>
}

interface DiscoveryWire {
  /** Largest message that the server takes, in bytes. */
  maxPayload(): number
}

/** JSON text, or its bytes. */
type Reply = string | Uint8Array

interface Page {
  readonly entries: readonly DeviceEntry[]
  /** Of their records, each with a comma. */
  readonly bytes: number
  /** How many were looked at for it. */
  readonly consumed: number
}

/** Answers requests on `P.T.discovery` (protocol.md, "Discovery RPC") from memory. */
export class DiscoveryRequests {
  readonly #parts: DiscoveryParts
  readonly #selectors: SelectorAnswers
  /** Summaries of whole tenants, until a device comes, goes or moves. */
  readonly #summaries = new WeakMap<TenantIndex, { version: number; text: string }>()

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
    const { index, visibility, wire } = parts
    this.#selectors = new SelectorAnswers({
      index,
      visibility,
      maxPayload: () => wire.maxPayload(),
    })
  }

  /** @returns the reply as JSON text, never larger than the server takes */
  answer(tenant: string, data: Uint8Array, source: string): string {
    const reply = this.reply(tenant, data, source)
    return typeof reply === 'string' ? reply : Buffer.from(reply).toString()
  }

  /** The same as it goes out: lists as bytes, in a room to give back once they are sent. */
  reply(tenant: string, data: Uint8Array, source: string): Reply {
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
      if (method === 'discovery/discover' || method === 'discovery/discoverLabels') {
        return this.#select(tenant, id, method, params, source)
      }
    } catch (error) {
      const why = `the registry could not answer (${messageOf(error)})`
      return this.#refuse(id, JSON_RPC_INTERNAL_ERROR, why, source)
    }
    return this.#refuse(id, JSON_RPC_METHOD_NOT_FOUND, 'method not found', source)
  }

  /**
   * The devices that a selector addresses, for the app itself, from whom nothing is hidden.
   * @throws RejectedError `SELECTOR_MALFORMED`
   */
  select(tenant: string, selector: string): readonly DeviceEntry[] {
    return this.#selectors.devices(tenant, selector)
  }

  #list(tenant: string, id: JsonRpcId, params: Record<string, unknown>, source: string): Reply {
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
      if (page.entries.length === wanted.length) return this.#listBytes(id, page, '')
      const why = `the ${matched.length} devices do not fit into one reply; ask for pages with limit and offset`
      return this.#refuse(id, JSON_RPC_INVALID_PARAMS, why, source)
    }
    const next = query.offset + page.consumed
    const nextOffset = next < matched.length ? String(next) : 'null'
    return this.#listBytes(
      id,
      page,
      `,"next_offset":${nextOffset},"total_matched":${matched.length}`,
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
    if (this.#fit([entry]).entries.length > 0) {
      return rawResultText(id, `{"device":${entry.record()}}`)
    }
    const why = 'the record does not fit into one reply of this server'
    return this.#refuse(id, JSON_RPC_INTERNAL_ERROR, why, source)
  }

  #describe(
    tenant: string,
    id: JsonRpcId,
    params: Record<string, unknown>,
    source: string,
  ): string {
    const summary = this.#summary(tenant, requesterOf(params))
    return this.#whole(id, summary, 'the summary', source)
  }

  #summary(tenant: string, requester: string): string {
    const index = this.#parts.index.tenant(tenant)
    const summarize = () =>
      JSON.stringify(summarizeFleet(this.#selectors.groupsSeenBy(tenant, requester)))
    if (index === undefined || this.#parts.visibility !== undefined) return summarize()
    const known = this.#summaries.get(index)
    if (known?.version === index.groupsVersion) return known.text
    const text = summarize()
    this.#summaries.set(index, { version: index.groupsVersion, text })
    return text
  }

  #select(
    tenant: string,
    id: JsonRpcId,
    method: 'discovery/discover' | 'discovery/discoverLabels',
    params: Record<string, unknown>,
    source: string,
  ): string {
    const range = readRange(params)
    if ('complaint' in range) {
      return this.#refuse(id, JSON_RPC_INVALID_PARAMS, range.complaint, source)
    }
    const requester = requesterOf(params)
    const answer =
      method === 'discovery/discover'
        ? this.#selectors.discover(tenant, params['selector'], requester, range)
        : this.#selectors.discoverLabels(tenant, params['key'], requester, range)
    return this.#whole(id, answer, 'the vocabulary', source)
  }

  /** A result that can't be cut into pages. */
  #whole(id: JsonRpcId, result: string, what: string, source: string): string {
    const reply = rawResultText(id, result)
    if (Buffer.byteLength(reply) <= this.#parts.wire.maxPayload()) return reply
    const why = `${what} does not fit into one reply of this server`
    return this.#refuse(id, JSON_RPC_INTERNAL_ERROR, why, source)
  }

  #matching(tenant: string, query: ListQuery): readonly DeviceEntry[] {
    const index = this.#parts.index.tenant(tenant)
    if (index === undefined) return []
    const { deviceType, location, requesterId } = query
    const { visibility } = this.#parts
    if (deviceType === '' && location === '' && visibility === undefined) return index.all()
    const requester = visibility === undefined ? '' : requesterId
    const view = index.view({
      key: `list\n${JSON.stringify([deviceType, location])}\n${requester}`,
      fitsGroup: (group) => contains(group.type, deviceType) && contains(group.location, location),
      fitsDevice: visibility && ((entry) => visibility(requesterId, entry.tenant, entry.deviceId)),
    })
    return view.inOrder()
  }

  #mayBeSeen(requesterId: string, entry: DeviceEntry): boolean {
    const { visibility } = this.#parts
    return visibility === undefined || visibility(requesterId, entry.tenant, entry.deviceId)
  }

  /**
   * As many records as one reply holds. A record that does not even fit alone (the server's limit
   * shrank after it registered) is passed over, so that a walk through the pages ends.
   */
  #fit(entries: readonly DeviceEntry[]): Page {
    const room = this.#parts.wire.maxPayload() - ENVELOPE_BYTES
    const fitting: DeviceEntry[] = []
    let used = 0
    let consumed = 0
    for (const entry of entries) {
      const bytes = entry.recordBytes() + 1
      if (used + bytes > room && bytes <= room) break
      consumed += 1
      if (bytes > room) continue
      used += bytes
      fitting.push(entry)
    }
    return { entries: fitting, bytes: used, consumed }
  }

  /** The devices of a page, written as bytes at once: text in between would cost most of the time. */
  #listBytes(id: JsonRpcId, page: Page, more: string): Uint8Array {
    const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"devices":[`
    const tail = `]${more}}}`
    const reply = this.#parts.rooms.take(Buffer.byteLength(head) + page.bytes + tail.length)
    let end = reply.write(head)
    for (const [place, entry] of page.entries.entries()) {
      if (place > 0) end += reply.write(',', end, 'latin1')
      end = entry.writeRecord(reply, end)
    }
    end += reply.write(tail, end, 'latin1')
    return reply.subarray(0, end)
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
