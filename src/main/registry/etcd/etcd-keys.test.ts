import { expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { EtcdKeys, hasKey } from './etcd-keys.ts'

const keys = new EtcdKeys(dialectOf('fabric'))

test('keys are those of the protocol, and what is read from one is what made it', () => {
  const device = { tenant: 'site', deviceId: 'soil/1' }
  expect(keys.record(device)).toBe('/fabric/site/devices/soil/1')
  expect(keys.deviceOfRecord(keys.record(device))).toEqual(device)
  expect(keys.offline(device)).toBe('/muster/registry/fabric/offline/site/soil/1')
  expect(keys.deviceOfOffline(keys.offline(device))).toEqual(device)
  expect(keys.instanceOf(keys.instance('one'))).toBe('one')
})

test('a tenant can not stand in the place of another', () => {
  expect(hasKey({ tenant: 'a/devices/b', deviceId: 'c' })).toBe(false)
  expect(hasKey({ tenant: 'a', deviceId: 'b/devices/c' })).toBe(true)
})

test('what is no device is none', () => {
  for (const key of [
    '/fabric/site',
    '/fabric/site/zones/x',
    '/fabric/site/devices/a b',
    '/other',
  ]) {
    expect(keys.deviceOfRecord(key)).toBeUndefined()
  }
  expect(keys.deviceOfOffline(keys.instance('one'))).toBeUndefined()
})
