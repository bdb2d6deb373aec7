import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RecoveryState } from '#shared/contract/recovery.ts'
import { RecoveryReminder, REMINDER_AFTER_MS } from './reminder.ts'

const CREATED = new Date('2026-03-01T10:00:00Z')
let told: string[]
let advice: RecoveryState['advice']
let reminder: RecoveryReminder

const state = (): RecoveryState => ({
  operator: { name: 'acme', publicKey: 'O' },
  orphan: null,
  identities: [],
  kits: [],
  advice,
  lentUntil: null,
  lastBackupAt: null,
})

beforeEach(() => {
  vi.useFakeTimers({ now: CREATED })
  told = []
  advice = 'make'
  reminder = new RecoveryReminder({
    health: { report: (part, { state: how }) => void told.push(`${part} ${how}`) },
    operatorCreatedAt: () => CREATED,
  })
  reminder.watch(async () => reminder.tell(state()))
})
afterEach(() => {
  reminder.close()
  vi.useRealTimers()
})

test('reminds from the second day on, without anybody doing anything, until a kit was rehearsed', async () => {
  reminder.tell(state())
  expect(told).toEqual(['recovery ok'])
  await vi.advanceTimersByTimeAsync(REMINDER_AFTER_MS - 1)
  expect(new Set(told)).toEqual(new Set(['recovery ok']))
  for (const due of ['make', 'rehearse', 'renew'] as const) {
    advice = due
    await vi.advanceTimersByTimeAsync(REMINDER_AFTER_MS)
    expect(told.at(-1)).toBe('recovery degraded')
  }
  advice = 'none'
  await vi.advanceTimersByTimeAsync(REMINDER_AFTER_MS)
  expect(told.at(-1)).toBe('recovery ok')
})

test('a keychain without the operator’s keys is told at once, and no operator is nothing to recover', () => {
  advice = 'bring-back'
  reminder.tell(state())
  reminder.tell({ ...state(), operator: null })
  expect(told).toEqual(['recovery failed', 'recovery off'])
})
