import { every } from '../clock.ts'
import { wireTime, type DeviceDescription } from '../description.ts'
import { seededRandom } from '../random.ts'
import type { DeviceKindOptions } from './kind-options.ts'

const READING_INTERVAL_SECONDS = 10

/** A node that measures the air and holds a target. */
export function climateNode(deviceId: string, options: DeviceKindOptions = {}): DeviceDescription {
  const random = seededRandom(options.seed ?? 2)
  let temperature = 21.4
  let humidity = 48
  let target = { temperature_celsius: 22, humidity_percent: 50 }
  const read = () => ({
    temperature_celsius: Math.round(temperature * 10) / 10,
    humidity_percent: Math.round(humidity),
    co2_ppm: 420 + Math.round(random() * 60),
  })
  return {
    deviceId,
    identity: {
      device_type: 'climate-node',
      manufacturer: 'Northwind Sensors',
      model: 'CN-4',
      serial_number: `NW-${deviceId}`,
      firmware_version: '1.2.0',
      arch: 'armv7l',
    },
    description: 'Measures temperature, humidity and carbon dioxide.',
    labels: { zone: 'hall', role: 'climate' },
    status: { location: 'hall/north', availability: 'available', battery: 88, online: true },
    functions: [
      {
        name: 'read_climate',
        description: 'Takes a reading now.',
        tags: ['read'],
        parameters: { type: 'object', title: 'Read climate', additionalProperties: false },
        run: (_params, { device }) => ({ ...read(), read_at: wireTime(device.clock.now()) }),
      },
      {
        name: 'set_target',
        description: 'Sets what the room should be like.',
        tags: ['configure'],
        parameters: {
          type: 'object',
          title: 'Set target',
          properties: {
            temperature_celsius: {
              type: 'number',
              title: 'Temperature (°C)',
              minimum: 5,
              maximum: 35,
              default: 22,
            },
            humidity_percent: {
              type: 'integer',
              title: 'Relative humidity (percent)',
              minimum: 20,
              maximum: 80,
              default: 50,
            },
          },
          required: ['temperature_celsius'],
          additionalProperties: false,
        },
        run: (params) => {
          // The schema has been checked.
          target = { ...target, ...(params as typeof target) }
          return { target }
        },
      },
    ],
    events: [
      {
        name: 'climate_reading',
        description: 'A reading, taken at regular intervals.',
        tags: ['telemetry'],
        payloadSchema: {
          type: 'object',
          properties: {
            temperature_celsius: { type: 'number', title: 'Temperature (°C)' },
            humidity_percent: { type: 'integer', title: 'Relative humidity (percent)' },
            co2_ppm: { type: 'integer', title: 'Carbon dioxide (ppm)' },
          },
          required: ['temperature_celsius', 'humidity_percent', 'co2_ppm'],
        },
      },
    ],
    behave: (device) => {
      const intervalMs = (READING_INTERVAL_SECONDS * 1000) / (options.speed ?? 1)
      every(device.clock, intervalMs, device.signal, () => {
        temperature += (target.temperature_celsius - temperature) * 0.1 + (random() - 0.5) * 0.2
        humidity += (target.humidity_percent - humidity) * 0.1 + (random() - 0.5)
        device.emit('climate_reading', read())
      })
    },
  }
}
