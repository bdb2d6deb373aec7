import { hash } from 'bcryptjs'
import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from './clock.ts'
import { PinCheck } from './pin-check.ts'

const HOUR_MS = 60 * 60 * 1000
const pinHash = await hash('12345678', 4)

let clock: ManualClock
let pins: PinCheck

beforeEach(() => {
  clock = new ManualClock()
  pins = new PinCheck(pinHash, clock)
})

async function lock(): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) await pins.check('00000000')
}

test('takes the right PIN', async () => {
  await expect(pins.check('12345678')).resolves.toBeUndefined()
})

test('counts wrong attempts, and locks for an hour after the third', async () => {
  await expect(pins.check('00000000')).resolves.toBe('Invalid PIN (attempt 1/3)')
  await expect(pins.check('00000000')).resolves.toBe('Invalid PIN (attempt 2/3)')
  await expect(pins.check('00000000')).resolves.toBe('Invalid PIN (attempt 3/3)')
  const locked = 'Too many attempts. Locked for 3600 seconds'
  await expect(pins.check('12345678')).resolves.toBe(locked)
})

test('tells how long it stays locked, and opens when the hour is over', async () => {
  await lock()
  clock.advance(HOUR_MS - 1_500)
  await expect(pins.check('12345678')).resolves.toBe('Too many attempts. Locked for 1 seconds')
  clock.advance(1_500)
  await expect(pins.check('00000000')).resolves.toBe('Invalid PIN (attempt 1/3)')
  await expect(pins.check('12345678')).resolves.toBeUndefined()
})

test('an attempt while it is locked does not lengthen the lock', async () => {
  await lock()
  clock.advance(HOUR_MS / 2)
  await pins.check('00000000')
  clock.advance(HOUR_MS / 2)
  await expect(pins.check('12345678')).resolves.toBeUndefined()
})

test('attempts at the same time get no extra tries', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => pins.check(index === 5 ? '12345678' : '00000000')),
  )
  expect(answers.filter((answer) => answer?.startsWith('Invalid PIN'))).toHaveLength(3)
  expect(answers.filter((answer) => answer?.startsWith('Too many'))).toHaveLength(3)
})

test('a PIN with its dash in it, or one that is no text, uses up an attempt', async () => {
  await expect(pins.check('1234-5678')).resolves.toBe('Invalid PIN (attempt 1/3)')
  await expect(pins.check(12345678)).resolves.toBe('PIN validation error')
  await expect(pins.check('00000000')).resolves.toBe('Invalid PIN (attempt 3/3)')
})
