import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { RecentCommands } from '../../../src/simulator/command-queue.ts'
import {
  ACK_WAIT_MS,
  signal,
  startQueueWorld,
  whenShown,
  type Console,
  type QueueWorld,
} from './queue-world.ts'

let world: QueueWorld

beforeAll(async () => {
  world = await startQueueWorld('account')
})

afterAll(() => world.close())

/** Closed with the test: of the same profile and with a clock of its own, it would take part in the next. */
function openAnother(): Console {
  const another = world.open()
  onTestFinished(() => another.close())
  return another
}

test('a command waits for a device that is away, and its answer comes when it is back', async () => {
  const pump = await world.device('acme', 'pump-1')
  const queued = await world.enqueue('pump-1', { params: { litres: 3 } })
  expect(queued).toMatchObject({ state: 'queued', attempts: 0, params: { litres: 3 } })
  const device = pump.start()
  const done = await world.whenState(queued.id, 'pump-1', 'done')
  expect(done).toMatchObject({ result: { value: { calls: 1 } }, error: null })
  expect(pump.calls).toEqual([{ litres: 3 }])
  await device.stop()
})

test('a device that is online is woken by its first command', async () => {
  const pump = await world.device('acme', 'pump-2')
  const device = pump.start()
  await device.whenState('registering', signal)
  const { id } = await world.enqueue('pump-2')
  await world.whenState(id, 'pump-2', 'done')
  expect(pump.calls).toHaveLength(1)
})

test('commands are carried out in the order in which they were queued', async () => {
  const pump = await world.device('acme', 'pump-3')
  const numbers = [1, 2, 3, 4, 5]
  for (const number of numbers) await world.enqueue('pump-3', { params: { number } })
  const last = await world.enqueue('pump-3', { params: { number: 6 } })
  pump.start()
  await world.whenState(last.id, 'pump-3', 'done')
  expect(pump.calls.map(({ number }) => number)).toEqual([...numbers, 6])
})

test('the same command queued twice is carried out once', async () => {
  const pump = await world.device('acme', 'pump-4')
  const id = randomUUID()
  const [one, other] = await Promise.all([
    world.enqueue('pump-4', { id }),
    world.enqueue('pump-4', { id }),
  ])
  expect(other).toEqual(one)
  await expect(world.enqueue('pump-4', { id, functionName: 'another' })).rejects.toMatchObject({
    code: 'COMMAND_ID_TAKEN',
  })
  pump.start()
  await world.whenState(id, 'pump-4', 'done')
  expect(pump.calls).toHaveLength(1)
})

test('a cancelled command is not carried out, whoever cancels it and however often', async () => {
  const pump = await world.device('acme', 'pump-5')
  const other = openAnother()
  const first = await world.enqueue('pump-5', { params: { number: 1 } })
  const second = await world.enqueue('pump-5', { params: { number: 2 } })
  const cancelled = await Promise.all([
    world.console.queue.cancel('acme', first.id, signal),
    other.queue.cancel('acme', first.id, signal),
  ])
  expect(cancelled.map(({ state, mayHaveRun }) => [state, mayHaveRun])).toEqual([
    ['cancelled', false],
    ['cancelled', false],
  ])
  pump.start()
  await world.whenState(second.id, 'pump-5', 'done')
  expect(pump.calls).toEqual([{ number: 2 }])
  await expect(world.console.queue.cancel('acme', second.id, signal)).rejects.toMatchObject({
    code: 'COMMAND_ENDED',
  })
})

test('a command whose time is over is taken from the queue, and never carried out', async () => {
  const pump = await world.device('acme', 'pump-6')
  const console = openAnother()
  const { id } = await world.enqueue('pump-6', { console, expiresInMs: 60_000 })
  console.skip(61_000)
  const expired = await whenShown(console, 'pump-6', ({ commands }) =>
    commands.find((each) => each.id === id && each.state === 'expired'),
  )
  expect(expired).toMatchObject({ mayHaveRun: false, error: { code: 'expired' } })
  const next = await world.enqueue('pump-6')
  pump.start()
  await world.whenState(next.id, 'pump-6', 'done')
  expect(pump.calls).toHaveLength(1)
})

test('a device does not begin a command whose time is over, though it is in the queue still', async () => {
  const pump = await world.device('acme', 'pump-7')
  const { id } = await world.enqueue('pump-7', { expiresInMs: 1 })
  pump.start()
  expect(await world.whenState(id, 'pump-7', 'expired')).toMatchObject({ result: null })
  expect(pump.calls).toEqual([])
})

test('a device that dies with a command in its hands gets it again', async () => {
  let dies = true
  const pump = await world.device('acme', 'pump-8')
  const device = pump.start({
    functions: [
      {
        name: 'hang',
        description: '',
        parameters: { type: 'object' },
        run: () => (dies ? new Promise(() => undefined) : 'ran'),
      },
    ],
  })
  const { id } = await world.enqueue('pump-8', { functionName: 'hang' })
  const delivered = await world.whenState(id, 'pump-8', 'delivered')
  expect(delivered).toMatchObject({ attempts: 1 })
  await device.crash()
  dies = false
  pump.start({
    functions: [
      { name: 'hang', description: '', parameters: { type: 'object' }, run: () => 'ran' },
    ],
  })
  const done = await world.whenState(id, 'pump-8', 'done')
  expect(done).toMatchObject({ attempts: 2, result: { value: 'ran' } })
})

