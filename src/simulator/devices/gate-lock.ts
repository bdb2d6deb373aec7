import { every } from '../clock.ts'
import type { DeviceDescription, DeviceHandle } from '../description.ts'
import { seededRandom } from '../random.ts'
import type { DeviceKindOptions } from './kind-options.ts'

const WATCH_INTERVAL_SECONDS = 10
const MOTION_PROBABILITY = 0.4

/** The lock of a gate that notices who comes by. */
export function gateLock(deviceId: string, options: DeviceKindOptions = {}): DeviceDescription {
  const random = seededRandom(options.seed ?? 3)
  let cancelRelock: (() => void) | undefined
  let passages = 0

  const lock = (device: DeviceHandle, reason: string) => {
    cancelRelock?.()
    cancelRelock = undefined
    device.setStatus({ gate: 'locked' })
    device.beat()
    device.emit('gate_changed', { gate: 'locked', reason })
  }

  return {
    deviceId,
    identity: {
      device_type: 'gate-lock',
      manufacturer: 'Bolt & Beam',
      model: 'GK-7',
      serial_number: `BB-${deviceId}`,
      firmware_version: '0.9.8',
      arch: 'aarch64',
    },
    description: 'Locks the yard gate and notices motion.',
    labels: { zone: 'yard', role: ['access', 'motion'] },
    status: { location: 'yard/gate', availability: 'available', gate: 'locked', online: true },
    functions: [
      {
        name: 'unlock',
        description: 'Opens the gate for a while, then locks it again.',
        tags: ['actuate', 'access'],
        parameters: {
          type: 'object',
          title: 'Unlock',
          properties: {
            seconds: {
              type: 'integer',
              title: 'Open for (seconds)',
              minimum: 1,
              maximum: 300,
              default: 10,
            },
            reason: {
              type: 'string',
              title: 'Reason',
              description: 'Stands in the event.',
              maxLength: 80,
            },
          },
          required: ['seconds'],
          additionalProperties: false,
        },
        run: ({ seconds, reason = 'call' }, { device }) => {
          cancelRelock?.()
          const openMs = (Number(seconds) * 1000) / (options.speed ?? 1)
          cancelRelock = device.clock.after(openMs, () => lock(device, 'time is over'))
          device.setStatus({ gate: 'unlocked' })
          device.beat()
          device.emit('gate_changed', { gate: 'unlocked', reason })
          return { gate: 'unlocked', seconds }
        },
      },
      {
        name: 'lock',
        description: 'Locks the gate at once.',
        tags: ['actuate', 'access'],
        parameters: { type: 'object', title: 'Lock', additionalProperties: false },
        run: (_params, { device }) => {
          lock(device, 'call')
          return { gate: 'locked' }
        },
      },
    ],
    events: [
      {
        name: 'gate_changed',
        description: 'The gate was locked or unlocked.',
        tags: ['access'],
        payloadSchema: {
          type: 'object',
          properties: {
            gate: { type: 'string', enum: ['locked', 'unlocked'] },
            reason: { type: 'string' },
          },
          required: ['gate', 'reason'],
        },
      },
      {
        name: 'watch_report',
        description: 'What the motion sensor saw since the last report.',
        tags: ['telemetry', 'motion'],
        payloadSchema: {
          type: 'object',
          properties: {
            motion: { type: 'boolean' },
            passages_today: { type: 'integer', title: 'Passages today' },
          },
          required: ['motion', 'passages_today'],
        },
      },
    ],
    behave: (device) => {
      const intervalMs = (WATCH_INTERVAL_SECONDS * 1000) / (options.speed ?? 1)
      every(device.clock, intervalMs, device.signal, () => {
        const motion = random() < MOTION_PROBABILITY
        if (motion) passages += 1
        device.emit('watch_report', { motion, passages_today: passages })
      })
      device.signal.addEventListener('abort', () => cancelRelock?.(), { once: true })
    },
  }
}
