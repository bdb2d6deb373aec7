import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { pause } from './clock.ts'
import type { DeviceDescription, DeviceHandle } from './description.ts'
import type { FunctionTable } from './function-calls.ts'
import { matchesWhere } from './where.ts'

/** The answer of one device to a broadcast, for `P.T.D.event.async_reply.CORRELATION`. */
export interface BroadcastReply {
  readonly correlationId: string
  readonly payload: JsonObject
}

/**
 * Decides whether a message on `P.T.broadcast` addresses this device, waits for `fire_at`, calls
 * the function and returns the reply; undefined where the device is not meant, is too late
 * (`on_late` is `skip` unless told), or the envelope is unusable.
 */
export async function answerBroadcast(
  text: string,
  description: DeviceDescription,
  functions: FunctionTable,
  device: DeviceHandle,
): Promise<BroadcastReply | undefined> {
  const envelope = parseJsonObject(text)
  const correlationId = envelope?.['correlation_id']
  const method = envelope?.['function']
  if (envelope === undefined || typeof method !== 'string') return undefined
  if (typeof correlationId !== 'string' || !isSafeToken(correlationId)) return undefined
  if (!isAddressed(envelope, description, device)) return undefined
  if (!(await inTime(envelope, device))) return undefined

  const firedAt = device.clock.now() / 1000
  const outcome = await functions.invoke(method, envelope['params'] ?? {}, device)
  return {
    correlationId,
    payload: {
      correlation_id: correlationId,
      device_id: device.deviceId,
      success: 'result' in outcome,
      ...('result' in outcome
        ? { result: outcome.result }
        : { error: { code: 'invoke_failed', message: outcome.error.message } }),
      actually_fired_at: firedAt,
    },
  }
}

function isAddressed(
  envelope: JsonObject,
  description: DeviceDescription,
  device: DeviceHandle,
): boolean {
  const targets = envelope['targets']
  if (Array.isArray(targets) && targets.length > 0 && !targets.includes(device.deviceId)) {
    return false
  }
  const where = envelope['where']
  if (typeof where !== 'string' || where === '') return true
  const { location } = device.status
  return matchesWhere(where, {
    identity: { ...description.identity, device_id: device.deviceId },
    labels: { ...(location === undefined ? {} : { location }), ...description.labels },
    status: device.status,
    bindings: isJsonObject(envelope['bindings']) ? envelope['bindings'] : {},
  })
}

async function inTime(envelope: JsonObject, device: DeviceHandle): Promise<boolean> {
  const fireAt = envelope['fire_at']
  if (typeof fireAt !== 'number') return true
  const waitMs = fireAt * 1000 - device.clock.now()
  if (waitMs < 0) return envelope['on_late'] === 'fire'
  await pause(device.clock, waitMs, device.signal)
  return !device.signal.aborted
}
