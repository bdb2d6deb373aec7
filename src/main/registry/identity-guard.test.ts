import { expect, test } from 'vitest'
import { StillClock } from '../../../tests/support/registry-parts.ts'
import { newCounters } from './counters.ts'
import { IdentityGuard, type Impostor } from './identity-guard.ts'

const PUMP = { tenant: 't', deviceId: 'pump' }
const by = (name: string) => ({ publicKey: `U${name}`, name })

function guard() {
  const clock = new StillClock()
  const counters = newCounters()
  const reports: Impostor[] = []
  const subject = new IdentityGuard({
    clock,
    counters,
    report: (impostor) => void reports.push(impostor),
  })
  return { clock, counters, reports, subject }
}

test('an id of the ledger is for credentials of that device, whatever they are called', () => {
  const { subject } = guard()
  subject.own([{ ...PUMP, names: ['pump', 'Pump in the hall'] }], true)
  subject.own([{ ...PUMP, names: ['Pump, renewed'] }], false)
  for (const name of ['pump', 'Pump in the hall', 'Pump, renewed']) {
    expect(subject.admits(PUMP, by(name))).toBe(true)
  }
  expect(subject.admits(PUMP, by('camera'))).toBe(false)
  expect(subject.admits({ ...PUMP, tenant: 'other' }, by('camera'))).toBe(true)
  subject.own([], true)
  expect(subject.admits(PUMP, by('camera'))).toBe(true)
})

test('without a ledger an id is guarded while its device is online with a credential of its name', () => {
  const { subject } = guard()
  const known = { online: true, hasOwnCredential: true }
  expect(subject.admits(PUMP, by('camera'), known)).toBe(false)
  expect(subject.admits(PUMP, by('pump'), known)).toBe(true)
  expect(subject.admits(PUMP, by('camera'), { ...known, online: false })).toBe(true)
  expect(subject.admits(PUMP, by('camera'), { ...known, hasOwnCredential: false })).toBe(true)
})

test('where the server does not say who asks, nobody is refused', () => {
  const { subject } = guard()
  subject.own([{ ...PUMP, names: ['pump'] }], true)
  expect(subject.admits(PUMP, undefined)).toBe(true)
})

test('who tries again and again is counted each time, and told once a minute', () => {
  const { clock, counters, reports, subject } = guard()
  subject.own([{ ...PUMP, names: ['pump'] }], true)
  for (let time = 0; time < 10; time += 1) subject.admits(PUMP, by('camera'))
  expect(counters.impostors).toBe(10)
  expect(reports).toEqual([{ ...PUMP, publicKey: 'Ucamera', name: 'camera' }])
  clock.advance(61_000)
  subject.admits(PUMP, by('camera'))
  expect(reports.length).toBe(2)
})
