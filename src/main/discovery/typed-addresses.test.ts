import { beforeEach, describe, expect, test } from 'vitest'
import { TransientError } from '#shared/errors.ts'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import type { DeviceAddress } from './device-address.ts'
import { TypedAddresses, type ProbedDevice } from './typed-addresses.ts'
import { NEVER } from '#shared/never.ts'

const PUMP: ProbedDevice = { deviceId: 'pump', deviceType: 'pump', state: 'uncommissioned' }
const AT: DeviceAddress = { host: '192.0.2.7', port: 5540 }

let clock: ManualClock
let probed: DeviceAddress[]
let answer: (signal: AbortSignal) => Promise<ProbedDevice>
let typed: TypedAddresses
let changed: () => void

beforeEach(() => {
  clock = new ManualClock()
  probed = []
  changed = () => undefined
  answer = () => Promise.resolve(PUMP)
  typed = new TypedAddresses({
    probe: (address, signal) => {
      probed.push(address)
      return answer(signal)
    },
    clock,
    onChange: () => changed(),
  })
})

function refused(): TransientError {
  return new TransientError({ code: 'DEVICE_UNREACHABLE', message: 'No answer.', advice: 'Wait.' })
}

/** Lets ten seconds pass and waits for what the probe then changes. */
async function nextProbe(): Promise<void> {
  const change = new Promise<void>((resolve) => (changed = resolve))
  clock.advance(10_000)
  await change
}

describe('a device added by address', () => {
  test('is listed once it answered', async () => {
    const device = await typed.add(AT, NEVER)
    expect(device).toMatchObject({ key: 'address:192.0.2.7:5540', ...PUMP, reachable: true })
    expect(typed.list()).toEqual([device])
    expect(probed).toEqual([AT])
  })

  test('is not listed when nothing answers, and the person is told why', async () => {
    answer = () => Promise.reject(refused())
    await expect(typed.add(AT, NEVER)).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE' })
    expect(typed.list()).toEqual([])
    expect(clock.waiting).toBe(0)
  })

  test('is asked every 10 s, is unreachable while it does not answer, and stays', async () => {
    await typed.add(AT, NEVER)
    answer = () => Promise.reject(refused())
    await nextProbe()
    expect(typed.list()).toMatchObject([{ reachable: false }])
    answer = () => Promise.resolve({ ...PUMP, state: 'commissioned' })
    await nextProbe()
    expect(typed.list()).toMatchObject([{ reachable: true, state: 'commissioned' }])
    expect(typed.list()[0]?.lastSeenAt).toBe(clock.wallNow())
    expect(probed).toHaveLength(3)
  })

  test('is asked no more once it was removed', async () => {
    const { key } = await typed.add(AT, NEVER)
    expect(typed.remove(key)).toBe(true)
    expect(typed.remove(key)).toBe(false)
    clock.advance(60_000)
    expect(probed).toHaveLength(1)
    expect(typed.list()).toEqual([])
    expect(clock.waiting).toBe(0)
  })

  test('is listed once when it is added twice', async () => {
    await typed.add(AT, NEVER)
    await typed.add(AT, NEVER)
    expect(typed.list()).toHaveLength(1)
    expect(clock.waiting).toBe(1)
  })

  test('with an id that is no subject token is refused', async () => {
    answer = () => Promise.resolve({ ...PUMP, deviceId: 'a.b' })
    await expect(typed.add(AT, NEVER)).rejects.toMatchObject({ code: 'DEVICE_ID_UNSAFE' })
  })

  test('has its texts cleaned', async () => {
    answer = () => Promise.resolve({ ...PUMP, deviceType: '<b>\u001bpump', state: '\n' })
    expect(await typed.add(AT, NEVER)).toMatchObject({ deviceType: '<b>pump', state: 'unknown' })
  })

  test('that hangs is given up after 8 s', async () => {
    answer = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    const adding = typed.add(AT, NEVER)
    clock.advance(8000)
    await expect(adding).rejects.toMatchObject({ code: 'DEVICE_SILENT' })
  })

  test('is one of at most 64', async () => {
    for (let i = 0; i < 64; i++) await typed.add({ host: '192.0.2.7', port: 6000 + i }, NEVER)
    await expect(typed.add(AT, NEVER)).rejects.toMatchObject({ code: 'TOO_MANY_ADDRESSES' })
  })

  test('leaves no timer behind when all is closed', async () => {
    await typed.add(AT, NEVER)
    typed.close()
    expect(clock.waiting).toBe(0)
  })
})
