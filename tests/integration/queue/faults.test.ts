import { randomUUID } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { QueuedCommand } from '#shared/contract/queue.ts'
import { pullSubject } from '#shared/protocol/queue.ts'
import { NO_LIMITS, tenancyOn } from '../tenants/support/tenancy.ts'
import { signal, startQueueWorld, whenShown, type Console, type QueueWorld } from './queue-world.ts'

const MEBIBYTE = 1024 * 1024

describe('in an account of its own', () => {
  let world: QueueWorld

  beforeAll(async () => {
    world = await startQueueWorld('account')
  })

  afterEach(() => world.closeConsoles())
  afterAll(() => world.close())

  /** JetStream as somebody sees it who may do everything in the tenant's account. */
  async function inspector(tenant: string) {
    const user = await world.deployment.authority.issueUser({
      account: { tenant },
      role: 'console',
      name: 'inspector',
      ttlMs: 60_000,
      delivery: 'internal',
      permissions: (inbox) => ({ pub: { allow: ['>'] }, sub: { allow: ['>', `${inbox}.>`] } }),
    })
    return jetstreamManager(await world.deployment.connectAs(user))
  }

  test('an answer that came while no console ran is shown by the next one', async () => {
    const pump = await world.device('acme', 'pump-1')
    const first = world.open()
    const { id } = await world.enqueue('pump-1', { console: first })
    await first.close()
    await world.console.close()
    const device = pump.start()
    const manager = await inspector('acme')
    await expect
      .poll(async () => (await manager.streams.info('commands-acme')).state.messages)
      .toBe(0)
    await device.stop()
    const second = world.open()
    const done = await whenShown(second, 'pump-1', ({ commands }) =>
      commands.find((each) => each.id === id && each.state === 'done'),
    )
    expect(done.result).toEqual({ value: { calls: 1 } })
  })

  test('a device that is removed goes with its consumer and all that waits for it', async () => {
    const console = world.open()
    const { id } = await world.enqueue('pump-3', { console })
    const manager = await inspector('acme')
    await expect(manager.consumers.info('commands-acme', 'cmd-acme-pump-3')).resolves.toBeDefined()
    await console.queue.removeDevice({ tenant: 'acme', deviceId: 'pump-3' }, 'It was forgotten.')
    const removed = await whenShown(console, 'pump-3', ({ commands }) =>
      commands.find((each) => each.id === id),
    )
    expect(removed).toMatchObject({ state: 'discarded', error: { message: 'It was forgotten.' } })
    await expect(manager.consumers.info('commands-acme', 'cmd-acme-pump-3')).rejects.toThrow(
      /not found/u,
    )
    const info = await manager.streams.info('commands-acme', { subjects_filter: '>' })
    expect(Object.keys(info.state.subjects ?? {})).not.toContain('device-connect.acme.pump-3.queue')
  })

  test('a stream that somebody deleted is made again for the next command', async () => {
    const console = world.open()
    await world.enqueue('pump-7', { console })
    const manager = await inspector('acme')
    await manager.streams.delete('commands-acme')
    await manager.streams.delete('results-acme')
    const { id } = await world.enqueue('pump-7', { console })
    const pump = await world.device('acme', 'pump-7')
    pump.start()
    const done = await whenShown(console, 'pump-7', ({ commands }) =>
      commands.find((each) => each.id === id && each.state === 'done'),
    )
    expect(done.result).toEqual({ value: { calls: 1 } })
    const states = await whenShown(console, 'pump-7', ({ commands }) =>
      commands.map(({ state }) => state),
    )
    expect(states).toEqual(['done', 'gone'])
  })

  test('a consumer that nobody needed for days is taken away, and made again when it is needed', async () => {
    const console = world.open()
    const pump = await world.device('acme', 'pump-8')
    const device = pump.start()
    const isDone = (id: string, on: Console) =>
      whenShown(on, 'pump-8', ({ commands }) =>
        commands.find((each) => each.id === id && each.state === 'done'),
      )
    await isDone((await world.enqueue('pump-8', { console })).id, console)
    const manager = await inspector('acme')
    await manager.consumers.info('commands-acme', 'cmd-acme-pump-8')
    const later = world.open('own', { idleConsumerMs: 0 })
    await world.enqueue('pump-9', { console: later })
    await expect
      .poll(async () => {
        const consumers = await manager.consumers.list('commands-acme').next()
        return consumers.map(({ name }) => name)
      })
      .not.toContain('cmd-acme-pump-8')
    await later.close()
    await isDone((await world.enqueue('pump-8', { console })).id, console)
    expect(pump.calls).toHaveLength(2)
    await device.stop()
  })

  test('the queue of a device whose credential is revoked is emptied', async () => {
    const console = world.open()
    await world.device('acme', 'pump-4')
    const { id } = await world.enqueue('pump-4', { console })
    const { authority } = world.deployment
    const [credential] = authority.ledger.credentialsOf({ tenant: 'acme', deviceId: 'pump-4' })
    authority.ledger.end(credential!.id, 'revoked', 'stolen', new Date())
    authority.ledger.announce()
    const removed = await whenShown(console, 'pump-4', ({ commands }) =>
      commands.find((each) => each.id === id && each.state === 'discarded'),
    )
    expect(removed.error?.message).toContain('revoked')
  })

  test('consoles on two computers show the same queue, and one hears what the other does', async () => {
    const here = world.open()
    const there = world.open('other-computer')
    const first = await world.enqueue('pump-10', { console: here, params: { number: 1 } })
    const second = await world.enqueue('pump-10', { console: there, params: { number: 2 } })
    const seen = (console: Console, id: string, state: QueuedCommand['state']) =>
      whenShown(console, 'pump-10', ({ commands }) =>
        commands.find((each) => each.id === id && each.state === state),
      )
    expect(await seen(there, first.id, 'queued')).toMatchObject({ elsewhere: true })
    expect(await seen(here, second.id, 'queued')).toMatchObject({ elsewhere: true })
    await there.queue.cancel('acme', first.id, signal)
    expect(await seen(here, first.id, 'cancelled')).toMatchObject({ error: { code: 'cancelled' } })
    const both = await Promise.all([
      here.queue.cancel('acme', second.id, signal),
      there.queue.cancel('acme', second.id, signal),
    ])
    expect(both.map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
  })

  test('a full queue is said, and leaves nothing half done', async () => {
    const console = world.open()
    for (let number = 0; number < 100; number += 1) await world.enqueue('pump-5', { console })
    await expect(world.enqueue('pump-5', { console })).rejects.toMatchObject({
      code: 'QUEUE_DEVICE_FULL',
    })
    const commands = await whenShown(console, 'pump-5', (update) => update.commands)
    expect(commands).toHaveLength(100)
    await expect(
      world.enqueue('pump-6', { console, params: { text: 'x'.repeat(2 * MEBIBYTE) } }),
    ).rejects.toMatchObject({ code: 'QUEUE_PARAMS_TOO_LARGE' })
    expect(await whenShown(console, 'pump-6', (update) => update.commands)).toEqual([])
    // It grows from 4 MiB on.
    const large = { console, params: { text: 'x'.repeat(900_000) } }
    for (let number = 0; number < 6; number += 1) await world.enqueue('pump-6', large)
    const lag = await console.queue.lag('acme', signal)
    expect(lag.stream?.maxBytes).toBe(8 * MEBIBYTE)
  })

  test('a tenant without JetStream has no queue until it is switched on; a small one fills up', async () => {
    const console = world.open()
    const { service } = tenancyOn(world.deployment)
    await service.setLimits('other', { ...NO_LIMITS, jetStream: null }, signal)
    expect(await console.queue.availability('other', signal)).toMatchObject({
      state: 'off',
      canEnable: true,
    })
    const order = { console, tenant: 'other' }
    await expect(world.enqueue('pump-1', order)).rejects.toMatchObject({ code: 'QUEUE_OFF' })
    expect(await console.queue.enable('other', signal)).toMatchObject({ state: 'ready' })
    expect(await world.enqueue('pump-1', order)).toMatchObject({ state: 'queued' })

    const tight = { memoryBytes: 0, diskBytes: 64 * 1024, streams: null, consumers: null }
    await service.setLimits('other', { ...NO_LIMITS, jetStream: tight }, signal)
    const large = { ...order, params: { text: 'x'.repeat(40_000) } }
    const filling = async () => {
      for (let number = 0; number < 5; number += 1) await world.enqueue('pump-2', large)
    }
    await expect(filling()).rejects.toMatchObject({ code: 'QUEUE_STORAGE_FULL' })
    await service.close()
  })

  test('a login that may not use JetStream is told so, and a device of the tenant is no obstacle', async () => {
    const console = world.open('login-only')
    expect(await console.queue.availability('acme', signal)).toMatchObject({
      state: 'not-permitted',
      canEnable: false,
      problem: { code: 'QUEUE_NOT_PERMITTED' },
    })
    await expect(world.enqueue('pump-9', { console })).rejects.toMatchObject({
      code: 'QUEUE_NOT_PERMITTED',
    })
    expect(await whenShown(console, 'pump-9', (update) => update.commands)).toEqual([])
  })

  test('a server that is killed and comes back has lost no command', async () => {
    const console = world.open()
    const pump = await world.device('acme', 'pump-2')
    const queued = []
    for (let number = 0; number < 3; number += 1) {
      queued.push(await world.enqueue('pump-2', { console, params: { number } }))
    }
    await world.killServer()
    await world.reviveServer()
    pump.start()
    for (const { id } of queued) {
      await whenShown(console, 'pump-2', ({ commands }) =>
        commands.find((each) => each.id === id && each.state === 'done'),
      )
    }
    expect(pump.calls.map(({ number }) => number)).toEqual([0, 1, 2])
  })
})

describe('in an account that tenants share', () => {
  let world: QueueWorld

  beforeEach(async () => {
    world = await startQueueWorld('shared')
  })

  afterEach(() => world.close())

  test('each tenant has a queue of its own, also where names run together', async () => {
    const { authority } = world.deployment
    await authority.createTenant('a', { isolation: 'shared' }, signal)
    await authority.createTenant('a-b', { isolation: 'shared' }, signal)
    // Both consumers would be cmd-a-b-c.
    const one = await world.device('a', 'b-c')
    const other = await world.device('a-b', 'c')
    await world.enqueue('b-c', { tenant: 'a', params: { for: 'one' } })
    await world.enqueue('c', { tenant: 'a-b', params: { for: 'other' } })
    one.start()
    other.start()
    for (const [tenant, device] of [
      ['a', 'b-c'],
      ['a-b', 'c'],
    ] as const) {
      await whenShown(
        world.console,
        device,
        ({ commands }) => commands.find(({ state }) => state === 'done'),
        tenant,
      )
    }
    expect([one.calls, other.calls]).toEqual([[{ for: 'one' }], [{ for: 'other' }]])
  })

  test('a device can fetch its own commands and nobody else’s', async () => {
    const { id } = await world.enqueue('pump-1')
    const thief = await world.deployment.device('other', 'pump-1')
    const refused: string[] = []
    void (async () => {
      for await (const status of thief.status()) {
        if (status.type === 'error') refused.push(status.error.message)
      }
    })()
    const loot: string[] = []
    thief.subscribe('_INBOX.loot', {
      callback: (_error, message) => void loot.push(message.string()),
    })
    for (const subject of [
      pullSubject('acme', 'pump-1'),
      '$JS.API.CONSUMER.INFO.commands-acme.cmd-acme-pump-1',
      '$JS.API.STREAM.MSG.GET.commands-acme',
      '$JS.API.STREAM.PURGE.commands-acme',
      '$JS.ACK.commands-acme.cmd-acme-pump-1.1.1.1.1.0',
      'device-connect.acme.pump-1.queue',
    ]) {
      thief.publish(subject, '{"batch":1,"seq":1}', { reply: '_INBOX.loot' })
    }
    await thief.flush()
    await thief.flush()
    expect(refused).toHaveLength(6)
    expect(loot).toEqual([])
    await world.console.queue.cancel('acme', id, signal)
    // The id of a command is no way around either.
    expect(await world.enqueue('pump-1', { id: randomUUID() })).toMatchObject({ state: 'queued' })
  })
})
