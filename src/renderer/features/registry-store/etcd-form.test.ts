import { expect, test } from 'vitest'
import { accessOf, complaintsAbout, endpointsOf, fieldsOf } from './etcd-form.ts'

const NO_SECRETS = { ca: '', certificate: '', key: '', password: '' }
const SAVED = fieldsOf({
  endpoints: ['https://a:2379'],
  hasCa: true,
  hasClientCertificate: true,
  user: 'muster',
  hasPassword: true,
})

test('endpoints stand in lines or between commas, with or without a slash', () => {
  expect(endpointsOf(' http://a:2379/, https://b:2379\n\n')).toEqual([
    'http://a:2379',
    'https://b:2379',
  ])
})

test('what is saved is kept until something else is given', () => {
  expect(complaintsAbout(SAVED, NO_SECRETS)).toEqual({})
  expect(accessOf(SAVED, NO_SECRETS)).toEqual({
    endpoints: ['https://a:2379'],
    ca: { kind: 'keep' },
    clientCertificate: { kind: 'keep' },
    user: 'muster',
    password: { kind: 'keep' },
  })
})

test('without TLS no certificate goes along, without a user no password', () => {
  const access = accessOf({ ...SAVED, endpoints: 'http://a:2379', user: '' }, NO_SECRETS)
  expect(access).toMatchObject({ ca: { kind: 'none' }, clientCertificate: { kind: 'none' } })
  expect(access.password).toEqual({ kind: 'none' })
})

test('half a certificate, no endpoint and a missing password are said at their fields', () => {
  const fields = { ...fieldsOf(null), user: 'muster' }
  const found = complaintsAbout(fields, { ...NO_SECRETS, certificate: 'PEM' })
  expect(Object.keys(found).toSorted()).toEqual(['certificate', 'endpoints', 'password'])
  expect(complaintsAbout({ ...fields, endpoints: 'etcd:2379' }, NO_SECRETS).endpoints).toContain(
    'etcd:2379 is not an endpoint',
  )
})
