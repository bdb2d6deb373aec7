import { randomUUID } from 'node:crypto'
import { TimeoutError, type NatsConnection } from '@nats-io/nats-core'
import { messageOf, RejectedError, TransientError } from '#shared/errors.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import { orAborted } from '../steps/or-aborted.ts'

const REQUEST_TIMEOUT_MS = 5_000
/**
 * The server's clamp (protocol.md, "Discovery RPC"), then smaller ones for records so large that a
 * page exceeds the server's max_payload: the reply is dropped then, or an error comes instead.
 */
const PAGE_LIMITS = [200, 40, 5] as const
/** 200 devices a page make a million. */
const MAX_PAGES = 5_000
/** A fleet that changes while it is read is read again that often. */
const MAX_READINGS = 3

export interface DiscoveryClientOptions {
  readonly connection: NatsConnection
  /** `P.T.discovery` */
  readonly subject: string
  /** For the registry's access lists. */
  readonly requesterId: string
  readonly requestTimeoutMs?: number
}

interface Page {
  readonly records: readonly JsonObject[]
  readonly nextOffset: number | null
  readonly total: number | null
}

/** The discovery RPC of a registry, ours or another (protocol.md, "Discovery RPC"). */
export class DiscoveryClient {
  private readonly options: DiscoveryClientOptions
  private limitAt = 0

  constructor(options: DiscoveryClientOptions) {
    this.options = options
  }

  /**
   * All records of the tenant. Pages shift when devices come or go in between, so a reading during
   * which the total changed is done again; the last one counts.
   * @throws TransientError `REGISTRY_UNREACHABLE`; RejectedError `REGISTRY_REFUSED`,
   *   `REGISTRY_REPLY_MALFORMED`; the signal's reason.
   */
  async listAll(signal: AbortSignal): Promise<readonly JsonObject[]> {
    for (let reading = 1; ; reading += 1) {
      const { records, steady } = await this.readAll(signal)
      if (steady || reading === MAX_READINGS) return records
    }
  }

  /** How many devices the registry lists. */
  async count(signal: AbortSignal): Promise<number | null> {
    return (await this.page(0, 1, signal)).total
  }

  /** The record of one device; null where the registry has none. */
  async getDevice(deviceId: string, signal: AbortSignal): Promise<JsonObject | null> {
    const result = await this.request('discovery/getDevice', { device_id: deviceId }, signal)
    const device = result['device']
    return isJsonObject(device) ? device : null
  }

  private async readAll(
    signal: AbortSignal,
  ): Promise<{ readonly records: JsonObject[]; readonly steady: boolean }> {
    const records: JsonObject[] = []
    const totals = new Set<number | null>()
    let offset = 0
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await this.pageThatFits(offset, signal)
      records.push(...page.records)
      totals.add(page.total)
      if (page.nextOffset === null) return { records, steady: totals.size === 1 }
      if (page.nextOffset <= offset) throw malformed('its pages do not advance')
      offset = page.nextOffset
    }
    throw malformed('its pages do not end')
  }

  private async pageThatFits(offset: number, signal: AbortSignal): Promise<Page> {
    for (;;) {
      try {
        return await this.page(offset, PAGE_LIMITS[this.limitAt] ?? 1, signal)
      } catch (error) {
        if (!mayBeTooLarge(error) || this.limitAt === PAGE_LIMITS.length - 1) throw error
        this.limitAt += 1
      }
    }
  }

  private async page(offset: number, limit: number, signal: AbortSignal): Promise<Page> {
    const result = await this.request('discovery/listDevices', { offset, limit }, signal)
    const { devices, next_offset: next, total_matched: total } = result
    if (!Array.isArray(devices)) throw malformed('it lists no devices')
    return {
      records: devices.filter((device) => isJsonObject(device)),
      nextOffset: Number.isSafeInteger(next) ? (next as number) : null,
      total: Number.isSafeInteger(total) ? (total as number) : null,
    }
  }

  private async request(
    method: string,
    params: JsonObject,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const { connection, subject, requesterId } = this.options
    const request = {
      jsonrpc: '2.0',
      id: randomUUID(),
      method,
      params: { ...params, requester_id: requesterId },
    }
    const answer = connection.request(subject, JSON.stringify(request), {
      timeout: this.options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    })
    const reply = parseJsonObject(
      await orAborted(
        answer.then((message) => message.string()),
        signal,
      ).catch((error: unknown) => {
        signal.throwIfAborted()
        throw unreachable(error)
      }),
    )
    if (isJsonObject(reply?.['error'])) throw refused(reply['error'])
    const result = reply?.['result']
    if (!isJsonObject(result)) throw malformed('it answers without a result')
    return result
  }
}

function mayBeTooLarge(error: unknown): boolean {
  if (error instanceof TransientError) return error.cause instanceof TimeoutError
  return error instanceof RejectedError && error.code === 'REGISTRY_REFUSED'
}

function unreachable(cause: unknown): TransientError {
  return new TransientError({
    code: 'REGISTRY_UNREACHABLE',
    message: `The registry of this mesh does not answer (${messageOf(cause)}), so the fleet can not be read.`,
    advice: 'Check that a registry runs for this tenant. Muster asks again by itself.',
    cause,
  })
}

function refused(error: JsonObject): RejectedError {
  return new RejectedError({
    code: 'REGISTRY_REFUSED',
    message: `The registry of this mesh refuses to list devices: ${cleanText(String(error['message']), 300)}`,
    advice: 'Check with whoever runs the registry what these credentials may see.',
    details: { code: typeof error['code'] === 'number' ? error['code'] : null },
  })
}

function malformed(why: string): RejectedError {
  return new RejectedError({
    code: 'REGISTRY_REPLY_MALFORMED',
    message: `What answers as the registry of this mesh does not speak its protocol: ${why}.`,
    advice: 'Check which program answers on the discovery subject.',
  })
}
