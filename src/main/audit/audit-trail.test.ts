import { hostname, userInfo } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DatabaseSync } from 'node:sqlite'
import { auditDatabase } from '../../../tests/support/audit-database.ts'
import { beginUse, type AuditDraft } from '../authority/key-use.ts'
import { createNkey } from '../authority/nkey.ts'
import { inTransaction } from '../storage/database.ts'
import { actorHere } from './actor.ts'
import { bodyOf, entryOf, hashOf, NO_PREVIOUS_HASH } from './audit-entry.ts'
import { AuditTrail } from './audit-trail.ts'

const NOW = new Date('2026-03-01T10:00:00.000Z')
const USE = { action: 'credential-issue', subjects: ['U1', 'U2'], reason: 'New hall.' } as const

let database: DatabaseSync
let trail: AuditTrail

beforeEach(() => {
  database = auditDatabase()
  trail = new AuditTrail({ database, actor: { user: 'kim', host: 'laptop' }, now: () => NOW })
})
afterEach(() => database.close())

function draft(more: Partial<AuditDraft> = {}): AuditDraft {
  const key = 'AKEY'
  return { action: 'account-change', key, subject: 'north', reason: 'Why', result: 'done', ...more }
}

function stored() {
  return database
    .prepare('SELECT body FROM audit_entries ORDER BY seq')
    .all()
    .map((row) => ({ body: String(row['body']), entry: entryOf(String(row['body'])) }))
}

test('each entry tells who, what, when and why, and holds the hash of the one before', () => {
  expect(trail.record([draft()])).toEqual([1])
  expect(trail.record([draft({ result: 'failed', code: 'PUSH_FAILED', begun: 1 })])).toEqual([2])
  const [first, second] = stored()
  expect(first?.entry).toEqual({
    v: 1,
    seq: 1,
    at: NOW.toISOString(),
    user: 'kim',
    host: 'laptop',
    action: 'account-change',
    key: 'AKEY',
    subject: 'north',
    reason: 'Why',
    result: 'done',
    code: null,
    begun: null,
    previous: NO_PREVIOUS_HASH,
  })
  expect(second?.entry).toMatchObject({ seq: 2, code: 'PUSH_FAILED', begun: 1 })
  expect(second?.entry?.previous).toBe(hashOf(first?.body ?? ''))
  expect(trail.head()).toEqual({ seq: 2, hash: hashOf(second?.body ?? '') })
})

test('the text of an entry does not depend on the order in which its fields were given', () => {
  const entry = entryOf((trail.record([draft()]), stored()[0]?.body ?? ''))
  if (entry === undefined) throw new Error('unreadable')
  const shuffled = Object.fromEntries(Object.entries(entry).toReversed()) as never
  expect(bodyOf(shuffled)).toBe(stored()[0]?.body)
})

test.each([
  "UPDATE audit_entries SET body = replace(body, 'north', 'south')",
  'DELETE FROM audit_entries',
  "INSERT OR REPLACE INTO audit_entries (seq, body, hash) VALUES (1, '{}', '')",
  "INSERT INTO audit_entries (seq, body, hash) VALUES (9, '{}', '')",
  "REPLACE INTO audit_entries (seq, body, hash) VALUES (2, '{}', '')",
])('the database refuses %s', (sql) => {
  trail.record([draft(), draft()])
  const before = stored()
  expect(() => database.exec(sql)).toThrow('append-only')
  expect(stored()).toEqual(before)
})

test('entries stand or fall with the transaction that records what they tell', () => {
  trail.record([draft({ subject: 'before' })])
  expect(() =>
    inTransaction(database, () => {
      trail.record([draft({ subject: 'undone' })])
      throw new Error('the change failed')
    }),
  ).toThrow('the change failed')
  inTransaction(database, () => trail.record([draft({ subject: 'kept' })]))
  expect(stored().map(({ entry }) => [entry?.seq, entry?.subject])).toEqual([
    [1, 'before'],
    [2, 'kept'],
  ])
})

test('a use is written before it happens, and one entry for each subject tells that it went well', () => {
  const use = beginUse(trail, 'AKEY', USE)
  expect(stored().map(({ entry }) => [entry?.result, entry?.subject])).toEqual([
    ['begun', 'U1 and 1 more'],
  ])
  use.done()
  expect(stored().map(({ entry }) => [entry?.result, entry?.subject, entry?.begun])).toEqual([
    ['begun', 'U1 and 1 more', null],
    ['done', 'U1', 1],
    ['done', 'U2', 1],
  ])
})

test('a use that fails is written with the code of its error, never its text', () => {
  beginUse(trail, 'AKEY', USE).failed(new Error('something inside'))
  expect(stored()[1]?.entry).toMatchObject({ result: 'failed', code: 'INTERNAL', begun: 1 })
  expect(JSON.stringify(stored())).not.toContain('something inside')
})

test('a use without a reason is refused', () => {
  expect(() => beginUse(trail, 'AKEY', { ...USE, reason: ' ' })).toThrow(
    expect.objectContaining({ code: 'AUDIT_REASON' }),
  )
  expect(stored()).toEqual([])
})

test('a seed or JWT that was pasted as a reason does not get into the log', () => {
  const { seed } = createNkey('user')
  const jwt = `eyJ0eXAiOiJKV1QifQ.eyJqdGkiOiJhYmMifQ.c2lnbmF0dXJl`
  trail.record([draft({ reason: `because ${seed}`, subject: `for ${jwt}` })])
  const text = JSON.stringify(stored())
  expect(text).not.toContain(seed)
  expect(text).not.toContain('eyJqdGki')
  expect(text).toContain('because [redacted]')
})

test('the person at this computer is named as the operating system knows them', () => {
  expect(actorHere()).toEqual({ user: userInfo().username, host: hostname() })
})
