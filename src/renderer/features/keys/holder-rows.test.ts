import { expect, test } from 'vitest'
import type { KeyHolder } from '#shared/contract/keys.ts'
import { orderedRows, rowsOf } from './holder-rows.ts'

function holder(name: string, more: Partial<KeyHolder> = {}): KeyHolder {
  return {
    publicKey: `A${name}`,
    kind: 'tenant',
    name,
    tenants: [name],
    identity: 'here',
    signingKeys: [],
    ...more,
  }
}

const key = {
  publicKey: 'AKEY',
  role: null,
  tenant: null,
  createdAt: '2026-01-02T03:04:05Z',
  held: true,
  inUse: true,
  credentials: 3,
}

test('counts what the keys of an account signed, and takes the age of the one that signs now', () => {
  const [row] = rowsOf([
    holder('acme', {
      signingKeys: [
        { ...key, createdAt: '2026-02-02T03:04:05Z', held: false, inUse: false },
        key,
        { ...key, publicKey: 'AROLE', role: 'device' },
      ],
    }),
  ])
  expect(row).toMatchObject({ since: '2026-01-02T03:04:05Z', roles: 1, credentials: 9 })
})

test('orders by kind with the operator first, and trouble with identities first', () => {
  const rows = rowsOf([
    holder('b'),
    holder('a', { identity: 'missing' }),
    holder('muster', { kind: 'operator', identity: 'offline' }),
  ])
  const names = (by: 'kind' | 'identity') =>
    orderedRows(rows, '', { by, descending: false }).map(({ name }) => name)
  expect(names('kind')).toEqual(['muster', 'a', 'b'])
  expect(names('identity')).toEqual(['a', 'b', 'muster'])
})

test('finds an account by a tenant in it and by a whole key', () => {
  const rows = rowsOf([
    holder('DEVICES', { tenants: ['guests'] }),
    holder('acme', { signingKeys: [key] }),
  ])
  const order = { by: 'name', descending: false } as const
  expect(orderedRows(rows, 'gues', order).map(({ name }) => name)).toEqual(['DEVICES'])
  expect(orderedRows(rows, 'akey', order).map(({ name }) => name)).toEqual(['acme'])
})
