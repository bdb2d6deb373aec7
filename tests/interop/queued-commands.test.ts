import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstWhere } from '../../scripts/lib/streams.ts'
import { InteropSite } from './site.ts'
import { describeWithReference } from './with-reference.ts'

const TENANT = 'greenhouse'
const PATIENCE_MS = 60_000

describeWithReference('a device written with a stock NATS client', (python) => {
  let site: InteropSite

  beforeAll(async () => {
    site = await InteropSite.open(python, [TENANT])
  })

  afterAll(() => site?.close())

  test('fetches what was queued for it while it was away, and its answer is shown', async () => {
    const { deviceId, credentialsFile, program } = await site.member(TENANT, {
      deviceId: 'pump-1',
      kind: 'irrigation-pump',
      key: 'none',
    })
    await program.stop()
    const { id } = await site.client.queue.enqueue({
      tenant: TENANT,
      deviceId,
      id: randomUUID(),
      functionName: 'irrigate',
      params: { seconds: 7 },
      expiresInMs: 600_000,
    })
    const device = site.run(['queue_device.py', credentialsFile, TENANT, deviceId])
    const ran = await device.fact({ command: 'irrigate', attempt: 1 })
    expect(ran).toMatchObject({ params: { seconds: 7 } })
    const done = await firstWhere(
      (signal) => site.client.queue.watch({ tenant: TENANT, deviceId }, { signal }),
      'the command to be done',
      PATIENCE_MS,
      ({ commands }) => commands.find((each) => each.id === id && each.state === 'done'),
    )
    expect(done.result).toEqual({ value: { ran: 'irrigate' } })
  })
})
