import { every } from '../clock.ts'
import type { DeviceDescription } from '../description.ts'
import type { DeviceKindOptions } from './kind-options.ts'

const REPORT_INTERVAL_SECONDS = 10
const WATTS_AT_FULL = 240

interface Light {
  readonly on: boolean
  readonly brightness_percent: number
  readonly spectrum: { readonly red: number; readonly blue: number; readonly white: number }
}

/** A lamp with three channels. */
export function growLight(deviceId: string, options: DeviceKindOptions = {}): DeviceDescription {
  let light: Light = {
    on: true,
    brightness_percent: 60,
    spectrum: { red: 70, blue: 40, white: 50 },
  }
  const report = () => ({
    ...light,
    power_watts: light.on ? Math.round((WATTS_AT_FULL * light.brightness_percent) / 100) : 0,
  })
  const channel = (title: string) =>
    ({ type: 'integer', title: `${title} (percent)`, minimum: 0, maximum: 100 }) as const
  return {
    deviceId,
    identity: {
      device_type: 'grow-light',
      manufacturer: 'Lumen & Leaf',
      model: 'GL-240',
      serial_number: `LL-${deviceId}`,
      firmware_version: '4.1.3',
      arch: 'xtensa',
    },
    description: 'Lights a bed with red, blue and white.',
    labels: { zone: 'greenhouse', power: '230v' },
    status: { location: 'greenhouse/ceiling', availability: 'available', online: true },
    functions: [
      {
        name: 'switch_light',
        description: 'Switches the lamp on or off.',
        tags: ['actuate'],
        parameters: {
          type: 'object',
          title: 'Switch light',
          properties: { on: { type: 'boolean', title: 'On', default: true } },
          required: ['on'],
          additionalProperties: false,
        },
        run: ({ on }, { device }) => {
          light = { ...light, on: on === true }
          device.emit('light_changed', report())
          return report()
        },
      },
      {
        name: 'set_light',
        description: 'Sets brightness and colour.',
        tags: ['actuate'],
        parameters: {
          type: 'object',
          title: 'Set light',
          properties: {
            brightness_percent: {
              type: 'integer',
              title: 'Brightness (percent)',
              minimum: 0,
              maximum: 100,
              default: 60,
            },
            spectrum: {
              type: 'object',
              title: 'Spectrum',
              properties: {
                red: channel('Red'),
                blue: channel('Blue'),
                white: channel('White'),
              },
              required: ['red', 'blue', 'white'],
              additionalProperties: false,
            },
          },
          required: ['brightness_percent'],
          additionalProperties: false,
        },
        run: (params, { device }) => {
          // The schema has been checked.
          light = { ...light, ...(params as Partial<Light>) }
          device.emit('light_changed', report())
          return report()
        },
      },
    ],
    events: [
      {
        name: 'light_level',
        description: 'Light and power, at regular intervals.',
        tags: ['telemetry'],
        payloadSchema: {
          type: 'object',
          properties: {
            on: { type: 'boolean' },
            brightness_percent: { type: 'integer', title: 'Brightness (percent)' },
            power_watts: { type: 'integer', title: 'Power (watts)' },
          },
          required: ['on', 'brightness_percent', 'power_watts'],
        },
      },
      {
        name: 'light_changed',
        description: 'Somebody changed the light.',
        tags: ['actuate'],
        payloadSchema: { type: 'object', required: ['on', 'brightness_percent'] },
      },
    ],
    behave: (device) => {
      const intervalMs = (REPORT_INTERVAL_SECONDS * 1000) / (options.speed ?? 1)
      every(device.clock, intervalMs, device.signal, () => device.emit('light_level', report()))
    },
  }
}
