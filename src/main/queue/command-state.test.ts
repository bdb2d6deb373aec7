import { expect, test } from 'vitest'
import type { AsyncReply } from './async-reply.ts'
import { judge, type ConsumerPosition, type Observation } from './command-state.ts'

const SEQUENCE = 12

function reply(more: Partial<AsyncReply>): AsyncReply {
  return { success: false, result: null, error: null, retryable: false, attempt: null, ...more }
}

function at(stream: number, consumer: number, inFlight: number): ConsumerPosition {
  return {
    delivered: { stream, consumer },
    acknowledged: { stream: 10, consumer: 20 },
    inFlight,
  }
}

function judged(observation: Partial<Observation>) {
  const nothing = { sequence: SEQUENCE, consumer: undefined, reply: undefined, deadBefore: 0 }
  return judge({ ...nothing, ...observation })
}

test('what lies beyond the last delivery waits, and so does everything without a consumer', () => {
  expect(judged({}).state).toBe('queued')
  expect(judged({ consumer: at(11, 22, 1) }).state).toBe('queued')
})

test('the last delivery is with the device while it is not acknowledged', () => {
  expect(judged({ consumer: at(SEQUENCE, 21, 1) })).toMatchObject({
    state: 'delivered',
    attempts: 1,
  })
  expect(judged({ consumer: at(SEQUENCE, 23, 1) })).toMatchObject({ attempts: 3 })
})

test('deliveries of dead letters before it are not counted as its own', () => {
  expect(judged({ consumer: at(SEQUENCE, 27, 1), deadBefore: 1 })).toMatchObject({ attempts: 2 })
})

test('what the device says of its attempts counts where the consumer has forgotten them', () => {
  const said = reply({ retryable: true, attempt: 4 })
  expect(judged({ consumer: at(SEQUENCE, 21, 1), reply: said })).toMatchObject({
    state: 'delivered',
    attempts: 4,
  })
})

test('what was passed by and is there still is a dead letter', () => {
  const failed = reply({ retryable: true, attempt: 5 })
  expect(judged({ consumer: at(13, 26, 1), reply: failed }).state).toBe('dead')
  expect(judged({ consumer: at(SEQUENCE, 25, 0), reply: failed })).toMatchObject({ attempts: 5 })
})

test.each([
  [reply({ success: true, result: 1 }), 'done'],
  [reply({ error: { code: '-32601', message: '' } }), 'failed'],
  [reply({ error: { code: 'expired', message: '' } }), 'expired'],
  [reply({ error: { code: 'cancelled', message: '' } }), 'cancelled'],
  [reply({ error: { code: 'discarded', message: '' } }), 'discarded'],
] as const)('a last word ends it, whether its message is still there or not: %j', (said, state) => {
  expect(judged({ sequence: undefined, reply: said })).toMatchObject({ state, leftOver: false })
  expect(judged({ reply: said })).toMatchObject({ state, leftOver: true })
})

test('without message and without a word nobody knows what became of it', () => {
  expect(judged({ sequence: undefined }).state).toBe('gone')
})

test('a device that wanted to try again and can not any more has failed', () => {
  const failed = reply({ retryable: true })
  expect(judged({ sequence: undefined, reply: failed }).state).toBe('failed')
})
