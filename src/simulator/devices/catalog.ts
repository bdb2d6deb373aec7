import { RejectedError } from '#shared/errors.ts'
import type { DeviceDescription } from '../description.ts'
import { climateNode } from './climate-node.ts'
import { gateLock } from './gate-lock.ts'
import { createGreenhouse, type GreenhouseOptions } from './greenhouse.ts'
import { growLight } from './grow-light.ts'
import type { DeviceKindOptions } from './kind-options.ts'

export const DEVICE_KINDS = [
  'soil-sensor',
  'irrigation-pump',
  'irrigation-controller',
  'climate-node',
  'grow-light',
  'gate-lock',
] as const

export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** A device that a plan asks for. */
export interface WantedDevice {
  readonly kind: DeviceKind
  readonly deviceId: string
}

/**
 * Describes the devices of a plan. The first sensor, pump and controller share one greenhouse; what
 * of it is not wanted is not there, and further ones get a greenhouse each.
 * @throws RejectedError `DEVICE_ID_TWICE`
 */
export function describeDevices(
  wanted: readonly WantedDevice[],
  options: DeviceKindOptions & Pick<GreenhouseOptions, 'clock'> = {},
): ReadonlyMap<string, DeviceDescription> {
  const described = new Map<string, DeviceDescription>()
  const idOf = (kind: DeviceKind) => wanted.find((it) => it.kind === kind)?.deviceId
  const ids = {
    sensorId: idOf('soil-sensor'),
    pumpId: idOf('irrigation-pump'),
    controllerId: idOf('irrigation-controller'),
  }
  const shared = createGreenhouse({ ...options, ...withoutUndefined(ids) })
  for (const { kind, deviceId } of wanted) {
    if (described.has(deviceId)) throw listedTwice(deviceId)
    described.set(deviceId, describe(kind, deviceId))
  }
  return described

  function describe(kind: DeviceKind, deviceId: string): DeviceDescription {
    switch (kind) {
      case 'climate-node':
        return climateNode(deviceId, options)
      case 'grow-light':
        return growLight(deviceId, options)
      case 'gate-lock':
        return gateLock(deviceId, options)
      case 'soil-sensor':
        return deviceId === ids.sensorId
          ? shared.sensor
          : createGreenhouse({ ...options, sensorId: deviceId }).sensor
      case 'irrigation-pump':
        return deviceId === ids.pumpId
          ? shared.pump
          : createGreenhouse({ ...options, pumpId: deviceId }).pump
      case 'irrigation-controller':
        return deviceId === ids.controllerId
          ? shared.controller
          : createGreenhouse({ ...options, ...withoutUndefined(ids), controllerId: deviceId })
              .controller
      default:
        return kind satisfies never
    }
  }
}

function withoutUndefined<T extends object>(source: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(source).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> }
}

function listedTwice(deviceId: string): RejectedError {
  return new RejectedError({
    code: 'DEVICE_ID_TWICE',
    message: 'The plan lists a device id twice.',
    advice: 'Give every device an id of its own.',
    details: { deviceId },
  })
}
