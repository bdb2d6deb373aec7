import { expect, it } from 'vitest'
import { TryLimit } from './try-limit.ts'

it('lets an address guess ten times a minute, and others go on', () => {
  let now = 0
  const limit = new TryLimit(() => now)
  for (let tries = 0; tries < 10; tries += 1) {
    expect(limit.allows('192.0.2.1')).toBe(true)
    limit.wrong('192.0.2.1')
  }
  expect(limit.allows('192.0.2.1')).toBe(false)
  expect(limit.allows('192.0.2.2')).toBe(true)
  now = 60_000
  expect(limit.allows('192.0.2.1')).toBe(true)
})

it('stops everybody when many addresses guess together', () => {
  const limit = new TryLimit(() => 0)
  for (let address = 0; address < 200; address += 1) limit.wrong(`address ${address}`)
  expect(limit.allows('another')).toBe(false)
})
