import { expect, test } from 'vitest'
import { hostCandidates, isLoopbackUrl, requireUrls } from './hosts.ts'

test('offers what stands in credentials, then this computer’s other addresses, loopback last', () => {
  const known = { urls: ['tls://127.0.0.1:4222'], own: ['192.168.1.20', 'fd00::7'] }
  expect(hostCandidates(known, 'tenant').map(({ url, loopback }) => [url, loopback])).toEqual([
    ['tls://192.168.1.20:4222', false],
    ['tls://[fd00::7]:4222', false],
    ['tls://127.0.0.1:4222', true],
  ])
  expect(hostCandidates(known, 'leaf-node').map(({ url }) => url)).toContain(
    'tls://192.168.1.20:7422',
  )
})

test.each([
  'nats://localhost:4222',
  'nats://127.1.2.3',
  'tls://[::1]:4222',
  'ws://mesh.localhost',
  'nats://0.0.0.0:4222',
  'nats-leaf://127.0.0.1:7422',
])('%s leads to whoever uses it', (url) => {
  expect(isLoopbackUrl(url)).toBe(true)
  expect(() => requireUrls([url], false)).toThrow(/this computer/u)
  expect(() => requireUrls([url], true)).not.toThrow()
})

test.each(['http://a', 'nats://kim:word@a', 'nats://', 'a:4222', 'nats://a,b'])(
  'refuses %s as no address of a mesh',
  (url) => {
    expect(() => requireUrls([url], true)).toThrow(/no address/u)
  },
)
