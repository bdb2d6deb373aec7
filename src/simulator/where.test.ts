import { expect, test } from 'vitest'
import { matchesWhere } from './where.ts'

const facts = {
  identity: { device_id: 'pump-1', device_type: 'pump' },
  labels: { zone: 'north', role: ['water', 'spare'] },
  status: { battery: 80, online: true, place: { row: 4 } },
  bindings: { threshold: 50 },
}

test.each([
  ['labels.zone == "north"'],
  ["labels.zone == 'north' && status.battery > 50"],
  ['labels.role == "spare"'],
  ['status.place.row >= 4'],
  ['status.online == true'],
  ['identity.device_id != "pump-2"'],
])('a device is meant by %s', (clause) => {
  expect(matchesWhere(clause, facts)).toBe(true)
})

test.each([
  ['labels.zone == "south"'],
  ['labels.zone == "north" && status.battery > 90'],
  ['labels.absent != "x"'],
  ['status.battery > "50"'],
  ['status.constructor != 1'],
])('a device is not meant by %s', (clause) => {
  expect(matchesWhere(clause, facts)).toBe(false)
})

test.each([[''], ['labels.zone'], ['status.battery + 1 > 2'], ['true'], ['labels.zone == north']])(
  'a clause that it does not understand means no device: %s',
  (clause) => {
    expect(matchesWhere(clause, facts)).toBe(false)
  },
)
