import { isDefinedError, ORPCError, safe } from '@orpc/client'
import { expect, test } from 'vitest'
import type { FleetUpdate } from '#shared/contract/fleet.ts'
import type { Client } from '../../scripts/lib/contract-client.ts'
import { until } from '../support/until.ts'

/** One end of a transport under test and what the far end lets a test see and do. */
export interface Subject {
  client(): Client
  emitFleet(update: FleetUpdate): void | Promise<void>
  fleetWatchers(): number | Promise<number>
}

const BEAT: FleetUpdate = {
  type: 'changed',
  upserted: [],
  removed: [],
  beats: [['t', 'd', 1]],
  stale: false,
}

/** The behaviour that every transport of the contract must show, over whatever carries it. */
export function transportSuite(subject: Subject): void {
  test('answers a call', async () => {
    expect((await subject.client().app.info()).version).toBe('0.0.0')
  })

  test('carries an expected error with its code, message, advice and details', async () => {
    const { error } = await safe(subject.client().tenants.create({ name: 'alpha' }))
    expect(isDefinedError(error)).toBe(true)
    expect(error).toBeInstanceOf(ORPCError)
    expect(error).toMatchObject({
      code: 'REJECTED',
      data: {
        code: 'TENANT_REFUSED',
        kind: 'rejected',
        advice: 'Choose another name.',
        details: { name: 'alpha' },
      },
    })
  })

  test('refuses input that the contract does not allow', async () => {
    const { error } = await safe(subject.client().tenants.create({ name: 'not a name' }))
    expect(error).toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('refuses input with keys that the contract does not know', async () => {
    const input = { name: 'alpha', admin: true }
    const { error } = await safe(subject.client().tenants.create(input))
    expect(error).toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('tells nothing of the inside when something unexpected fails', async () => {
    const { error } = await safe(subject.client().fleet.forget({ tenant: 't', deviceId: 'd' }))
    expect(error).toMatchObject({ code: 'INTERNAL', data: { code: 'INTERNAL' } })
    expect(JSON.stringify(error)).not.toContain('secret detail')
  })

  test('carries a large answer whole', async () => {
    const record = await subject.client().fleet.record({ tenant: 't', deviceId: 'd' })
    expect(record?.description.length).toBe(200_000)
  })

  test('streams a snapshot first, then changes, and ends the subscription with the reader', async () => {
    const stream = await subject.client().fleet.watch()
    expect((await stream.next()).value).toMatchObject({ type: 'snapshot' })
    const next = stream.next()
    await subject.emitFleet(BEAT)
    expect((await next).value).toEqual(BEAT)
    await stream.return?.()
    await until('the subscription to end', async () => (await subject.fleetWatchers()) === 0)
  })

  test('keeps the order of many changes', async () => {
    const stream = await subject.client().fleet.watch()
    await stream.next()
    for (let beat = 0; beat < 300; beat += 1) {
      await subject.emitFleet({ ...BEAT, beats: [['t', 'd', beat]] } as FleetUpdate)
    }
    for (let beat = 0; beat < 300; beat += 1) {
      expect((await stream.next()).value).toMatchObject({ beats: [['t', 'd', beat]] })
    }
    await stream.return?.()
  })

  test('ends a call that the caller gives up', async () => {
    const controller = new AbortController()
    const call = safe(
      subject.client().commissioning.inspect({ key: 'k' }, { signal: controller.signal }),
    )
    controller.abort()
    expect((await call).error).not.toBeNull()
  })
}
