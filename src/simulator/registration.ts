import { messageOf } from '#shared/errors.ts'
import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { pause, type Clock } from './clock.ts'
import type { DeviceLink } from './link.ts'

const REQUEST_TIMEOUT_MS = 5_000

/** Pauses between attempts to register: 1 s, doubled up to 30 s (protocol.md, "Registration"). */
export interface RegistrationBackoff {
  readonly firstMs: number
  readonly longestMs: number
}

export const REGISTRATION_BACKOFF: RegistrationBackoff = { firstMs: 1_000, longestMs: 30_000 }

export interface RegisterOptions {
  readonly link: DeviceLink
  readonly subject: string
  readonly clock: Clock
  readonly backoff: RegistrationBackoff
  readonly signal: AbortSignal
  /** Built again for each attempt, since the status moves on. */
  params(): JsonObject
  onFailure(message: string): void
}

/**
 * Registers a device, and tries until the registry says `registered`. Returns the registration id,
 * or undefined once the signal aborted.
 */
export async function register(options: RegisterOptions): Promise<string | undefined> {
  const { clock, backoff, signal } = options
  let waitMs = backoff.firstMs
  while (!signal.aborted) {
    const answer = await attempt(options)
    if (signal.aborted) return undefined
    if ('registrationId' in answer) return answer.registrationId
    options.onFailure(answer.failure)
    await pause(clock, waitMs, signal)
    waitMs = Math.min(waitMs * 2, backoff.longestMs)
  }
  return undefined
}

async function attempt(
  options: RegisterOptions,
): Promise<{ registrationId: string } | { failure: string }> {
  const params = options.params()
  const id = `${String(params['device_id'])}-${options.clock.now()}`
  const request = { jsonrpc: '2.0', id, method: 'registerDevice', params }
  try {
    return readReply(await options.link.request(options.subject, request, REQUEST_TIMEOUT_MS))
  } catch (error) {
    return { failure: `the registry is silent: ${messageOf(error)}` }
  }
}

function readReply(
  reply: JsonObject | undefined,
): { registrationId: string } | { failure: string } {
  const result = reply?.['result']
  if (isJsonObject(result) && result['status'] === 'registered') {
    return { registrationId: String(result['device_registration_id']) }
  }
  const error = reply?.['error']
  const said = isJsonObject(error) ? String(error['message']) : 'an answer that is no result'
  return { failure: `the registry refused: ${said}` }
}
