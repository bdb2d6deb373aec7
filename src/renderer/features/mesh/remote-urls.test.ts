import { expect, test } from 'vitest'
import { urlComplaint, urlsOf } from './remote-urls.ts'

test('takes addresses from lines, spaces and commas', () => {
  expect(urlsOf(' tls://a:4222\nwss://b , nats://[::1]:4222 ')).toEqual([
    'tls://a:4222',
    'wss://b',
    'nats://[::1]:4222',
  ])
})

test.each([
  [['tls://a:4222', 'ws://b:80', 'wss://c', 'nats://[::1]:4222'], null],
  [[], 'Give at least one address.'],
  [['https://a'], 'https://a is not an address like tls://host:4222.'],
  [['a:4222'], 'a:4222 is not an address like tls://host:4222.'],
  [['nats://'], 'nats:// is not an address like tls://host:4222.'],
])('%j', (urls, complaint) => {
  expect(urlComplaint(urls)).toBe(complaint)
})

test('a password in an address is refused without repeating it', () => {
  const complaint = urlComplaint(['nats://kim:hunter2@host:4222'])
  expect(complaint).toContain('Leave user names and passwords out')
  expect(complaint).not.toContain('hunter2')
})
