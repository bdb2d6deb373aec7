import { expect, test } from 'vitest'
import { reachOf, roleOf } from './judge-user.ts'

const allowing = (...allow: string[]) =>
  reachOf({ pub: { allow, deny: [] }, sub: { allow, deny: [] } })

test.each([
  [
    ['device-connect.alpha.>', '_INBOX.>'],
    { kind: 'tenant', dialect: 'device-connect', tenant: 'alpha', deviceId: null },
  ],
  [
    ['fabric.alpha.>', '_INBOX.>'],
    { kind: 'tenant', dialect: 'fabric', tenant: 'alpha', deviceId: null },
  ],
  [
    [
      'device-connect.alpha.pump-1.>',
      'device-connect.alpha.registry',
      'device-connect.alpha.broadcast',
    ],
    { kind: 'tenant', dialect: 'device-connect', tenant: 'alpha', deviceId: 'pump-1' },
  ],
  [
    ['device-connect.alpha.pump-1.>', 'device-connect.alpha.pump-2.>'],
    { kind: 'tenant', dialect: 'device-connect', tenant: 'alpha', deviceId: null },
  ],
  [
    ['device-connect.alpha.{{name()}}.>'],
    { kind: 'tenant', dialect: 'device-connect', tenant: 'alpha', deviceId: null },
  ],
  [['device-connect.{{tag(tenant)}}.>'], { kind: 'other' }],
  [['device-connect.>', '_INBOX.>'], { kind: 'all-tenants', dialect: 'device-connect' }],
  [['device-connect.*.registry'], { kind: 'all-tenants', dialect: 'device-connect' }],
  [
    ['device-connect.alpha.>', 'device-connect.beta.>'],
    { kind: 'all-tenants', dialect: 'device-connect' },
  ],
  [[], { kind: 'unrestricted' }],
  [['>'], { kind: 'unrestricted' }],
  [['orders.>', '_INBOX.>'], { kind: 'other' }],
  [['device-connector.alpha.>'], { kind: 'other' }],
])('reads from %j whom a user belongs to', (allow, reach) => {
  expect(allowing(...allow)).toEqual(reach)
})

test.each([
  [['device-connect.alpha.>'], 'robot-001', 'device'],
  [['device-connect.alpha.>'], 'alpha-console', 'console'],
  [['device-connect.>'], 'registry', 'registry'],
  [['device-connect.>'], 'devctl', 'console'],
  [[], 'somebody', 'console'],
] as const)('takes a user with %j named %s for a %s', (allow, name, role) => {
  expect(roleOf(allowing(...allow), name, false)).toBe(role)
})

test('takes every user of the system account for the system’s', () => {
  expect(roleOf(allowing(), 'sys', true)).toBe('system')
})
