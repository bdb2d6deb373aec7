import { randomUUID } from 'node:crypto'
import {
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
  type NatsConnection,
} from '@nats-io/nats-core'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { messageOf, RejectedError, TransientError } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { readReply } from './read-reply.ts'
import type { TenantConnector } from './tenant-connections.ts'
import { newTraceparent } from './trace-context.ts'

const SOURCE_DEVICE = 'muster-console'
/** nats-server's default, for the moment in which a connection has not heard the real one. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024

export interface RpcServiceOptions {
  readonly connections: TenantConnector
  readonly dialect: () => Dialect
  /** Who calls, as devices see it in `_dc_meta`. */
  readonly sourceDevice?: string
}

export interface RpcCall extends DeviceAddress {
  readonly functionName: string
  readonly params: Readonly<Record<string, unknown>>
  readonly timeoutMs: number
}

/** Calls functions of devices: JSON-RPC over `P.T.D.cmd` (protocol.md, "Subjects"). */
export class RpcService {
  private readonly connections: TenantConnector
  private readonly dialect: () => Dialect
  private readonly sourceDevice: string

  constructor(options: RpcServiceOptions) {
    this.connections = options.connections
    this.dialect = options.dialect
    this.sourceDevice = options.sourceDevice ?? SOURCE_DEVICE
  }

  /**
   * Calls a function and returns what came of it: a result, the device's error, that nobody
   * listens, or that nothing came in time. A call that is cancelled may still be carried out.
   * @throws RejectedError `NAME_UNSAFE`, `RPC_NOT_PERMITTED`, `RPC_PARAMS_TOO_LARGE`;
   *   TransientError `RPC_CONNECTION_LOST` or that of the mesh; the signal's reason.
   */
  async call(call: RpcCall, signal: AbortSignal): Promise<RpcOutcome> {
    const subject = subjectsOf(this.dialect()).command(call.tenant, call.deviceId)
    const request = this.requestText(call)
    const connection = await this.connections.connectionFor(call.tenant, signal)
    signal.throwIfAborted()
    requireFits(connection, request)
    const startedAt = performance.now()
    try {
      const { timeoutMs: timeout } = call
      const answer = connection.request(subject, request, { timeout })
      const reply = await orAborted(answer, signal)
      return readReply(reply.data, performance.now() - startedAt)
    } catch (error) {
      signal.throwIfAborted()
      return this.outcomeOf(error, call, performance.now() - startedAt)
    }
  }

  private requestText({ functionName, params }: RpcCall): string {
    return JSON.stringify({
      jsonrpc: '2.0',
      id: randomUUID(),
      method: functionName,
      params: {
        ...params,
        _dc_meta: { source_device: this.sourceDevice, traceparent: newTraceparent() },
      },
    })
  }

  private outcomeOf(error: unknown, call: RpcCall, durationMs: number): RpcOutcome {
    // The client wraps what happened, and the wrapping differs from version to version.
    const causes = [error, error instanceof Error ? error.cause : undefined]
    if (causes.some((cause) => cause instanceof TimeoutError)) {
      return { type: 'timeout', timeoutMs: call.timeoutMs }
    }
    const noResponder = causes.some(
      (cause) =>
        cause instanceof NoRespondersError ||
        (cause instanceof RequestError && cause.isNoResponders()),
    )
    if (noResponder) return { type: 'no-responder', durationMs }
    if (causes.some((cause) => cause instanceof PermissionViolationError)) throw notPermitted(call)
    throw connectionLost(error)
  }
}

function requireFits(connection: NatsConnection, request: string): void {
  const limit = connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES
  const bytes = Buffer.byteLength(request)
  if (bytes <= limit) return
  throw new RejectedError({
    code: 'RPC_PARAMS_TOO_LARGE',
    message: `The parameters take ${bytes} bytes, more than the ${limit} that this mesh carries in one message.`,
    advice: 'Shorten them, or raise max_payload of the nats-server.',
    details: { bytes, limit },
  })
}

function notPermitted({ tenant, deviceId }: RpcCall): RejectedError {
  return new RejectedError({
    code: 'RPC_NOT_PERMITTED',
    message: `The credentials of this mesh do not permit to call ${deviceId} in ${tenant}.`,
    advice: 'Use credentials of this tenant with the right to publish to its devices.',
    details: { tenant, deviceId },
  })
}

function connectionLost(cause: unknown): TransientError {
  return new TransientError({
    code: 'RPC_CONNECTION_LOST',
    message: `The connection to the mesh broke while the device was being called (${messageOf(cause)}). It may have carried out the call.`,
    advice: 'Look at the state of the device before you call it again.',
    cause,
  })
}
