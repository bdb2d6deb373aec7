import { expect, test } from 'vitest'
import { bytesText } from '../../lib/bytes-text.ts'
import { bytesOf, limitsText } from './limit-text.ts'

test.each([
  [0, '0 B'],
  [1_000, '1000 B'],
  [65_536, '64 KiB'],
  [1_610_612_736, '1.5 GiB'],
])('shows %d bytes as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

test.each([
  ['65536', 65_536],
  ['64k', 65_536],
  ['64 KiB', 65_536],
  ['1.5 GB', 1_610_612_736],
  ['1,5g', 1_610_612_736],
  ['0', 0],
])('reads %s', (text, bytes) => expect(bytesOf(text)).toBe(bytes))

test.each(['', 'much', '-1', '1 PB', '9999999999999999999'])('does not read %j', (text) => {
  expect(bytesOf(text)).toBeUndefined()
})

test('names only what is limited', () => {
  const none = { connections: null, subscriptions: null, payloadBytes: null, dataBytes: null }
  const jetStream = { memoryBytes: null, diskBytes: null, streams: null, consumers: null }
  expect(limitsText({ ...none, jetStream })).toBe('None')
  expect(limitsText({ ...none, connections: 500, jetStream: null })).toBe(
    '500 connections, no JetStream',
  )
})
