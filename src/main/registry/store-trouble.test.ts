import { expect, test } from 'vitest'
import type { StoreHealth } from './shared-store.ts'
import { STORE_AWAY_MS, storeTrouble } from './store-trouble.ts'

const WELL: StoreHealth = {
  reachable: true,
  awayForMs: 0,
  instances: 1,
  leases: 0,
  revision: 1,
  databaseBytes: 1,
  quotaBytes: 10,
  membersAway: 0,
  problem: undefined,
}
const problem = (code: string) => ({ code, message: `It is ${code}.`, advice: '', grave: true })

test('a store that is well, or away for a moment, is no trouble', () => {
  expect(storeTrouble(undefined, 0)).toBeUndefined()
  expect(storeTrouble(WELL, 0)).toBeUndefined()
  const away = { ...WELL, reachable: false, awayForMs: STORE_AWAY_MS - 1 }
  expect(storeTrouble({ ...away, problem: problem('ETCD_UNREACHABLE') }, 5000)).toBeUndefined()
  expect(storeTrouble({ ...WELL, problem: problem('ETCD_QUOTA_WARNING') }, 0)).toBeUndefined()
})

test('a store that is full is trouble at once', () => {
  expect(storeTrouble({ ...WELL, problem: problem('ETCD_NO_SPACE') }, 0)).toContain('NO_SPACE')
})

test('a store that stays away, or takes nothing, is trouble', () => {
  const away = { ...WELL, reachable: false, awayForMs: STORE_AWAY_MS }
  expect(storeTrouble({ ...away, problem: problem('ETCD_UNREACHABLE') }, 0)).toContain(
    'UNREACHABLE',
  )
  expect(storeTrouble(undefined, STORE_AWAY_MS + 5000)).toContain('saved for 35 s')
})
