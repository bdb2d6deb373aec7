import { headers, type MsgHdrs } from '@nats-io/nats-core'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { COMMAND_DEADLINE_HEADER, COMMAND_ID_HEADER } from '#shared/protocol/queue.ts'
import { newTraceparent } from '../rpc/trace-context.ts'

/** Whom devices see as the caller, in `_dc_meta`. */
const SOURCE = 'muster-console'

/** A command as it lies in the queue. */
export interface CommandMessage {
  readonly id: string
  readonly functionName: string
  readonly params: JsonObject
  /** Who put it there, as far as it says. */
  readonly by: string
  readonly deadline: Date | null
}

/** The JSON-RPC request of a command: the same as a call on `P.T.D.cmd`. */
export function commandText({
  id,
  functionName,
  params,
  by,
}: Omit<CommandMessage, 'deadline'>): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: functionName,
    params: {
      ...params,
      _dc_meta: { source_device: SOURCE, requested_by: by, traceparent: newTraceparent() },
    },
  })
}

export function commandHeaders({ id, deadline }: Pick<CommandMessage, 'id' | 'deadline'>): MsgHdrs {
  const fields = headers()
  fields.set(COMMAND_ID_HEADER, id)
  if (deadline !== null) fields.set(COMMAND_DEADLINE_HEADER, deadline.toISOString())
  return fields
}

/**
 * Reads a command from the queue, whoever put it there. Undefined where it is no request that a device
 * could carry out.
 */
export function readCommand(text: string, fields: MsgHdrs | undefined): CommandMessage | undefined {
  const request = parseJsonObject(text)
  const { id, method } = request ?? {}
  if (typeof method !== 'string' || method === '') return undefined
  const own = fields?.get(COMMAND_ID_HEADER) ?? ''
  const name = own !== '' ? own : typeof id === 'string' || typeof id === 'number' ? String(id) : ''
  if (name === '') return undefined
  const params = isJsonObject(request?.['params']) ? request['params'] : {}
  const { _dc_meta: meta, ...named } = params
  return {
    id: name,
    functionName: method,
    params: named,
    by: callerIn(meta),
    deadline: instant(fields?.get(COMMAND_DEADLINE_HEADER)),
  }
}

function callerIn(meta: unknown): string {
  const { requested_by: by, source_device: source } = isJsonObject(meta) ? meta : {}
  if (typeof by === 'string') return by
  return typeof source === 'string' ? source : 'unknown'
}

function instant(text: string | undefined): Date | null {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? null : new Date(at)
}
