import type { NatsConnection } from '@nats-io/nats-core'
import type { DeviceAddress, DeviceRecord } from '#shared/contract/fleet.ts'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { MusterError } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { isJsonObject, parseJsonObject } from '#shared/protocol/json-rpc.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import {
  CREDENTIALS_UPDATED_EVENT,
  KEPT_OLD,
  UPDATE_CREDENTIALS,
} from '#shared/protocol/update-credentials.ts'
import type { TenantConnections } from '../rpc/tenant-connections.ts'
import { pause } from '../steps/pause.ts'
import type { DeliveryOrder, DeliveryOutcome, Recipient, RenewalDelivery } from './delivery.ts'
import {
  deviceOffline,
  fellBack,
  noFunction,
  notADevice,
  refusedByDevice,
} from './renewal-errors.ts'

/** A device stores a file before it answers; slow flash takes seconds for that. */
const CALL_TIMEOUT_MS = 15_000
const MIN_CALL_TIMEOUT_MS = 1_000
/**
 * A device that changes its connection, or was cut with its server, listens again in a moment. Pauses
 * between asking whether it does, doubled from the first to the last.
 */
const FIRST_ABSENCE_MS = 250
const LAST_ABSENCE_MS = 2_000

/** What the registry knows of devices. */
export interface DeviceView {
  isOnline(tenant: string, deviceId: string): boolean
  record(address: DeviceAddress, signal: AbortSignal): Promise<DeviceRecord | null>
}

export interface DeviceCaller {
  call(
    call: DeviceAddress & {
      readonly functionName: string
      readonly params: Readonly<Record<string, unknown>>
      readonly timeoutMs: number
    },
    signal: AbortSignal,
  ): Promise<RpcOutcome>
}

export interface MeshDeliveryOptions {
  readonly devices: DeviceView
  readonly rpc: DeviceCaller
  readonly connections: TenantConnections
  readonly dialect: () => Dialect
  readonly now: () => Date
}

/** Hands credentials over by `updateCredentials` (docs/extensions/update-credentials.md). */
export class MeshDelivery implements RenewalDelivery {
  readonly #options: MeshDeliveryOptions

  constructor(options: MeshDeliveryOptions) {
    this.#options = options
  }

  /** @throws `RENEWAL_NOT_OFFERED`, `RENEWAL_DEVICE_OFFLINE`, and what the registry throws. */
  async check({ tenant, deviceId }: Recipient, signal: AbortSignal): Promise<void> {
    if (tenant === null || deviceId === null) throw notADevice()
    const { devices } = this.#options
    if (!devices.isOnline(tenant, deviceId)) throw deviceOffline(deviceId)
    const record = await devices.record({ tenant, deviceId }, signal)
    const offered = record?.functions.some(({ name }) => name === UPDATE_CREDENTIALS) ?? false
    if (!offered) throw noFunction(deviceId)
  }

  async deliver(order: DeliveryOrder, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { tenant, deviceId } = order.recipient
    if (tenant === null || deviceId === null) throw notADevice()
    for (let waitMs = FIRST_ABSENCE_MS; ; waitMs *= 2) {
      const outcome = await this.#call({ tenant, deviceId }, order, signal)
      switch (outcome?.type) {
        case undefined:
        case 'timeout':
          return 'unknown'
        case 'result':
          return 'taken'
        case 'error':
          throw refusedByDevice(deviceId, outcome.message)
        case 'no-responder':
          if (waitMs > LAST_ABSENCE_MS) throw deviceOffline(deviceId)
      }
      await pause(waitMs, signal)
    }
  }

  /** Undefined where the connection broke, and the device may have heard the call. */
  async #call(
    address: DeviceAddress,
    order: DeliveryOrder,
    signal: AbortSignal,
  ): Promise<RpcOutcome | undefined> {
    const { rpc, now } = this.#options
    const leftMs = order.deadline.getTime() - now().getTime()
    const params = {
      credentials: order.file,
      deadline_seconds: Math.max(1, Math.floor(leftMs / 1000)),
    }
    const timeoutMs = Math.min(CALL_TIMEOUT_MS, Math.max(MIN_CALL_TIMEOUT_MS, leftMs))
    try {
      return await rpc.call(
        { ...address, functionName: UPDATE_CREDENTIALS, params, timeoutMs },
        signal,
      )
    } catch (error) {
      if (error instanceof MusterError && error.code === 'RPC_CONNECTION_LOST') return undefined
      throw error
    }
  }

  onRefused({ tenant, deviceId }: Recipient, listener: (error: MusterError) => void): () => void {
    if (tenant === null || deviceId === null) return () => undefined
    const { connections, dialect } = this.#options
    const subject = subjectsOf(dialect()).event(tenant, deviceId, CREDENTIALS_UPDATED_EVENT)
    let stop = () => undefined as void
    const unsubscribe = connections.subscribe(tenant, (connection) => {
      stop()
      stop = connection === undefined ? () => undefined : hear(connection, subject, tell)
    })
    function tell(reason: string) {
      listener(fellBack(deviceId ?? '', reason))
    }
    return () => {
      unsubscribe()
      stop()
    }
  }
}

/** Hears a device say that it kept its old credential. */
function hear(
  connection: NatsConnection,
  subject: string,
  onKeptOld: (reason: string) => void,
): () => void {
  if (connection.isClosed()) return () => undefined
  const subscription = connection.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return
      const params = parseJsonObject(message.string())?.['params']
      if (!isJsonObject(params) || params['outcome'] !== KEPT_OLD) return
      onKeptOld(typeof params['reason'] === 'string' ? params['reason'] : '')
    },
  })
  return () => subscription.unsubscribe()
}
