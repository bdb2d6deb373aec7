import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommissioningJob } from '#shared/contract/commissioning.ts'
import { InteropSite } from './site.ts'
import { describeWithReference } from './with-reference.ts'

/** The tenant that a reference runtime speaks for until it is started with a credential file. */
const TENANT = 'default'

/**
 * A runtime that knows no broker when it is constructed goes without one for good ("D2D mode").
 * Any will do: the credential's replaces it.
 */
const ANY_BROKER = { NATS_URL: 'nats://127.0.0.1:4222' }

describeWithReference('the Python reference commissioning server', (python) => {
  let site: InteropSite

  beforeAll(async () => {
    site = await InteropSite.open(python, [TENANT, 'annex'])
  })

  afterAll(() => site?.close())

  test('tells what it is, refuses a wrong PIN and takes the right one', async () => {
    const device = await site.unbox({ deviceId: 'sensor-1', kind: 'soil-sensor', key: 'factory' })
    expect(await site.inspect(device)).toMatchObject({
      deviceId: 'sensor-1',
      deviceType: 'soil-sensor',
      capabilities: ['measure'],
      state: 'uncommissioned',
      publicKey: device.publicKey,
      seedWouldTravel: false,
    })
    const refused = await site.commission(device, TENANT, otherThan(device.pin))
    expect(refused).toMatchObject({ state: 'failed', problem: { code: 'PIN_REJECTED' } })
    expect(refused.problem?.message).toContain('2 attempts are left')

    const taken = await site.commission(device, TENANT)
    expect(stepsOf(taken)).toBe('info done, issue done, deliver done, online done')
    // The device holds its key: no seed crosses the LAN.
    expect(await device.program.fact({ state: 'commissioned' })).toEqual({
      state: 'commissioned',
      keys: ['jwt', 'urls'],
    })
    await site.online(TENANT, 'sensor-1')
    const credentials = await site.client.fleet.credentials({
      tenant: TENANT,
      deviceId: 'sensor-1',
    })
    expect(credentials.map(({ state }) => state).sort()).toEqual(['active', 'struck'])
  })

  test('gets a key where it has none, after a warning that the seed travels', async () => {
    const device = await site.unbox({ deviceId: 'pump-1', kind: 'irrigation-pump', key: 'none' })
    expect(await site.inspect(device)).toMatchObject({ publicKey: null, seedWouldTravel: true })
    expect(await site.commission(device, TENANT)).toMatchObject({ state: 'done', problem: null })
    expect(await device.program.fact({ state: 'commissioned' })).toMatchObject({
      keys: ['jwt', 'nkey_seed', 'urls'],
    })
    await site.online(TENANT, 'pump-1')
  })

  test('locks itself after three wrong PINs, and nothing it was offered stays valid', async () => {
    const device = await site.unbox({ deviceId: 'locked-1', kind: 'soil-sensor', key: 'factory' })
    const wrong = otherThan(device.pin)
    for (const left of ['2 attempts are left', 'One attempt is left', 'the last attempt']) {
      const { problem } = await site.commission(device, TENANT, wrong)
      expect(problem?.message).toContain(left)
    }
    const locked = await site.commission(device, TENANT)
    expect(locked).toMatchObject({ state: 'failed', problem: { code: 'DEVICE_LOCKED' } })
    const credentials = await site.client.fleet.credentials({
      tenant: TENANT,
      deviceId: 'locked-1',
    })
    expect(credentials.filter(({ state }) => state === 'active' || state === 'pending')).toEqual([])
  })

  test('as part of its runtime brings a device without a key online at once', async () => {
    const device = await site.unbox({
      deviceId: 'shipped-1',
      kind: 'soil-sensor',
      key: 'none',
      script: 'shipped_device.py',
      environment: ANY_BROKER,
    })
    expect(await site.commission(device, TENANT)).toMatchObject({ state: 'done' })
    await site.online(TENANT, 'shipped-1')
    expect(await site.call(TENANT, 'shipped-1', 'measure')).toMatchObject({ type: 'result' })
  })

  test('as part of its runtime speaks for another tenant until it is started again', async () => {
    const device = await site.unbox({
      deviceId: 'shipped-3',
      kind: 'soil-sensor',
      key: 'none',
      script: 'shipped_device.py',
      environment: ANY_BROKER,
    })
    const { id } = await site.startCommissioning(device, 'annex')
    await device.program.line('that it may not speak for its default tenant', (line) =>
      /permissions violation.*device-connect\.default\.registry/iu.test(line),
    )
    await site.fleetDevice('annex', 'shipped-3', 'pending', ({ state }) => state === 'pending')
    await device.program.stop()

    site.run(['shipped_device.py', 'soil-sensor', device.identityFile, '', '0'])
    const job = await site.job(id, 'the job to end', ({ state }) => state !== 'running')
    expect(job).toMatchObject({ state: 'done' })
    await site.online('annex', 'shipped-3')
  })

  test('as part of its runtime loses its own key until it is started with it', async () => {
    const device = await site.unbox({
      deviceId: 'shipped-2',
      kind: 'soil-sensor',
      key: 'factory',
      script: 'shipped_device.py',
      environment: ANY_BROKER,
    })
    const { id } = await site.startCommissioning(device, TENANT)
    await device.program.line('that it connects without its key', (line) =>
      line.includes('connecting without auth'),
    )
    await site.fleetDevice(TENANT, 'shipped-2', 'pending', ({ state }) => state === 'pending')
    await device.program.stop()

    site.run(['shipped_device.py', 'soil-sensor', device.identityFile, '', '0'], {
      NATS_NKEY_SEED: device.seed ?? '',
    })
    const job = await site.job(id, 'the job to end', ({ state }) => state !== 'running')
    expect(job).toMatchObject({ state: 'done' })
    await site.online(TENANT, 'shipped-2')
  })
})

/** Another well-formed PIN. */
function otherThan(pin: string): string {
  return pin === '0000-0000' ? '0000-0001' : '0000-0000'
}

function stepsOf({ steps }: CommissioningJob): string {
  return steps.map(({ name, state }) => `${name} ${state}`).join(', ')
}
