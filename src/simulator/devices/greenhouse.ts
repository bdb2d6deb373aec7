import { systemClock, type Clock } from '../clock.ts'
import type { DeviceDescription } from '../description.ts'
import { irrigationController } from './irrigation-controller.ts'
import { irrigationPump } from './irrigation-pump.ts'
import { Soil, type GreenhouseWorld } from './soil.ts'
import { soilSensor } from './soil-sensor.ts'

export interface GreenhouseOptions {
  /** The same seed gives the same course of the soil. */
  readonly seed?: number
  /** How much faster than the clock the greenhouse lives; 1 unless told. */
  readonly speed?: number
  readonly clock?: Clock
  readonly startMoisturePercent?: number
  readonly sensorId?: string
  readonly pumpId?: string
  readonly controllerId?: string
}

export interface Greenhouse {
  readonly sensor: DeviceDescription
  readonly pump: DeviceDescription
  readonly controller: DeviceDescription
}

/**
 * Three devices that work together over NATS: a sensor that reports how moist the soil is, a
 * controller that listens to it and decides, and a pump that the controller calls. Sensor and pump
 * meet in the soil alone.
 */
export function createGreenhouse(options: GreenhouseOptions = {}): Greenhouse {
  const { speed = 1, clock = systemClock } = options
  const sensorId = options.sensorId ?? 'soil-sensor-1'
  const pumpId = options.pumpId ?? 'irrigation-pump-1'
  const controllerId = options.controllerId ?? 'greenhouse-controller-1'
  const begunAt = clock.now()
  const world: GreenhouseWorld = {
    soil: new Soil(options),
    speed,
    seconds: () => ((clock.now() - begunAt) / 1000) * speed,
  }
  return {
    sensor: soilSensor(sensorId, world),
    pump: irrigationPump(pumpId, world),
    controller: irrigationController(controllerId, world, { sensorId, pumpId }),
  }
}
