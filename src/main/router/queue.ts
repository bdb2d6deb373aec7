import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type {
  QueueAvailability,
  QueuedCommand,
  QueueUpdate,
  TenantLag,
} from '#shared/contract/queue.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf, type Subscribe } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks of queued commands. */
export interface QueueCalls {
  availability(tenant: string, signal: AbortSignal): Promise<QueueAvailability>
  enable(tenant: string, signal: AbortSignal): Promise<QueueAvailability>
  watch(address: DeviceAddress): Subscribe<QueueUpdate>
  enqueue(
    command: DeviceAddress & {
      readonly id: string
      readonly functionName: string
      readonly params: Record<string, unknown>
      readonly expiresInMs: number
    },
    signal: AbortSignal,
  ): Promise<QueuedCommand>
  cancel(tenant: string, id: string, signal: AbortSignal): Promise<QueuedCommand>
  requeue(
    tenant: string,
    id: string,
    expiresInMs: number,
    signal: AbortSignal,
  ): Promise<QueuedCommand>
  discard(tenant: string, id: string, signal: AbortSignal): Promise<QueuedCommand>
  lag(tenant: string, signal: AbortSignal): Promise<TenantLag>
}

export function queueRouter(os: ContractImplementer['queue'], queue: QueueCalls) {
  return {
    availability: os.availability.handler(({ input, signal }) =>
      queue.availability(input.tenant, signal ?? NEVER),
    ),
    enable: os.enable.handler(({ input, signal }) => queue.enable(input.tenant, signal ?? NEVER)),
    watch: os.watch.handler(({ input, signal }) => streamOf(queue.watch(input), signal ?? NEVER)),
    enqueue: os.enqueue.handler(({ input, signal }) => queue.enqueue(input, signal ?? NEVER)),
    cancel: os.cancel.handler(({ input, signal }) =>
      queue.cancel(input.tenant, input.id, signal ?? NEVER),
    ),
    requeue: os.requeue.handler(({ input, signal }) =>
      queue.requeue(input.tenant, input.id, input.expiresInMs, signal ?? NEVER),
    ),
    discard: os.discard.handler(({ input, signal }) =>
      queue.discard(input.tenant, input.id, signal ?? NEVER),
    ),
    lag: os.lag.handler(({ input, signal }) => queue.lag(input.tenant, signal ?? NEVER)),
  }
}
