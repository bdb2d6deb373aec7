import {
  JSON_RPC_INTERNAL_ERROR,
  JSON_RPC_INVALID_PARAMS,
  JSON_RPC_METHOD_NOT_FOUND,
  parseJsonObject,
} from '#shared/protocol/json-rpc.ts'
import { messageOf } from '#shared/errors.ts'
import type { RegistryCounters } from './counters.ts'
import type { DropLog } from './drop-log.ts'
import type { Registrar } from './registrar.ts'
import type { RegistrationGate } from './registration-gate.ts'
import { checkRegistration } from './registration-params.ts'
import type { Requester } from './requester.ts'
import { failureText, readRequest, resultText } from './rpc-text.ts'

/** Answers requests on `P.T.registry` (protocol.md, "Registration"). */
export class RegistrationRequests {
  readonly #registrar: Registrar
  readonly #gate: RegistrationGate
  readonly #counters: RegistryCounters
  readonly #drops: DropLog

  constructor(
    registrar: Registrar,
    gate: RegistrationGate,
    counters: RegistryCounters,
    drops: DropLog,
  ) {
    this.#registrar = registrar
    this.#gate = gate
    this.#counters = counters
    this.#drops = drops
  }

  /**
   * Handles a request at once.
   * @param requester who asks, where the server says so
   * @returns the reply as JSON text
   */
  answer(tenant: string, data: Uint8Array, source: string, requester?: Requester): string {
    return this.#handle(tenant, data, source, requester).reply
  }

  /** The same, and replies once the store has the device where the store is one to wait for. */
  answerWhenSaved(
    tenant: string,
    data: Uint8Array,
    source: string,
    requester?: Requester,
  ): string | Promise<string> {
    const { reply, saved } = this.#handle(tenant, data, source, requester)
    return saved === undefined ? reply : saved.then(() => reply)
  }

  #handle(
    tenant: string,
    data: Uint8Array,
    source: string,
    requester: Requester | undefined,
  ): { readonly reply: string; readonly saved?: Promise<void> | undefined } {
    const request = readRequest(data)
    if (request === undefined) {
      return {
        reply: this.#refuse(null, JSON_RPC_INVALID_PARAMS, 'the request is no JSON object', source),
      }
    }
    if (request.method !== 'registerDevice') {
      return {
        reply: this.#refuse(request.id, JSON_RPC_METHOD_NOT_FOUND, 'method not found', source),
      }
    }
    const checked = checkRegistration(request.params)
    if ('complaint' in checked) {
      return { reply: this.#refuse(request.id, JSON_RPC_INVALID_PARAMS, checked.complaint, source) }
    }
    const { device_id: deviceId } = checked.params
    const refusal = this.#gate.refusal(tenant, deviceId, requester)
    if (refusal !== undefined) {
      return { reply: this.#refuse(request.id, refusal.code, refusal.message, source) }
    }
    try {
      const outcome = this.#registrar.register(tenant, checked.params)
      if ('tooLarge' in outcome) {
        const complaint = `params: the record is larger than the ${outcome.limitBytes} bytes that fit into a reply`
        return { reply: this.#refuse(request.id, JSON_RPC_INVALID_PARAMS, complaint, source) }
      }
      this.#gate.registered(tenant, deviceId, requester)
      const reply = resultText(request.id, {
        status: 'registered',
        device_registration_id: outcome.registrationId,
      })
      return { reply, saved: outcome.saved }
    } catch (error) {
      const why = `the registration failed inside the registry (${messageOf(error)})`
      return { reply: this.#refuse(request.id, JSON_RPC_INTERNAL_ERROR, why, source) }
    }
  }

  /**
   * Registers a device from its answer to `requestRegistration`.
   * @returns whether it is registered now
   */
  admitAnswer(tenant: string, deviceId: string, answer: string): boolean {
    const source = `${tenant}.${deviceId}`
    const checked = checkRegistration(parseJsonObject(answer)?.['result'])
    if ('complaint' in checked) {
      this.#drops.note(source, `an answer to requestRegistration: ${checked.complaint}`)
      return false
    }
    if (checked.params.device_id !== deviceId) {
      this.#counters.misattributed += 1
      this.#drops.note(source, 'an answer to requestRegistration that names another device')
      return false
    }
    return 'registrationId' in this.#registrar.register(tenant, checked.params, true)
  }

  #refuse(id: string | number | null, code: number, message: string, source: string): string {
    this.#counters.registrationsRefused += 1
    this.#drops.note(source, `registration refused: ${message}`)
    return failureText(id, code, message)
  }
}
