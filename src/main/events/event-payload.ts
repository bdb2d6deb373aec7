import { parseJsonObject } from '#shared/protocol/json-rpc.ts'

const MAX_PAYLOAD_BYTES = 16 * 1024
/** Parsing costs more than what is shown of it is worth; the text is cut as it came. */
const PARSED_UP_TO_BYTES = 256 * 1024

export interface EventPayload {
  /** The params as JSON text; the whole message where it is no JSON-RPC notification. */
  readonly text: string
  readonly truncated: boolean
}

/** The part of an event that is shown (protocol.md, "Subjects"): `{jsonrpc, method, params}`. */
export function payloadOf(bytes: Uint8Array): EventPayload {
  if (bytes.byteLength > PARSED_UP_TO_BYTES) return cut(bytes)
  const text = new TextDecoder().decode(bytes)
  const params = paramsText(text) ?? text
  if (Buffer.byteLength(params) <= MAX_PAYLOAD_BYTES) return { text: params, truncated: false }
  return cut(Buffer.from(params))
}

function paramsText(text: string): string | undefined {
  const message = parseJsonObject(text)
  // An `async_reply` is not a notification: all of it is the payload.
  if (message === undefined || !('params' in message)) return undefined
  try {
    return JSON.stringify(message['params'])
  } catch {
    // Nested so deeply that it can't be written again.
    return undefined
  }
}

function cut(bytes: Uint8Array): EventPayload {
  // `stream` leaves out a character that the cut went through, instead of a replacement mark.
  const decoder = new TextDecoder()
  const text = decoder.decode(bytes.subarray(0, MAX_PAYLOAD_BYTES), { stream: true })
  return { text, truncated: true }
}
