import { expect, onTestFinished, test } from 'vitest'
import { createGreenhouse } from '../../../src/simulator/devices/greenhouse.ts'
import { startDevice } from '../../../src/simulator/device.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { openCredentials, startTestRegistry } from './test-registry.ts'

test('the controller hears the sensor over NATS and has the pump water the bed', async () => {
  const server = await startNatsServer()
  onTestFinished(() => server.stop())
  const registry = await startTestRegistry(server.url)
  onTestFinished(() => registry.close())
  const greenhouse = createGreenhouse({ speed: 600, startMoisturePercent: 36 })
  const devices = [greenhouse.sensor, greenhouse.pump, greenhouse.controller].map((description) =>
    startDevice({ description, credentials: openCredentials(description.deviceId, server.url) }),
  )
  onTestFinished(async () => {
    await Promise.all(devices.map((device) => device.stop()))
  })

  const payloads = (name: string) =>
    registry.events
      .filter(({ subject }) => subject.endsWith(`.event.${name}`))
      .map(({ message }) => message['params'] as Record<string, unknown>)
  await expect.poll(() => payloads('watering_finished').length).toBeGreaterThan(0)
  expect(payloads('watering_started')[0]).toEqual({
    seconds: 20,
    intensity: 'normal',
    requested_by: 'greenhouse-controller-1',
  })
  expect(payloads('decision')).toContainEqual(
    expect.objectContaining({ action: 'water', threshold_percent: 35 }),
  )
  // The water shows in what the sensor reads.
  const moisture = () => payloads('moisture_reading').map((it) => Number(it['moisture_percent']))
  await expect.poll(() => Math.max(...moisture())).toBeGreaterThan(45)
  expect(Math.min(...moisture())).toBeLessThan(35)
  expect(registry.heartbeats).toContainEqual(
    expect.objectContaining({ device_id: 'irrigation-pump-1', availability: 'busy' }),
  )
})
