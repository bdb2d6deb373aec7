import { RejectedError } from '#shared/errors.ts'
import type { DeviceDescription, DeviceHandle } from '../description.ts'
import type { GreenhouseWorld, Intensity } from './soil.ts'

const LITRES_PER_SECOND: Readonly<Record<Intensity, number>> = {
  gentle: 0.05,
  normal: 0.1,
  strong: 0.2,
}

interface Watering {
  readonly startedAt: number
  readonly intensity: Intensity
  /** Calls the end of it off. */
  readonly cancel: () => void
}

/** A pump with one valve that waters the bed for a while. */
export function irrigationPump(deviceId: string, world: GreenhouseWorld): DeviceDescription {
  let watering: Watering | undefined

  const finish = (device: DeviceHandle, reason: 'done' | 'stopped') => {
    if (watering === undefined) return undefined
    const { startedAt, intensity, cancel } = watering
    cancel()
    watering = undefined
    world.soil.water(world.seconds(), 0, intensity)
    const seconds = Math.round(world.seconds() - startedAt)
    const summary = {
      watered_seconds: seconds,
      litres: Math.round(seconds * LITRES_PER_SECOND[intensity] * 100) / 100,
      reason,
    }
    device.setStatus({ availability: 'available', busy_score: 0 })
    device.beat()
    device.emit('watering_finished', summary)
    return summary
  }

  const start = (device: DeviceHandle, seconds: number, intensity: Intensity) => {
    if (watering !== undefined) throw alreadyWatering()
    world.soil.water(world.seconds(), seconds, intensity)
    const durationMs = (seconds * 1000) / world.speed
    watering = {
      startedAt: world.seconds(),
      intensity,
      cancel: device.clock.after(durationMs, () => finish(device, 'done')),
    }
    device.setStatus({ availability: 'busy', busy_score: 1 })
    device.beat()
  }

  return {
    deviceId,
    identity: {
      device_type: 'irrigation-pump',
      manufacturer: 'Aquaflow',
      model: 'P-12',
      serial_number: 'AF-12-90210',
      firmware_version: '1.9.0',
      arch: 'aarch64',
      description: 'Twelve volt pump with one valve.',
    },
    description: 'Waters the bed.',
    labels: { zone: 'greenhouse', power: '12v' },
    status: {
      location: 'greenhouse/bed-1',
      availability: 'available',
      busy_score: 0,
      online: true,
    },
    functions: [
      {
        name: 'start_watering',
        description: 'Opens the valve for a while.',
        tags: ['actuate'],
        parameters: {
          type: 'object',
          title: 'Start watering',
          properties: {
            seconds: {
              type: 'integer',
              title: 'Duration (seconds)',
              minimum: 1,
              maximum: 600,
              default: 20,
            },
            intensity: {
              type: 'string',
              title: 'Intensity',
              enum: ['gentle', 'normal', 'strong'],
              default: 'normal',
            },
          },
          required: ['seconds'],
          additionalProperties: false,
        },
        run: (params, { device, sourceDevice }) => {
          // The schema has been checked.
          const { seconds, intensity = 'normal' } = params as {
            seconds: number
            intensity?: Intensity
          }
          start(device, seconds, intensity)
          const started = { seconds, intensity, requested_by: sourceDevice ?? null }
          device.emit('watering_started', started)
          return { watering: true, ...started }
        },
      },
      {
        name: 'stop_watering',
        description: 'Closes the valve at once.',
        tags: ['actuate'],
        parameters: { type: 'object', title: 'Stop watering', additionalProperties: false },
        run: (_params, { device }) => ({ watering: false, ...finish(device, 'stopped') }),
      },
    ],
    events: [
      {
        name: 'watering_started',
        description: 'The valve was opened.',
        tags: ['actuate'],
        payloadSchema: {
          type: 'object',
          properties: {
            seconds: { type: 'integer', title: 'Duration (seconds)' },
            intensity: { type: 'string', enum: ['gentle', 'normal', 'strong'] },
            requested_by: { type: ['string', 'null'], title: 'Calling device' },
          },
          required: ['seconds', 'intensity'],
        },
      },
      {
        name: 'watering_finished',
        description: 'The valve was closed.',
        tags: ['actuate'],
        payloadSchema: {
          type: 'object',
          properties: {
            watered_seconds: { type: 'integer', title: 'Watered (seconds)' },
            litres: { type: 'number', title: 'Water (litres)' },
            reason: { type: 'string', enum: ['done', 'stopped'] },
          },
          required: ['watered_seconds', 'litres', 'reason'],
        },
      },
    ],
    behave: (device) => {
      const drop = () => {
        watering?.cancel()
        watering = undefined
      }
      device.signal.addEventListener('abort', drop, { once: true })
    },
  }
}

function alreadyWatering(): RejectedError {
  return new RejectedError({
    code: 'ALREADY_WATERING',
    message: 'The pump is watering already.',
    advice: 'Wait until it has finished, or stop it first.',
  })
}
