import { expect, test } from 'vitest'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type { HealthComponent, Notice } from '#shared/contract/health.ts'
import { reduceDiscovery } from './discovery.ts'
import { reduceHealth } from './health.ts'

const AT = '2026-03-03T12:00:00Z'
const HEALTH = { interfaces: [] }

function found(key: string): DiscoveredDevice {
  return {
    key,
    deviceId: key,
    deviceType: null,
    state: 'uncommissioned',
    host: null,
    port: 5540,
    addresses: [],
    interfaces: [],
    source: 'mdns',
    reachable: true,
    conflict: false,
    firstSeenAt: AT,
    lastSeenAt: AT,
  }
}

test('devices on the network come and go', () => {
  const first = reduceDiscovery(undefined, {
    type: 'snapshot',
    devices: [found('a')],
    health: HEALTH,
  })
  const next = reduceDiscovery(first, {
    type: 'changed',
    upserted: [found('b')],
    removedKeys: ['a'],
    health: HEALTH,
  })
  expect([...(next?.devices.keys() ?? [])]).toEqual(['b'])
  expect([...(first?.devices.keys() ?? [])]).toEqual(['a'])
})

function notice(id: number): Notice {
  return { id, at: AT, level: 'info', title: `notice ${id}`, text: '' }
}

const MESH: HealthComponent = { name: 'mesh', state: 'ok', summary: '', problem: null, since: AT }

test('what happens is added to what happened before', () => {
  const first = reduceHealth(undefined, { type: 'snapshot', components: [], notices: [notice(4)] })
  const next = reduceHealth(first, { type: 'notice', notice: notice(5) })
  expect(next?.notices.map(({ id }) => id)).toEqual([4, 5])
})

test('a part of Muster is replaced by its new state', () => {
  const first = reduceHealth(undefined, { type: 'snapshot', components: [MESH], notices: [] })
  const next = reduceHealth(first, { type: 'component', component: { ...MESH, state: 'failed' } })
  expect(next?.components).toEqual([{ ...MESH, state: 'failed' }])
})
