import { silentLogger } from '../../src/main/log/logger.ts'
import type { Clock } from '../../src/main/registry/clock.ts'
import {
  assembleRegistry,
  type RegistryOptions,
  type RegistryParts,
} from '../../src/main/registry/registry-parts.ts'
import type { RegistryStore, StoreChange, StorePace } from '../../src/main/registry/store.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'

/** A clock of the registry that a test moves. */
export class StillClock implements Clock {
  monotonic = 1_000_000
  wall = Date.parse('2026-01-01T00:00:00.000Z')

  monotonicMs(): number {
    return this.monotonic
  }

  epochMs(): number {
    return this.wall
  }

  advance(ms: number): void {
    this.monotonic += ms
    this.wall += ms
  }
}

export const STORE_PACE: StorePace = {
  registrationsAfterMs: 200,
  statusAfterMs: 200,
  maxBatch: 1000,
  maxInFlight: 1,
  confirmsWritten: false,
}

/** A store that only remembers what it was given; for what a disk can't be made to do at will. */
export class RecordingStore implements RegistryStore {
  readonly batches: (readonly StoreChange[])[] = []
  readonly pace: StorePace = STORE_PACE
  failing = false

  async *load() {}

  async write(changes: readonly StoreChange[]): Promise<readonly StoreChange[]> {
    if (this.failing) throw new Error('the store refuses')
    this.batches.push(changes)
    return []
  }

  async close(): Promise<void> {}
}

/** The real parts of a registry without a connection. */
export function registryParts(options: Partial<RegistryOptions> = {}): RegistryParts & {
  readonly clock: StillClock
} {
  const clock = new StillClock()
  const parts = assembleRegistry({
    dialect: dialectOf('device-connect'),
    store: new RecordingStore(),
    logger: silentLogger(),
    clock,
    ...options,
  })
  return { ...parts, clock }
}

/** Params of `registerDevice` as a device in the field sends them. */
export function deviceParams(deviceId: string, changes: Record<string, unknown> = {}) {
  return {
    device_id: deviceId,
    device_ttl: 15,
    capabilities: {
      description: 'Measures the soil.',
      functions: [{ name: 'measure', description: '', parameters: { type: 'object' }, tags: [] }],
      events: [{ name: 'dry', description: '', tags: [] }],
    },
    identity: { device_type: 'soil-sensor', manufacturer: 'Acme', model: 'S1', serial: 7 },
    status: { ts: '2026-01-01T00:00:00Z', location: 'greenhouse', battery: 80 },
    ...changes,
  }
}

export function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

export function rpc(method: string, params?: unknown, id: unknown = 'r1'): Uint8Array {
  return bytes({ jsonrpc: '2.0', id, method, params })
}
