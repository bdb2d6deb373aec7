import { expect, test } from 'vitest'
import { storeLocations } from './store-locations.ts'

const foldersOf = (variables: Record<string, string>) =>
  storeLocations({ home: '/home/kim', variables }).map(({ id, folders }) => [
    id,
    folders[0],
    folders[1],
  ])

test('looks where nsc keeps stores and keys now, and where it did', () => {
  expect(foldersOf({})).toEqual([
    ['nsc', '/home/kim/.local/share/nats/nsc', '/home/kim/.device-connect/credentials'],
    ['nsc-older', '/home/kim/.nsc', '/home/kim/.nkeys'],
  ])
})

test('follows the variables of the session', () => {
  expect(foldersOf({ XDG_DATA_HOME: '/data' })[0]).toEqual([
    'nsc',
    '/data/nats/nsc',
    '/home/kim/.device-connect/credentials',
  ])
  expect(foldersOf({ NSC_HOME: '/site/.nsc', NKEYS_PATH: '/site/.nsc/nkeys' })[0]).toEqual([
    'environment',
    '/site/.nsc',
    '/site/.nsc/nkeys',
  ])
})
