import { Validator } from '@cfworker/json-schema'
import { messageOf } from '#shared/errors.ts'
import {
  errorMessage,
  isJsonObject,
  JSON_RPC_INTERNAL_ERROR,
  JSON_RPC_INVALID_PARAMS,
  JSON_RPC_METHOD_NOT_FOUND,
  parseJsonObject,
  resultMessage,
  type JsonObject,
  type JsonRpcFailure,
  type JsonRpcId,
  type JsonRpcResponse,
} from '#shared/protocol/json-rpc.ts'
import type { DeviceFunction, DeviceHandle } from './description.ts'

/** What a call came to: a result, or the failure that goes back. */
export type CallOutcome = { readonly result: unknown } | { readonly error: JsonRpcFailure }

/** The functions of one device, ready to be called by name with unchecked parameters. */
export class FunctionTable {
  readonly #functions: ReadonlyMap<string, DeviceFunction>
  readonly #validators = new Map<string, Validator>()

  constructor(functions: readonly DeviceFunction[]) {
    this.#functions = new Map(functions.map((it) => [it.name, it]))
  }

  /** Checks the parameters against the function's schema and runs it. Never rejects. */
  async invoke(method: string, params: unknown, device: DeviceHandle): Promise<CallOutcome> {
    const target = this.#functions.get(method)
    if (target === undefined) return failure(JSON_RPC_METHOD_NOT_FOUND, `Unknown method: ${method}`)
    if (params !== undefined && !isJsonObject(params)) {
      return failure(JSON_RPC_INVALID_PARAMS, 'Invalid params: named arguments are expected')
    }
    const { _dc_meta: meta, ...named } = params ?? {}
    const complaint = this.#complaintAbout(target, named)
    if (complaint !== undefined) return failure(JSON_RPC_INVALID_PARAMS, complaint)
    const source = isJsonObject(meta) ? meta['source_device'] : undefined
    try {
      const result = await target.run(named, {
        device,
        sourceDevice: typeof source === 'string' ? source : undefined,
      })
      return { result: result ?? null }
    } catch (error) {
      return failure(JSON_RPC_INTERNAL_ERROR, messageOf(error))
    }
  }

  #complaintAbout(target: DeviceFunction, params: JsonObject): string | undefined {
    let validator = this.#validators.get(target.name)
    if (validator === undefined) {
      validator = new Validator(target.parameters, '2020-12')
      this.#validators.set(target.name, validator)
    }
    const { valid, errors } = validator.validate(params)
    if (valid) return undefined
    // The validator lists a failed keyword after the failures that led to it: the last with the
    // longest path says where it is.
    const deepest = errors.reduce((best, it) =>
      it.instanceLocation.length >= best.instanceLocation.length ? it : best,
    )
    return `Invalid params at ${deepest.instanceLocation}: ${deepest.error}`
  }
}

/**
 * Answers one message of `P.T.D.cmd`. Undefined where the protocol wants silence: a notification,
 * or something that is no request.
 */
export async function answerCommand(
  text: string,
  functions: FunctionTable,
  device: DeviceHandle,
  registration: () => JsonObject,
): Promise<JsonRpcResponse | undefined> {
  const request = parseJsonObject(text)
  if (request === undefined) return errorMessage(null, JSON_RPC_INVALID_PARAMS, 'Invalid JSON')
  const id = request['id']
  if (!isId(id)) return undefined
  const method = typeof request['method'] === 'string' ? request['method'] : ''
  if (method === 'requestRegistration') return resultMessage(id, registration())
  const outcome = await functions.invoke(method, request['params'], device)
  return 'result' in outcome
    ? resultMessage(id, outcome.result)
    : errorMessage(id, outcome.error.code, outcome.error.message)
}

function isId(id: unknown): id is Exclude<JsonRpcId, null> {
  return typeof id === 'string' || typeof id === 'number'
}

function failure(code: number, message: string): CallOutcome {
  return { error: { code, message } }
}
