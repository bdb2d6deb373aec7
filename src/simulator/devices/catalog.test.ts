import { Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import { ManualClock } from '../clock.ts'
import type { DeviceDescription, DeviceHandle } from '../description.ts'
import { FunctionTable } from '../function-calls.ts'
import { DEVICE_KINDS, describeDevices, type DeviceKind } from './catalog.ts'

interface Emitted {
  readonly name: string
  readonly payload: JsonObject
}

/** A device without a network: what it emits is written down. */
function onBench(description: DeviceDescription, clock: ManualClock) {
  const emitted: Emitted[] = []
  const controller = new AbortController()
  const listeners = new Map<string, (payload: JsonObject) => void>()
  const calls: { deviceId: string; method: string }[] = []
  let status = { ...description.status }
  const handle: DeviceHandle = {
    deviceId: description.deviceId,
    clock,
    signal: controller.signal,
    get status() {
      return status
    },
    emit: (name, payload) => emitted.push({ name, payload }) > 0,
    setStatus: (patch) => void (status = { ...status, ...patch }),
    beat: () => undefined,
    call: (deviceId, method) => Promise.resolve(calls.push({ deviceId, method })),
    onEvent: (deviceId, name, listener) => {
      listeners.set(`${deviceId} ${name}`, listener)
      return () => undefined
    },
  }
  const functions = new FunctionTable(description.functions)
  const invoke = (name: string, params: JsonObject = {}) => functions.invoke(name, params, handle)
  description.behave?.(handle)
  return { handle, emitted, calls, listeners, invoke, stop: () => controller.abort() }
}

function describeOne(kind: DeviceKind, clock = new ManualClock()) {
  const description = describeDevices([{ kind, deviceId: `${kind}-7` }], { clock }).get(`${kind}-7`)
  if (description === undefined) throw new Error(`${kind} is missing`)
  return onBench(description, clock)
}

/** Arguments that each function takes. */
const EXAMPLES: Record<string, JsonObject> = {
  calibrate: { offset_percent: 1, reference: { dry_raw: 900, wet_raw: 400 } },
  start_watering: { seconds: 10, intensity: 'gentle' },
  set_threshold: { percent: 40 },
  set_quiet_hours: { enabled: true, hours: { from: 22, until: 6 } },
  set_target: { temperature_celsius: 25 },
  switch_light: { on: false },
  set_light: { brightness_percent: 10, spectrum: { red: 1, blue: 2, white: 3 } },
  unlock: { seconds: 5, reason: 'delivery' },
}

test.each(DEVICE_KINDS)(
  'every function of a %s answers, and every event fits its schema',
  async (kind) => {
    const clock = new ManualClock()
    const description = describeDevices([{ kind, deviceId: 'd' }], { clock }).get('d')
    const device = onBench(description!, clock)
    for (const it of description!.functions) {
      const outcome = await device.invoke(it.name, EXAMPLES[it.name])
      expect(outcome, it.name).toHaveProperty('result')
      expect(it.parameters.type).toBe('object')
      expect(await device.invoke(it.name, { no_such_argument: 1 })).toHaveProperty('error')
    }
    for (const listener of device.listeners.values()) listener({ moisture_percent: 12 })
    clock.advance(60_000)
    await Promise.resolve()
    expect(device.emitted.length).toBeGreaterThan(0)
    for (const { name, payload } of device.emitted) {
      const schema = description!.events.find((event) => event.name === name)?.payloadSchema
      expect(schema, name).toBeDefined()
      expect(new Validator(schema!).validate(payload).errors, name).toEqual([])
    }
    device.stop()
    const count = device.emitted.length
    clock.advance(60_000)
    expect(device.emitted).toHaveLength(count)
  },
)

test('a pump waters for as long as it was told, and is busy meanwhile', async () => {
  const clock = new ManualClock()
  const pump = describeOne('irrigation-pump', clock)
  await pump.invoke('start_watering', { seconds: 10 })
  expect(pump.handle.status).toMatchObject({ availability: 'busy', busy_score: 1 })
  expect(await pump.invoke('start_watering', { seconds: 10 })).toMatchObject({
    error: { code: -32603, message: 'The pump is watering already.' },
  })
  clock.advance(10_000)
  expect(pump.handle.status).toMatchObject({ availability: 'available', busy_score: 0 })
  expect(pump.emitted.map(({ name }) => name)).toEqual(['watering_started', 'watering_finished'])
  expect(pump.emitted[1]?.payload).toEqual({ watered_seconds: 10, litres: 1, reason: 'done' })
  await pump.invoke('start_watering', { seconds: 600, intensity: 'strong' })
  clock.advance(5_000)
  expect(await pump.invoke('stop_watering')).toEqual({
    result: { watering: false, watered_seconds: 5, litres: 1, reason: 'stopped' },
  })
  expect(await pump.invoke('stop_watering')).toEqual({ result: { watering: false } })
})

test('a controller calls the pump below its threshold, once at a time, and not in quiet hours', async () => {
  const clock = new ManualClock(Date.UTC(2030, 0, 1, 12))
  const controller = describeOne('irrigation-controller', clock)
  const [hear] = controller.listeners.values()
  const decisions = () => controller.emitted.map(({ payload }) => payload['action'])
  hear?.({ moisture_percent: 50 })
  hear?.({ moisture_percent: 49 })
  expect(decisions()).toEqual(['wait'])
  hear?.({ moisture_percent: 30 })
  hear?.({ moisture_percent: 30 })
  await Promise.resolve()
  expect(controller.calls).toEqual([{ deviceId: 'irrigation-pump-1', method: 'start_watering' }])
  expect(decisions()).toEqual(['wait', 'water'])
  clock.advance(60_000)
  await controller.invoke('set_quiet_hours', { enabled: true, hours: { from: 11, until: 13 } })
  hear?.({ moisture_percent: 30 })
  expect(controller.calls).toHaveLength(1)
  expect(controller.emitted.at(-1)?.payload).toMatchObject({
    action: 'wait',
    reason: 'quiet hours',
  })
  await controller.invoke('set_quiet_hours', { enabled: true, hours: { from: 23, until: 6 } })
  await controller.invoke('set_threshold', { percent: 20 })
  hear?.({ moisture_percent: 30 })
  expect(controller.calls).toHaveLength(1)
  hear?.({ moisture_percent: 19 })
  expect(controller.calls).toHaveLength(2)
})

test('a gate locks itself again', async () => {
  const clock = new ManualClock()
  const gate = describeOne('gate-lock', clock)
  await gate.invoke('unlock', { seconds: 5 })
  expect(gate.handle.status).toMatchObject({ gate: 'unlocked' })
  clock.advance(5_000)
  expect(gate.handle.status).toMatchObject({ gate: 'locked' })
  expect(await gate.invoke('unlock', { seconds: 301 })).toMatchObject({ error: { code: -32602 } })
})

test('a plan must not list a device id twice', () => {
  const twice = { kind: 'grow-light', deviceId: 'same' } as const
  expect(() => describeDevices([twice, twice])).toThrow(/twice/)
})
