/** JSON-RPC 2.0 as the devices speak it (protocol.md). Shapes only; transport is elsewhere. */

export const JSON_RPC_METHOD_NOT_FOUND = -32601
export const JSON_RPC_INVALID_PARAMS = -32602
export const JSON_RPC_INTERNAL_ERROR = -32603

export type JsonRpcId = string | number | null

export interface JsonRpcFailure {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export type JsonRpcResponse =
  | { readonly jsonrpc: '2.0'; readonly id: JsonRpcId; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: JsonRpcId; readonly error: JsonRpcFailure }

/** A plain JSON object, which is what every message of the protocol is. */
export type JsonObject = Record<string, unknown>

/** Whether a parsed value is a plain JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Parses text to a JSON object; undefined where it is not JSON or not an object. `NaN` and
 * `Infinity` are read as null: JSON has no such numbers, yet devices in the field send them, since
 * Python writes a sensor's "no value" that way, and such a device is no less alive.
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  const value = parsed(text) ?? parsed(withoutNonFinite(text))
  return isJsonObject(value) ? value : undefined
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Texts, to be passed over, and what is to be replaced. An open text runs to the end: linear. */
const TEXT_OR_NON_FINITE = /"(?:[^"\\]|\\[^])*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/gu

/** The same text with null for each number that is none; undefined where there is none. */
function withoutNonFinite(text: string): string | undefined {
  if (!text.includes('NaN') && !text.includes('Infinity')) return undefined
  return text.replace(TEXT_OR_NON_FINITE, (found) => (found.startsWith('"') ? found : 'null'))
}

export function resultMessage(id: JsonRpcId, result: unknown): JsonRpcResponse {
  return { jsonrpc: '2.0', id, result }
}

export function errorMessage(id: JsonRpcId, code: number, message: string): JsonRpcResponse {
  return { jsonrpc: '2.0', id, error: { code, message } }
}
