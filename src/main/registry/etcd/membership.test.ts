import { expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { silentLogger } from '../../log/logger.ts'
import { systemClock } from '../clock.ts'
import type { EtcdClient } from './etcd-client.ts'
import { EtcdKeys } from './etcd-keys.ts'
import { Membership } from './membership.ts'

const HEARS = Buffer.from('{"hearing":true}')
const DEAF = Buffer.from('{"hearing":false}')
const devices = Array.from({ length: 3000 }, (_, index) => ({
  tenant: 'site',
  deviceId: `robot-${index}`,
}))

/** What instances of these names make of each other; no etcd is asked for it. */
function viewsOf(names: readonly string[], deaf: readonly string[] = []): Membership[] {
  return names.map((name) => {
    const view = new Membership({
      client: {} as EtcdClient,
      keys: new EtcdKeys(dialectOf('device-connect')),
      clock: systemClock,
      logger: silentLogger(),
      instanceId: name,
      changed: () => undefined,
    })
    for (const other of names) view.heardOf(other, deaf.includes(other) ? DEAF : HEARS)
    return view
  })
}

const ownersOf = (views: readonly Membership[]) =>
  devices.map((device) => views.flatMap((view, index) => (view.owns(device) ? [index] : [])))

test('each device has one owner, and none has many more than the others', () => {
  const views = viewsOf(['a', 'b', 'c'], ['a', 'b', 'c'])
  const owners = ownersOf(views)
  expect(owners.every((found) => found.length === 1)).toBe(true)
  for (const index of [0, 1, 2]) {
    const share = owners.filter(([owner]) => owner === index).length / devices.length
    expect(share).toBeGreaterThan(0.25)
    expect(share).toBeLessThan(0.42)
  }
})

test('when one goes, only its devices change hands', () => {
  const views = viewsOf(['a', 'b', 'c'], ['a', 'b', 'c'])
  const before = ownersOf(views)
  const left = views.slice(0, 2)
  for (const view of left) view.heardOf('c', undefined)
  const after = ownersOf(left)
  expect(after.every((found) => found.length === 1)).toBe(true)
  const moved = devices.filter((_, index) => before[index]?.[0] !== after[index]?.[0])
  expect(moved).toHaveLength(before.filter(([owner]) => owner === 2).length)
})

test('an instance that does not hear the mesh owns nothing while another does', () => {
  const [deaf] = viewsOf(['a', 'b'], ['a'])
  expect(devices.some((device) => deaf?.owns(device))).toBe(false)
})

test('what is no message of an instance counts as one that does not hear', () => {
  const [alone] = viewsOf(['a'])
  alone?.heardOf('odd', Buffer.from('nonsense'))
  expect(alone?.size).toBe(2)
  alone?.replaceAll(new Map())
  expect(alone?.size).toBe(1)
})
