import { expect, test } from 'vitest'
import { expandPath, requireContextName } from './context-file.ts'
import { loginKindOf, urlsOf } from './context-login.ts'

const environment = { home: '/home/kim', variables: { SITE: '/srv/site' } }
const EMPTY = {
  description: '',
  url: '',
  token: '',
  user: '',
  password: '',
  creds: '',
  nkey: '',
  cert: '',
  key: '',
  ca: '',
  nsc: '',
  user_jwt: '',
  inbox_prefix: '',
  raw: {},
}

test.each([
  ['~/a.creds', '/home/kim/a.creds'],
  ['$SITE/a.creds', '/srv/site/a.creds'],
  ['${SITE}/a.creds', '/srv/site/a.creds'],
  ['$NOWHERE/a.creds', '/home/kim/$NOWHERE/a.creds'],
  ['/etc/a.creds', '/etc/a.creds'],
])('expands %s as a shell would', (written, path) => {
  expect(expandPath(written, environment)).toBe(path)
})

test.each(['', '../up', 'a/b', '.hidden', 'a..b', 'null\0'])(
  'refuses the name %j for a file',
  (name) => {
    expect(() => requireContextName(name)).toThrow(/becomes a file/u)
  },
)

test('decides between logins as the nats CLI does', () => {
  expect(loginKindOf({ ...EMPTY, user: 'kim', creds: 'a', nkey: 'b', token: 'c' })).toBe('password')
  expect(loginKindOf({ ...EMPTY, creds: 'a', nkey: 'b', token: 'c' })).toBe('credentials')
  expect(loginKindOf({ ...EMPTY, nkey: 'b', token: 'c' })).toBe('nkey')
  expect(loginKindOf(EMPTY)).toBe('none')
})

test('completes addresses that lack their scheme', () => {
  expect(urlsOf({ ...EMPTY, url: 'one:4222, tls://two' })).toEqual(['nats://one:4222', 'tls://two'])
  expect(urlsOf(EMPTY)).toEqual(['nats://127.0.0.1:4222'])
})
