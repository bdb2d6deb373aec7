import { expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { inboxPrefixOf, permissionsOf } from './permissions.ts'

const dialect = dialectOf('fabric')
const answer = { max: 1, ttl: 300_000_000_000 }

test('a device speaks and hears in its tenant and may answer what it is asked', () => {
  expect(permissionsOf({ role: 'device', dialect, tenant: 'acme', inboxPrefix: '_INBOX' })).toEqual(
    {
      pub: { allow: ['fabric.acme.>', '_INBOX.>'] },
      sub: { allow: ['fabric.acme.>', '_INBOX.>'] },
      resp: answer,
    },
  )
})

test('a console hears its answers where nobody else can', () => {
  const inboxPrefix = inboxPrefixOf('UABC', 'private')
  expect(permissionsOf({ role: 'console', dialect, tenant: 'acme', inboxPrefix })).toEqual({
    pub: { allow: ['fabric.acme.>'] },
    sub: { allow: ['fabric.acme.>', '_INBOX_UABC.>'] },
  })
})

test('the registry serves all tenants', () => {
  expect(
    permissionsOf({ role: 'registry', dialect, tenant: null, inboxPrefix: '_INBOX' }),
  ).toMatchObject({ pub: { allow: ['fabric.>', '_INBOX.>'] }, resp: answer })
})

test('a system user asks the server and nothing else', () => {
  expect(
    permissionsOf({ role: 'system', dialect, tenant: null, inboxPrefix: '_INBOX_U' }).pub,
  ).toEqual({ allow: ['$SYS.REQ.>'] })
})

test.each(['', 'a.b', '*', '>', 'a b', 'a\n'])('no tenant named %j widens a subject', (tenant) => {
  expect(() => permissionsOf({ role: 'device', dialect, tenant, inboxPrefix: '_INBOX' })).toThrow(
    expect.objectContaining({ code: 'NAME_UNSAFE' }),
  )
})
