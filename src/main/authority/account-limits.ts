import type { TenantLimits } from '#shared/contract/tenants.ts'
import type { AccountLimits } from './account-claims.ts'

const NONE = -1

/** The limits of an account as people set them; null is no limit. */
export function limitsOf(limits: AccountLimits): TenantLimits {
  const {
    mem_storage: memory = 0,
    disk_storage: disk = 0,
    streams = NONE,
    consumer = NONE,
  } = limits
  return {
    connections: known(limits.conn),
    subscriptions: known(limits.subs),
    payloadBytes: known(limits.payload),
    dataBytes: known(limits.data),
    // Without storage of either kind the server keeps JetStream off.
    jetStream:
      memory === 0 && disk === 0
        ? null
        : {
            memoryBytes: known(memory),
            diskBytes: known(disk),
            streams: streams > 0 ? streams : null,
            consumers: consumer > 0 ? consumer : null,
          },
  }
}

/** The same as an account JWT carries them; what people do not set stays as it was. */
export function withLimits(before: AccountLimits, limits: TenantLimits): AccountLimits {
  const { mem_storage: _m, disk_storage: _d, streams: _s, consumer: _c, ...rest } = before
  const { jetStream } = limits
  return {
    ...rest,
    conn: limits.connections ?? NONE,
    subs: limits.subscriptions ?? NONE,
    payload: limits.payloadBytes ?? NONE,
    data: limits.dataBytes ?? NONE,
    ...(jetStream === null
      ? {}
      : {
          mem_storage: jetStream.memoryBytes ?? NONE,
          disk_storage: jetStream.diskBytes ?? NONE,
          streams: jetStream.streams ?? NONE,
          consumer: jetStream.consumers ?? NONE,
        }),
  }
}

// An account that another tool wrote may leave one out, which the server takes for zero.
function known(value: number | undefined): number | null {
  return value === undefined ? 0 : value < 0 ? null : value
}