test('a long function is not begun a second time while the device works on it', async () => {
  let begun = 0
  const { promise: finished, resolve: finish } = Promise.withResolvers<string>()
  const pump = await world.device('acme', 'pump-9', {
    functions: [
      {
        name: 'long',
        description: '',
        parameters: { type: 'object' },
        run: () => {
          begun += 1
          setTimeout(() => finish('at last'), ACK_WAIT_MS * 2.5)
          return finished
        },
      },
    ],
  })
  pump.start()
  const { id } = await world.enqueue('pump-9', { functionName: 'long' })
  const done = await world.whenState(id, 'pump-9', 'done')
  expect(done).toMatchObject({ attempts: 1, result: { value: 'at last' } })
  expect(begun).toBe(1)
})

test('a command whose acknowledgement was lost is answered again, not carried out again', async () => {
  const memory = new RecentCommands()
  const pump = await world.device('acme', 'pump-10', { queue: { memory } })
  const first = await world.enqueue('pump-10')
  memory.remember(first.id, { success: true, result: 'long ago', actually_fired_at: 1 })
  pump.start()
  const done = await world.whenState(first.id, 'pump-10', 'done')
  expect(done.result).toEqual({ value: 'long ago' })
  expect(pump.calls).toEqual([])
})

test('what fails too often becomes a dead letter with its reason, and can be queued again or discarded', async () => {
  let broken = true
  const pump = await world.device('acme', 'pump-11', {
    functions: [
      {
        name: 'flaky',
        description: '',
        parameters: { type: 'object' },
        run: () => {
          if (broken) throw new Error('the valve is stuck')
          return 'open'
        },
      },
    ],
  })
  pump.start()
  const { id } = await world.enqueue('pump-11', { functionName: 'flaky' })
  const dead = await world.whenState(id, 'pump-11', 'dead')
  expect(dead).toMatchObject({ attempts: 5, error: { message: 'the valve is stuck' } })
  expect(world.console.notices.filter((text) => text.includes('flaky'))).toHaveLength(1)
  // A dead letter does not stand in the way of what comes after it.
  const next = await world.enqueue('pump-11')
  await world.whenState(next.id, 'pump-11', 'done')
  expect((await world.console.queue.lag('acme', signal)).dead).toBe(1)
  broken = false
  const again = await world.console.queue.requeue('acme', id, 60_000, signal)
  expect(again.state).toMatch(/queued|delivered|done/u)
  // The device may have it already.
  expect(again.attempts).toBeLessThanOrEqual(1)
  expect(await world.whenState(id, 'pump-11', 'done')).toMatchObject({
    result: { value: 'open' },
    attempts: 1,
    error: null,
  })

  broken = true
  const other = await world.enqueue('pump-11', { functionName: 'flaky' })
  await world.whenState(other.id, 'pump-11', 'dead')
  const discarded = await world.console.queue.discard('acme', other.id, signal)
  expect(discarded).toMatchObject({ state: 'discarded', error: { message: 'the valve is stuck' } })
  const lag = await world.console.queue.lag('acme', signal)
  expect(lag.devices.map(({ deviceId }) => deviceId)).not.toContain('pump-11')
})

test('what a device refuses is failed at once', async () => {
  const pump = await world.device('acme', 'pump-12')
  pump.start()
  const { id } = await world.enqueue('pump-12', { functionName: 'nothing-like-it' })
  const failed = await world.whenState(id, 'pump-12', 'failed')
  expect(failed).toMatchObject({ attempts: 1, error: { code: '-32601' } })
})

test('a device whose credential does not allow it is known not to fetch', async () => {
  const pump = await world.device('acme', 'pump-13', { mayFetch: false })
  const device = pump.start()
  await device.whenState('registering', signal)
  const { id } = await world.enqueue('pump-13')
  const permitted = await whenShown(
    world.console,
    'pump-13',
    ({ device: { permitted, consumer } }) => (consumer === null ? undefined : permitted),
  )
  expect(permitted).toBe(false)
  expect(await world.console.queue.cancel('acme', id, signal)).toMatchObject({ state: 'cancelled' })
  expect(pump.calls).toEqual([])
})

test('a command that another tool put into the queue is shown and carried out', async () => {
  const pump = await world.device('acme', 'pump-14')
  const tool = await world.deployment.console('acme')
  await world.enqueue('pump-14')
  const id = randomUUID()
  await tool.request(
    'device-connect.acme.pump-14.queue',
    JSON.stringify({ jsonrpc: '2.0', id, method: 'record', params: { from: 'a tool' } }),
  )
  await world.whenState(id, 'pump-14', 'queued')
  pump.start()
  const done = await world.whenState(id, 'pump-14', 'done')
  expect(done).toMatchObject({ elsewhere: true, functionName: 'record', deadline: null })
})
