import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EtcdClient, EtcdStep } from '../../../src/main/registry/etcd/etcd-client.ts'
import { openEtcd3Client } from '../../../src/main/registry/etcd/etcd3-client.ts'
import { startEtcd, type EtcdServer } from '../../support/etcd-server.ts'

let etcd: EtcdServer
let client: EtcdClient

beforeAll(async () => {
  etcd = await startEtcd()
  client = openEtcd3Client({
    endpoints: [etcd.url],
    caPem: null,
    clientCertificate: null,
    user: null,
    compactAfterSeconds: null,
  })
})
afterAll(async () => {
  client.close()
  await etcd.stop()
})

/** Puts a key where it has this revision; 0 where there is none yet. */
const put = (key: string, revision: number, value = 'new'): EtcdStep => ({
  guards: [{ key, revision }],
  writes: [{ kind: 'put', key, value, lease: '0' }],
})
const valueOf = async (key: string) => (await client.get(key))?.value.toString()

test('steps whose guards all hold are done at one revision', async () => {
  const { revision, done } = await client.commit([put('/all/a', 0), put('/all/b', 0)])
  expect(done).toEqual([true, true])
  expect((await client.get('/all/a'))?.revision).toBe(revision)
  expect((await client.get('/all/b'))?.revision).toBe(revision)
})

test('a step whose guard fails leaves the others alone', async () => {
  await client.commit([put('/one/b', 0, 'old')])
  const { done } = await client.commit([put('/one/a', 0), put('/one/b', 0), put('/one/c', 0)])
  expect(done).toEqual([true, false, true])
  expect(await Promise.all(['/one/a', '/one/b', '/one/c'].map(valueOf))).toEqual([
    'new',
    'old',
    'new',
  ])
})

test('steps with more writes than etcd takes at once are still done, each by itself', async () => {
  const steps = Array.from({ length: 60 }, (_, index): EtcdStep => {
    const { guards, writes } = put(`/many/${index}`, 0)
    const beside = ['x', 'y'].map((end) => ({
      kind: 'put' as const,
      key: `/many/${index}/${end}`,
      value: 'beside',
      lease: '0',
    }))
    return { guards, writes: [...writes, ...beside] }
  })
  const { done } = await client.commit(steps)
  expect(done).toEqual(steps.map(() => true))
  expect(await valueOf('/many/59/y')).toBe('beside')
})
