import type { ConsumerInfo } from '@nats-io/jetstream'
import type { TenantLag } from '#shared/contract/queue.ts'
import type { CommandStream } from './command-stream.ts'

/** Consumers that are read for one look: eight pages. */
export const MAX_CONSUMERS = 2_048
/** Devices that are told one by one. */
const MAX_DEVICES = 100
/** Devices whose oldest command is looked up. */
const MAX_OLDEST = 20

type Lag = Omit<TenantLag, 'availability'>

/** Of a tenant without a queue. */
export const NO_LAG: Lag = {
  stream: null,
  consumers: 0,
  pending: 0,
  inFlight: 0,
  redelivered: 0,
  dead: 0,
  devices: [],
}

/** How far a tenant's devices are behind. @throws what JetStream answers. */
export async function tenantLag(
  stream: CommandStream,
  dead: ReadonlyMap<string, number>,
  subjectOf: (device: string) => string,
): Promise<Lag> {
  const info = await stream.find()
  if (info === undefined) return NO_LAG
  const { config, state } = info
  const consumers = (await stream.consumers(MAX_CONSUMERS)).flatMap((consumer) => {
    const device = deviceOf(consumer, subjectOf)
    return device === undefined ? [] : [{ device, consumer }]
  })
  const sum = (of: (consumer: ConsumerInfo) => number) =>
    consumers.reduce((total, { consumer }) => total + of(consumer), 0)
  const own = state.subjects === undefined ? state.messages : total(Object.values(state.subjects))
  return {
    stream: {
      name: config.name,
      commands: own,
      bytes: state.bytes,
      maxBytes: config.max_bytes > 0 ? config.max_bytes : null,
      oldestAt: own > 0 && state.messages > 0 ? new Date(state.first_ts).toISOString() : null,
    },
    consumers: consumers.length,
    pending: sum(({ num_pending }) => num_pending),
    inFlight: sum(({ num_ack_pending }) => num_ack_pending),
    redelivered: sum(({ num_redelivered }) => num_redelivered),
    dead: total([...dead.values()]),
    devices: await withOldest(stream, devicesOf(consumers, dead)),
  }
}

type DeviceLag = TenantLag['devices'][number]

function devicesOf(
  consumers: readonly { readonly device: string; readonly consumer: ConsumerInfo }[],
  dead: ReadonlyMap<string, number>,
): DeviceLag[] {
  return consumers
    .map(({ device, consumer }) => ({
      deviceId: device,
      pending: consumer.num_pending,
      inFlight: consumer.num_ack_pending,
      redelivered: consumer.num_redelivered,
      dead: dead.get(device) ?? 0,
      fetching: consumer.num_waiting > 0,
      oldestAt: null,
    }))
    .filter(({ pending, inFlight, dead: letters }) => pending + inFlight + letters > 0)
    .toSorted((one, other) => waits(other) - waits(one) || (one.deviceId < other.deviceId ? -1 : 1))
    .slice(0, MAX_DEVICES)
}

function waits({ pending, inFlight, dead }: DeviceLag): number {
  return pending + inFlight + dead
}

async function withOldest(stream: CommandStream, devices: readonly DeviceLag[]) {
  const looked = devices.slice(0, MAX_OLDEST).map(async (device) => {
    const oldest = await stream.oldest(device.deviceId)
    return { ...device, oldestAt: oldest?.toISOString() ?? null }
  })
  return [...(await Promise.all(looked)), ...devices.slice(MAX_OLDEST)]
}

/** The device of a consumer; undefined where it is somebody else's. */
export function deviceOf(
  { config }: ConsumerInfo,
  subjectOf: (device: string) => string,
): string | undefined {
  const device = config.filter_subject?.split('.').at(-2)
  return device !== undefined && config.filter_subject === subjectOf(device) ? device : undefined
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0)
}
