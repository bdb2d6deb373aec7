import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMuster } from '../../../scripts/lib/muster-process.ts'
import { firstWhere } from '../../../scripts/lib/streams.ts'

const WITHIN_MS = 60_000

describe('the streams of a running Muster', () => {
  let folder: string
  let started: Awaited<ReturnType<typeof startMuster>>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-streams-'))
    started = await startMuster({ profile: join(folder, 'profile'), demo: true })
    await started.client.mesh.createLocal({
      dialect: 'device-connect',
      tenant: 'plant',
      reach: { kind: 'loopback' },
    })
  })
  afterAll(async () => {
    await started.close()
    await rm(folder, { recursive: true, force: true })
  })

  test.each([
    'commissioning',
    'discovery',
    'fleet',
    'health',
    'keychain',
    'mesh',
    'tenants',
  ] as const)('%s begins with a snapshot', async (domain) => {
    const controller = new AbortController()
    const stream = await started.client[domain].watch(undefined, { signal: controller.signal })
    expect((await stream.next()).value).toMatchObject({ type: 'snapshot' })
    controller.abort()
  })

  test('events of a tenant begin with a snapshot', async () => {
    const stream = await started.client.events.watch({ tenant: 'plant', deviceId: null })
    expect((await stream.next()).value).toMatchObject({ type: 'snapshot' })
    await stream.return?.()
  })

  test('a new tenant is ready and somebody could log in to it, while the mesh runs', async () => {
    const { client } = started
    expect(await client.tenants.create({ name: 'annex' })).toMatchObject({
      name: 'annex',
      state: 'ready',
    })
    const both = await firstWhere(
      (signal) => client.tenants.watch(undefined, { signal }),
      'both tenants',
      WITHIN_MS,
      (update) => (update.tenants.length === 2 ? update.tenants : undefined),
    )
    expect(both.map(({ name }) => name).toSorted()).toEqual(['annex', 'plant'])
  })
})
