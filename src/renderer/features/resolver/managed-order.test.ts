import { expect, test } from 'vitest'
import type { NewManagedMesh } from '#shared/contract/resolver.ts'
import { complaintsAbout, linesOf } from './managed-order.ts'
import { shortened } from './resolver-words.ts'

const ORDER: NewManagedMesh = {
  name: 'Plant 7',
  dialect: 'device-connect',
  urls: ['tls://nats-1:4222'],
  caPem: null,
  tenant: 'default',
  resolver: 'full',
  configPath: null,
  pidFile: null,
  accounts: null,
  registry: true,
}

test('an order that main would take has no complaints', () => {
  expect(complaintsAbout(ORDER)).toEqual({})
})

test('what is missing or odd is named, field by field', () => {
  const order = {
    ...ORDER,
    name: ' ',
    urls: ['http://nats'],
    tenant: 'a b',
    resolver: 'memory' as const,
    accounts: { host: '', port: 0 },
  }
  expect(Object.keys(complaintsAbout(order)).toSorted()).toEqual([
    'accounts',
    'configPath',
    'name',
    'tenant',
    'urls',
  ])
  expect(complaintsAbout({ ...ORDER, urls: [] }).urls).toBe('Name at least one server.')
})

test('addresses may stand in lines or between commas', () => {
  expect(linesOf(' nats://a:1 ,\n\nnats://b:2')).toEqual(['nats://a:1', 'nats://b:2'])
})

test('keys within a text are shortened, other words are not', () => {
  const key = `A${'B'.repeat(55)}`
  expect(shortened(`stream x from ${key}`)).toBe('stream x from ABBBBB…BBBBB')
  expect(shortened('ABOUT')).toBe('ABOUT')
})
