import { expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { silentLogger } from '../../log/logger.ts'
import { systemClock } from '../clock.ts'
import type { EtcdClient, EtcdEvent } from './etcd-client.ts'
import { EtcdKeys } from './etcd-keys.ts'
import { EtcdRows } from './etcd-rows.ts'
import { EtcdView } from './etcd-view.ts'
import { LeaseBook } from './lease-book.ts'
import { Membership } from './membership.ts'
import { OfflineMarks } from './offline-marks.ts'
import { SeenNotes } from './seen-notes.ts'

const keys = new EtcdKeys(dialectOf('device-connect'))
const device = { tenant: 'site', deviceId: 'd' }
const record = '{"device_id":"d","device_ttl":15,"status":{}}'

/** The view of one registry that is told these events, in this order; no etcd is asked for them. */
function told(events: readonly EtcdEvent[]) {
  const client = {} as EtcdClient
  const [clock, logger] = [systemClock, silentLogger()]
  const leases = new LeaseBook(client, clock, logger)
  const rows = new EtcdRows(leases)
  const marks = new OfflineMarks('own')
  const instance = { instanceId: 'own', changed: () => undefined }
  const members = new Membership({ client, keys, clock, logger, ...instance })
  const heard: string[] = []
  const view = new EtcdView({
    client,
    keys,
    rows,
    leases,
    marks,
    members,
    seen: new SeenNotes(client, keys),
    logger,
    instanceId: 'own',
    stale: (key) => void heard.push(`stale ${key}`),
    follower: () => ({
      documentOf: () => undefined,
      found: (found) => void heard.push(found.offlineAtEpochMs === null ? 'online' : 'offline'),
      vanished: (_device, why) => void heard.push(`vanished ${why}`),
      gone: () => void heard.push('gone'),
      claimed: () => void heard.push('claimed'),
      reached: () => undefined,
      ownersChanged: () => undefined,
    }),
  })
  for (const event of events) view.event(event)
  view.close()
  return { heard, rows }
}

const put = (key: string, value: string, revision: number): EtcdEvent => ({
  kind: 'put',
  entry: { key, value: Buffer.from(value), revision, lease: '0' },
})
const registered = (revision: number) => put(keys.record(device), record, revision)
const unregistered = (revision: number): EtcdEvent => ({
  kind: 'delete',
  key: keys.record(device),
  revision,
})
const declaredOffline = (revision: number, by = 'another') => {
  const entry = { since: 1, last_seen: null, by, announced: false }
  return put(keys.offline(device), JSON.stringify(entry), revision)
}

test('a device that was declared offline stays so, whichever watch is ahead after a gap', () => {
  expect(told([registered(8), unregistered(9), declaredOffline(9)]).heard.at(-1)).toBe('offline')
  expect(told([declaredOffline(9), registered(8), unregistered(9)]).heard).toEqual(['offline'])
})

test('a device that registered since is online, and the entry that it did not know of goes', () => {
  const { heard } = told([registered(8), registered(10), declaredOffline(9)])
  expect(heard).toEqual(['online', 'online', `stale ${keys.offline(device)}`])
})

test('a claim of ours that seemed to fail is told as ours', () => {
  expect(told([registered(8), declaredOffline(9, 'own')]).heard).toEqual(['online', 'claimed'])
})

test('what comes twice, or is older than what is known, is no news', () => {
  const { heard, rows } = told([registered(8), registered(8), registered(7), unregistered(6)])
  expect(heard).toEqual(['online'])
  expect(rows.get(keys.record(device))?.revision).toBe(8)
})
