import { expect, test } from 'vitest'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import type { Tenant } from '#shared/contract/tenants.ts'
import { orderedRows, rowsOf } from './tenant-rows.ts'

function tenant(name: string, more: Partial<Tenant> = {}): Tenant {
  return {
    name,
    account: `A${name.toUpperCase()}`,
    isolation: 'account',
    state: 'ready',
    problem: null,
    createdAt: null,
    readyAt: null,
    changedAt: null,
    credentials: 0,
    limits: null,
    ...more,
  }
}

const device = (of: string, state: FleetDevice['state']) => ({ tenant: of, state }) as FleetDevice

test('counts the devices of each tenant, and those online', () => {
  const rows = rowsOf(
    [tenant('a'), tenant('b')],
    [device('a', 'online'), device('a', 'offline'), device('elsewhere', 'online')],
  )
  expect(rows.map(({ name, online, devices }) => [name, online, devices])).toEqual([
    ['a', 1, 2],
    ['b', 0, 0],
  ])
})

test('puts trouble first by state, and what has no value last either way', () => {
  const rows = rowsOf(
    [
      tenant('ready', { changedAt: '2026-01-02T00:00:00Z' }),
      tenant('broken', { state: 'error' }),
      tenant('new', { state: 'pending', changedAt: '2026-01-01T00:00:00Z' }),
    ],
    [],
  )
  const names = (by: 'state' | 'changedAt', descending: boolean) =>
    orderedRows(rows, '', { by, descending }).map(({ name }) => name)
  expect(names('state', false)).toEqual(['broken', 'new', 'ready'])
  expect(names('changedAt', false)).toEqual(['new', 'ready', 'broken'])
  expect(names('changedAt', true)).toEqual(['ready', 'new', 'broken'])
})

test('finds tenants by a part of the name or by the whole account key', () => {
  const rows = rowsOf([tenant('north-farm'), tenant('south-farm')], [])
  const found = (search: string) =>
    orderedRows(rows, search, { by: 'name', descending: false }).map(({ name }) => name)
  expect(found('NORTH')).toEqual(['north-farm'])
  expect(found('asouth-farm')).toEqual(['south-farm'])
  expect(found('x')).toEqual([])
})
