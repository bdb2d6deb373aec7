import {
  errorMessage,
  isJsonObject,
  parseJsonObject,
  resultMessage,
  type JsonRpcId,
} from '#shared/protocol/json-rpc.ts'

export interface ReceivedRequest {
  readonly id: JsonRpcId
  readonly method: string
  /** Undefined where the request has none. */
  readonly params: unknown
}

const utf8 = new TextDecoder()

/** A longer id is not echoed: replies have to fit into a message. The reply subject pairs them. */
const MAX_ID_LENGTH = 256

/** A JSON-RPC request from the wire; undefined where it is no JSON object. */
export function readRequest(data: Uint8Array): ReceivedRequest | undefined {
  const message = parseJsonObject(utf8.decode(data))
  if (message === undefined) return undefined
  const { id, method, params } = message
  const usable = typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LENGTH)
  return {
    id: usable ? id : null,
    method: typeof method === 'string' ? method : '',
    params,
  }
}

/** The params as an object; empty where there are none. */
export function paramsObject(params: unknown): Record<string, unknown> {
  return isJsonObject(params) ? params : {}
}

export function resultText(id: JsonRpcId, result: unknown): string {
  return JSON.stringify(resultMessage(id, result))
}

/** The same for a result that is JSON text already. */
export function rawResultText(id: JsonRpcId, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`
}

export function failureText(id: JsonRpcId, code: number, message: string): string {
  return JSON.stringify(errorMessage(id, code, message))
}
