import { every } from '../clock.ts'
import { wireTime, type DeviceDescription } from '../description.ts'
import type { GreenhouseWorld } from './soil.ts'

/** Seconds of the greenhouse between two readings. */
const READING_INTERVAL_SECONDS = 30
const BATTERY_LOSS_PER_READING = 0.02

interface Calibration {
  readonly offset_percent: number
  readonly reference: { readonly dry_raw: number; readonly wet_raw: number }
}

/** A probe in the bed that reports how moist the soil is. */
export function soilSensor(deviceId: string, world: GreenhouseWorld): DeviceDescription {
  let calibration: Calibration = { offset_percent: 0, reference: { dry_raw: 880, wet_raw: 410 } }
  let battery = 96
  const read = () => {
    const percent = world.soil.moistureAt(world.seconds()) + calibration.offset_percent
    return {
      moisture_percent: Math.round(Math.min(100, Math.max(0, percent)) * 10) / 10,
      temperature_celsius: Math.round((19 + Math.sin(world.seconds() / 900) * 4) * 10) / 10,
    }
  }
  return {
    deviceId,
    identity: {
      device_type: 'soil-sensor',
      manufacturer: 'Verdant Instruments',
      model: 'SM-20',
      serial_number: 'VI-20-004711',
      firmware_version: '2.4.1',
      arch: 'armv6m',
      description: 'Moisture and temperature of the bed at three depths.',
    },
    description: 'Reports soil moisture of the bed.',
    labels: { zone: 'greenhouse', crop: ['tomato', 'basil'] },
    status: { location: 'greenhouse/bed-1', availability: 'available', battery, online: true },
    functions: [
      {
        name: 'read_moisture',
        description: 'Takes a reading now.',
        tags: ['read'],
        parameters: {
          type: 'object',
          title: 'Read moisture',
          properties: {
            depth_centimetres: {
              type: 'integer',
              title: 'Depth (cm)',
              description: 'Which of the three electrodes to read.',
              enum: [10, 20, 40],
              default: 20,
            },
          },
          additionalProperties: false,
        },
        run: ({ depth_centimetres = 20 }, { device }) => ({
          ...read(),
          depth_centimetres,
          read_at: wireTime(device.clock.now()),
        }),
      },
      {
        name: 'calibrate',
        description: 'Sets how raw values become percent.',
        tags: ['maintenance'],
        parameters: {
          type: 'object',
          title: 'Calibrate',
          properties: {
            offset_percent: {
              type: 'number',
              title: 'Offset (percent)',
              description: 'Added to every reading.',
              minimum: -10,
              maximum: 10,
              default: 0,
            },
            reference: {
              type: 'object',
              title: 'Reference points',
              properties: {
                dry_raw: {
                  type: 'integer',
                  title: 'Raw value in dry air',
                  minimum: 0,
                  maximum: 4095,
                },
                wet_raw: {
                  type: 'integer',
                  title: 'Raw value in water',
                  minimum: 0,
                  maximum: 4095,
                },
              },
              required: ['dry_raw', 'wet_raw'],
              additionalProperties: false,
            },
            keep: { type: 'boolean', title: 'Keep after a restart', default: true },
          },
          required: ['offset_percent'],
          additionalProperties: false,
        },
        run: (params) => {
          // The schema has been checked.
          calibration = { ...calibration, ...(params as unknown as Calibration) }
          return { calibrated: true, ...calibration }
        },
      },
    ],
    events: [
      {
        name: 'moisture_reading',
        description: 'A reading, taken at regular intervals.',
        tags: ['telemetry'],
        payloadSchema: {
          type: 'object',
          properties: {
            moisture_percent: {
              type: 'number',
              title: 'Moisture (percent)',
              minimum: 0,
              maximum: 100,
            },
            temperature_celsius: { type: 'number', title: 'Soil temperature (°C)' },
          },
          required: ['moisture_percent', 'temperature_celsius'],
        },
      },
    ],
    behave: (device) => {
      const intervalMs = (READING_INTERVAL_SECONDS * 1000) / world.speed
      every(device.clock, intervalMs, device.signal, () => {
        battery = Math.max(0, battery - BATTERY_LOSS_PER_READING)
        device.setStatus({ battery: Math.round(battery) })
        device.emit('moisture_reading', read())
      })
    },
  }
}
