import type { Schema } from '@cfworker/json-schema'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import type { Clock } from './clock.ts'

/** Labels by which selectors find devices, functions and events (protocol.md, "Selectors"). */
type Labels = Readonly<Record<string, string | readonly string[]>>

/** One call of a function, beside its parameters. */
interface FunctionCall {
  readonly device: DeviceHandle
  /** The device that called, where the caller said so in `_dc_meta`. */
  readonly sourceDevice: string | undefined
}

export interface DeviceFunction {
  readonly name: string
  readonly description: string
  /** JSON Schema of the named arguments; a call is checked against it before `run`. */
  readonly parameters: Schema
  readonly labels?: Labels
  readonly tags?: readonly string[]
  /** What the function does; the value (or its promise) is the result, a throw is -32603. */
  readonly run: (params: JsonObject, call: FunctionCall) => unknown
}

interface DeviceEvent {
  readonly name: string
  readonly description: string
  /** JSON Schema of the payload. */
  readonly payloadSchema?: Schema
  readonly labels?: Labels
  readonly tags?: readonly string[]
}

/** Everything that a simulated device is, apart from where it connects. */
export interface DeviceDescription {
  readonly deviceId: string
  /** `device_type`, `manufacturer` and so on, as it goes over the wire. */
  readonly identity: Readonly<JsonObject>
  readonly description: string
  readonly labels?: Labels
  readonly functions: readonly DeviceFunction[]
  readonly events: readonly DeviceEvent[]
  /** Status at start: `location`, `availability`, … */
  readonly status: Readonly<JsonObject>
  /** What the device does by itself; called once, when it is online for the first time. */
  readonly behave?: (device: DeviceHandle) => void
}

export interface CallOptions {
  /** How long to wait for the answer; 5 s unless told. */
  readonly timeoutMs?: number
}

/** A device as its own functions and behaviour see it. */
export interface DeviceHandle {
  readonly deviceId: string
  readonly clock: Clock
  /** Aborted when the device stops or crashes. */
  readonly signal: AbortSignal
  readonly status: Readonly<JsonObject>
  /**
   * Publishes an event. False where there is no connection: the event is then lost, as on a
   * device without a buffer.
   */
  emit(name: string, payload: JsonObject): boolean
  /** Merges fields into the status; the next heartbeat carries them. */
  setStatus(patch: JsonObject): void
  /** Sends a heartbeat now, out of turn. */
  beat(): void
  /**
   * Calls a function of another device of the tenant.
   * @throws RejectedError `CALL_FAILED` where it answers with an error, TransientError
   * `REQUEST_UNANSWERED` where nothing comes.
   */
  call(
    deviceId: string,
    method: string,
    params?: JsonObject,
    options?: CallOptions,
  ): Promise<unknown>
  /** Listens to an event of another device; the returned function ends it. */
  onEvent(deviceId: string, name: string, listener: (payload: JsonObject) => void): () => void
}

/** `registerDevice` params (protocol.md, "Registration"), which `requestRegistration` returns too. */
export function registrationParams(
  description: DeviceDescription,
  status: Readonly<JsonObject>,
  ttlSeconds: number,
  nowMs: number,
): JsonObject {
  return {
    device_id: description.deviceId,
    device_ttl: ttlSeconds,
    capabilities: {
      description: description.description,
      functions: description.functions.map((it) => ({
        name: it.name,
        description: it.description,
        parameters: it.parameters,
        ...(it.labels === undefined ? {} : { labels: it.labels }),
        tags: it.tags ?? [],
      })),
      events: description.events.map((it) => ({
        name: it.name,
        description: it.description,
        ...(it.payloadSchema === undefined ? {} : { payload_schema: it.payloadSchema }),
        ...(it.labels === undefined ? {} : { labels: it.labels }),
        tags: it.tags ?? [],
      })),
      ...(description.labels === undefined ? {} : { labels: description.labels }),
    },
    identity: description.identity,
    status: { ...status, ts: wireTime(nowMs) },
  }
}

/** `YYYY-MM-DDTHH:MM:SSZ` (protocol.md, "Subjects"). */
export function wireTime(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`
}
