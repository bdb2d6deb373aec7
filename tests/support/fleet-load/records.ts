/** Devices that are alike but for their ids: a fleet in a tenant. */
export interface FleetPlan {
  readonly tenant: string
  /** Ids are `PREFIX-00000` and so on. */
  readonly prefix: string
  readonly count: number
  readonly ttlSeconds: number
  /** About how large a record is, as JSON; 900 bytes where none is given. */
  readonly recordBytes?: number
}

const PLAIN_BYTES = 900
const FUNCTION_BYTES = 350
const LOCATIONS = 40
const MODELS = 20

export function idOf({ prefix }: FleetPlan, index: number): string {
  return `${prefix}-${String(index).padStart(5, '0')}`
}

export function idsOf(plan: FleetPlan): string[] {
  return Array.from({ length: plan.count }, (_, index) => idOf(plan, index))
}

/** Params of `registerDevice` (protocol.md, "Registration") as a device in the field sends them. */
export function registrationOf(plan: FleetPlan, index: number): Record<string, unknown> {
  const bytes = plan.recordBytes ?? PLAIN_BYTES
  const further = Math.max(0, Math.round((bytes - PLAIN_BYTES) / FUNCTION_BYTES))
  const model = `S${index % MODELS}`
  return {
    device_id: idOf(plan, index),
    device_ttl: plan.ttlSeconds,
    capabilities: {
      description: 'Measures the soil and waters it where it is dry.',
      functions: Array.from({ length: 1 + further }, (_, number) => functionOf(number)),
      events: [{ name: 'dry', description: 'The soil fell below its limit.', tags: [] }],
      labels: { category: 'sensor', site: ['north', 'greenhouse'] },
    },
    identity: {
      device_type: 'soil-sensor',
      manufacturer: 'Acme',
      model,
      serial_number: `AC-${String(index).padStart(7, '0')}`,
      firmware_version: '2.4.1',
    },
    status: {
      ts: '2026-01-01T00:00:00Z',
      location: locationOf(index),
      availability: 'available',
      busy_score: 0.25,
      battery: 88,
      online: true,
    },
  }
}

/** A heartbeat. `step` changes the status; the same one again changes nothing. */
export function beatOf(plan: FleetPlan, index: number, step: number, seconds: number): string {
  return `{"device_id":"${idOf(plan, index)}","ts":${seconds.toFixed(3)},"location":"${locationOf(index)}","availability":"available","busy_score":0.25,"battery":${88 - (step % 80)},"online":true}`
}

function locationOf(index: number): string {
  return `hall/${index % LOCATIONS}`
}

function functionOf(number: number): Record<string, unknown> {
  return {
    name: `measure_${number}`,
    description: 'Takes a measurement and returns it with the time at which it was taken.',
    parameters: {
      type: 'object',
      properties: {
        samples: { type: 'integer', minimum: 1, maximum: 64, description: 'How many to average.' },
        probe: { type: 'string', description: 'Which of the probes.' },
      },
      required: ['probe'],
    },
    tags: ['reads'],
  }
}
