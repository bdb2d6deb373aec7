import { headers } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { readAsyncReply } from './async-reply.ts'
import { commandHeaders, commandText, readCommand } from './command-message.ts'

const COMMAND = {
  id: '1f0a7c1e-0000-4000-8000-000000000001',
  functionName: 'unlock',
  params: { seconds: 20 },
  by: 'kim@laptop',
  deadline: new Date('2030-01-01T12:00:00Z'),
}

test('a command is read as it was written', () => {
  expect(readCommand(commandText(COMMAND), commandHeaders(COMMAND))).toEqual(COMMAND)
})

test('a command of another tool needs no headers, and its caller is whoever it says', () => {
  const params = { _dc_meta: { source_device: 'planner' }, a: 1 }
  const text = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'unlock', params })
  expect(readCommand(text, undefined)).toEqual({
    id: '7',
    functionName: 'unlock',
    params: { a: 1 },
    by: 'planner',
    deadline: null,
  })
})

test.each(['', 'null', '[]', '{}', '{"id":"1"}', '{"id":"1","method":""}', '{"method":"m"}'])(
  'what no device could carry out is no command: %s',
  (text) => {
    expect(readCommand(text, undefined)).toBeUndefined()
  },
)

test('a deadline that is no instant is none', () => {
  const fields = headers()
  fields.set('Command-Deadline', 'tomorrow')
  expect(readCommand(commandText(COMMAND), fields)?.deadline).toBeNull()
})

test.each(['', '{}', '{"success":"yes"}', '[true]'])('%s is no answer of a device', (text) => {
  expect(readAsyncReply(text)).toBeUndefined()
})

test('an answer says what it says, cut where a device talks too much', () => {
  const error = { code: -32603, message: 'x'.repeat(10_000) }
  const text = JSON.stringify({ success: false, error, retryable: true, attempt: 2 })
  const answer = readAsyncReply(text)
  expect(answer).toMatchObject({ success: false, retryable: true, attempt: 2 })
  expect(answer?.error?.code).toBe('-32603')
  expect(answer?.error?.message).toHaveLength(2_000)
  expect(readAsyncReply('{"success":true,"result":{"a":1},"retryable":true}')).toMatchObject({
    result: { a: 1 },
    error: null,
    retryable: false,
  })
})
