import { messageOf } from '#shared/errors.ts'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import type { DeviceDescription, DeviceHandle } from '../description.ts'
import type { GreenhouseWorld } from './soil.ts'

const DEFAULT_THRESHOLD_PERCENT = 35
const WATERING_SECONDS = 20

interface Partners {
  readonly sensorId: string
  readonly pumpId: string
}

interface QuietHours {
  readonly enabled: boolean
  /** Hours of the day in UTC, 0 to 23; may run over midnight. */
  readonly hours: { readonly from: number; readonly until: number }
}

/** Listens to the soil sensor and calls the pump when the soil is too dry. */
export function irrigationController(
  deviceId: string,
  world: GreenhouseWorld,
  { sensorId, pumpId }: Partners,
): DeviceDescription {
  let thresholdPercent = DEFAULT_THRESHOLD_PERCENT
  let quiet: QuietHours = { enabled: false, hours: { from: 22, until: 6 } }
  let lastAction = ''
  let wateringUntil = 0

  const decide = (device: DeviceHandle, moisture: number, action: string, reason: string) => {
    // Waiting is news once; watering and failing are news every time.
    if (action === 'wait' && lastAction === action) return
    lastAction = action
    device.emit('decision', {
      action,
      reason,
      moisture_percent: moisture,
      threshold_percent: thresholdPercent,
    })
  }

  const onReading = async (device: DeviceHandle, reading: JsonObject) => {
    const moisture = Number(reading['moisture_percent'])
    if (world.seconds() < wateringUntil) return
    if (!(moisture < thresholdPercent)) {
      decide(device, moisture, 'wait', 'moist enough')
      return
    }
    if (isQuiet(quiet, device.clock.now())) {
      decide(device, moisture, 'wait', 'quiet hours')
      return
    }
    wateringUntil = world.seconds() + WATERING_SECONDS
    try {
      await device.call(pumpId, 'start_watering', { seconds: WATERING_SECONDS })
      decide(device, moisture, 'water', `for ${WATERING_SECONDS} seconds`)
    } catch (error) {
      decide(device, moisture, 'failed', messageOf(error))
    }
  }

  return {
    deviceId,
    identity: {
      device_type: 'irrigation-controller',
      manufacturer: 'Verdant Instruments',
      model: 'GC-1',
      serial_number: 'VI-01-000815',
      firmware_version: '3.0.2',
      arch: 'aarch64',
      description: 'Waters the bed when the soil gets too dry.',
    },
    description: 'Decides when the bed is watered.',
    labels: { zone: 'greenhouse', role: 'controller' },
    status: { location: 'greenhouse/panel', availability: 'available', online: true },
    functions: [
      {
        name: 'set_threshold',
        description: 'Sets below which moisture the bed is watered.',
        tags: ['configure'],
        parameters: {
          type: 'object',
          title: 'Set threshold',
          properties: {
            percent: {
              type: 'number',
              title: 'Moisture (percent)',
              minimum: 10,
              maximum: 80,
              default: DEFAULT_THRESHOLD_PERCENT,
            },
          },
          required: ['percent'],
          additionalProperties: false,
        },
        run: ({ percent }) => {
          thresholdPercent = Number(percent)
          return { threshold_percent: thresholdPercent }
        },
      },
      {
        name: 'set_quiet_hours',
        description: 'Sets when the bed is never watered.',
        tags: ['configure'],
        parameters: {
          type: 'object',
          title: 'Set quiet hours',
          properties: {
            enabled: { type: 'boolean', title: 'Keep quiet hours', default: true },
            hours: {
              type: 'object',
              title: 'Hours (UTC)',
              properties: {
                from: { type: 'integer', title: 'From', minimum: 0, maximum: 23, default: 22 },
                until: { type: 'integer', title: 'Until', minimum: 0, maximum: 23, default: 6 },
              },
              required: ['from', 'until'],
              additionalProperties: false,
            },
          },
          required: ['enabled'],
          additionalProperties: false,
        },
        run: (params) => {
          // The schema has been checked.
          quiet = { ...quiet, ...(params as unknown as QuietHours) }
          return quiet
        },
      },
    ],
    events: [
      {
        name: 'decision',
        description: 'What the controller made of a reading.',
        tags: ['control'],
        payloadSchema: {
          type: 'object',
          properties: {
            action: { type: 'string', enum: ['water', 'wait', 'failed'] },
            reason: { type: 'string' },
            moisture_percent: { type: 'number', title: 'Moisture (percent)' },
            threshold_percent: { type: 'number', title: 'Threshold (percent)' },
          },
          required: ['action', 'reason', 'moisture_percent', 'threshold_percent'],
        },
      },
    ],
    behave: (device) => {
      device.onEvent(sensorId, 'moisture_reading', (reading) => void onReading(device, reading))
    },
  }
}

function isQuiet({ enabled, hours }: QuietHours, nowMs: number): boolean {
  if (!enabled) return false
  const hour = new Date(nowMs).getUTCHours()
  return hours.from <= hours.until
    ? hour >= hours.from && hour < hours.until
    : hour >= hours.from || hour < hours.until
}
