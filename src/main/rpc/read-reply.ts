import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { limitJson, type JsonLimits } from '#shared/protocol/limit-json.ts'
import { cleanText } from '#shared/protocol/device-text.ts'

/** JSON-RPC 2.0, "Error object": what came was not JSON. Used for answers here, not requests. */
const PARSE_ERROR = -32700
/** JSON, but no JSON-RPC response. */
const INVALID_RESPONSE = -32600

/** More than a window can show; NATS servers of large fleets allow 8 MB. */
const REPLY_LIMIT_BYTES = 1024 * 1024

const MAX_MESSAGE_LENGTH = 4096
const RESULT: JsonLimits = { maxDepth: 64, maxValues: 200_000 }

type Answer = Extract<RpcOutcome, { type: 'result' | 'error' }>

/**
 * What a device answered, as a value: whatever it sends, nothing throws. The reply's `id` is not
 * compared: the inbox ties reply to request, and devices in the field send null or a number for a
 * text.
 */
export function readReply(bytes: Uint8Array, durationMs: number): Answer {
  if (bytes.byteLength > REPLY_LIMIT_BYTES) {
    return unusable(
      INVALID_RESPONSE,
      `The device answered with ${Math.round(bytes.byteLength / 1024)} KiB, more than the ${REPLY_LIMIT_BYTES / 1024} KiB that are shown.`,
      { problem: 'RPC_REPLY_TOO_LARGE', bytes: bytes.byteLength },
      durationMs,
    )
  }
  const reply = parseJsonObject(new TextDecoder().decode(bytes))
  if (reply === undefined) {
    return unusable(
      PARSE_ERROR,
      'The device answered with something that is not a JSON object.',
      { problem: 'RPC_REPLY_MALFORMED' },
      durationMs,
    )
  }
  if (isJsonObject(reply['error'])) return failureOf(reply['error'], durationMs)
  if ('result' in reply) {
    return { type: 'result', result: limitJson(reply['result'], RESULT), durationMs }
  }
  return unusable(
    INVALID_RESPONSE,
    'The device answered with JSON that is no JSON-RPC response: it has neither a result nor an error.',
    { problem: 'RPC_REPLY_MALFORMED' },
    durationMs,
  )
}

function failureOf(error: JsonObject, durationMs: number): Answer {
  const { code, message, data } = error
  return {
    type: 'error',
    code: typeof code === 'number' && Number.isFinite(code) ? code : INVALID_RESPONSE,
    message: typeof message === 'string' ? cleanText(message, MAX_MESSAGE_LENGTH) : '',
    data: limitJson(data, RESULT),
    durationMs,
  }
}

function unusable(code: number, message: string, data: JsonObject, durationMs: number): Answer {
  return { type: 'error', code, message, data, durationMs }
}
