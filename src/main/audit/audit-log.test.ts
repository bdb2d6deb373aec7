import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AuditFilter } from '#shared/contract/audit.ts'
import { auditDatabase, liftProtection } from '../../../tests/support/audit-database.ts'
import type { FileToSave } from '../files/saved-file.ts'
import { silentLogger } from '../log/logger.ts'
import { AuditAnchor } from './audit-anchor.ts'
import { bodyOf, entryOf, hashOf } from './audit-entry.ts'
import { AuditLog } from './audit-log.ts'
import { AuditTrail } from './audit-trail.ts'

const ALL: AuditFilter = {
  action: null,
  result: null,
  key: null,
  text: '',
  from: null,
  to: null,
  beginnings: false,
}
const DAY_MS = 86_400_000

let database: DatabaseSync
let trail: AuditTrail
let now: Date
let keychain: Map<string, string>
let keychainProblem: Error | undefined
let saved: FileToSave | undefined
let log: AuditLog

beforeEach(() => {
  database = auditDatabase()
  now = new Date('2026-03-01T10:00:00.000Z')
  keychain = new Map()
  keychainProblem = undefined
  saved = undefined
  trail = new AuditTrail({ database, actor: { user: 'kim', host: 'laptop' }, now: () => now })
  log = open()
})

afterEach(async () => {
  await log.close()
  database.close()
})

function open(folder = '/profile'): AuditLog {
  const anchor = new AuditAnchor(
    {
      get: async (account) => {
        if (keychainProblem !== undefined) throw keychainProblem
        return keychain.get(account)
      },
      set: async (account, secret) => {
        if (keychainProblem !== undefined) throw keychainProblem
        keychain.set(account, secret)
      },
    },
    folder,
  )
  return new AuditLog({
    database,
    trail,
    anchor,
    saveFile: async (file) => {
      saved = file
      return { type: 'saved', path: '/x' }
    },
    log: silentLogger(),
    now: () => now,
  })
}

/** A new start of the app on the same profile. */
async function restart(): Promise<void> {
  await log.close()
  log = open()
  await log.start()
}

function write(count: number, subject = 'north'): void {
  for (let index = 0; index < count; index += 1) {
    now = new Date(now.getTime() + 1_000)
    trail.record([
      { action: 'account-change', key: 'AKEY', subject, reason: 'Why', result: 'done' },
    ])
  }
}

/** A log of 20 entries that the keychain remembers to its end. */
async function soundLog(): Promise<void> {
  await log.start()
  write(20)
  await restart()
  expect(log.status()).toMatchObject({ state: 'sound', entries: 20, anchored: 20 })
  liftProtection(database)
}

function edit(seq: number, change: (subject: string) => string, rehash: boolean): void {
  const row = database.prepare('SELECT body, hash FROM audit_entries WHERE seq = ?').get(seq)
  const entry = entryOf(String(row?.['body']))
  if (entry === undefined) throw new Error('unreadable')
  const body = bodyOf({ ...entry, subject: change(entry.subject) } as never)
  const hash = rehash ? hashOf(body) : String(row?.['hash'])
  database.prepare('UPDATE audit_entries SET body = ?, hash = ? WHERE seq = ?').run(body, hash, seq)
}

/** Changes an entry and makes the whole rest of the chain fit it. */
function rewriteFrom(seq: number): void {
  edit(seq, () => 'rewritten', true)
  const rows = database
    .prepare('SELECT seq, body, hash FROM audit_entries WHERE seq >= ? ORDER BY seq')
    .all(seq)
  let previous: string | undefined
  for (const row of rows) {
    const entry = entryOf(String(row['body']))
    if (entry === undefined) throw new Error('unreadable')
    const body = bodyOf({ ...entry, previous: previous ?? entry.previous } as never)
    previous = hashOf(body)
    database
      .prepare('UPDATE audit_entries SET body = ?, hash = ? WHERE seq = ?')
      .run(body, previous, Number(row['seq']))
  }
}

const TAMPERINGS: Record<string, { tamper: () => void; breaks: readonly unknown[] }> = {
  'an entry edited': {
    tamper: () => edit(7, () => 'south', false),
    breaks: [{ kind: 'altered', seq: 7, last: 7 }],
  },
  'an entry edited together with its hash': {
    tamper: () => edit(7, () => 'south', true),
    breaks: [{ kind: 'unlinked', seq: 8, last: 8 }],
  },
  'the last entry edited together with its hash': {
    tamper: () => edit(20, () => 'south', true),
    breaks: [{ kind: 'replaced', seq: 20, last: 20 }],
  },
  'an entry that is no JSON any more': {
    tamper: () => database.exec("UPDATE audit_entries SET body = 'x' WHERE seq = 7"),
    breaks: [{ kind: 'altered', seq: 7 }],
  },
  'the hash of an entry edited': {
    tamper: () => database.exec("UPDATE audit_entries SET hash = 'x' WHERE seq = 7"),
    breaks: [
      { kind: 'altered', seq: 7 },
      { kind: 'unlinked', seq: 8 },
    ],
  },
  'entries taken out of the middle': {
    tamper: () => database.exec('DELETE FROM audit_entries WHERE seq BETWEEN 7 AND 9'),
    breaks: [{ kind: 'missing', seq: 7, last: 9 }],
  },
  'entries taken from the beginning': {
    tamper: () => database.exec('DELETE FROM audit_entries WHERE seq < 4'),
    breaks: [{ kind: 'missing', seq: 1, last: 3 }],
  },
  'entries swapped': {
    tamper: () =>
      database.exec(`UPDATE audit_entries SET seq = -7 WHERE seq = 7;
        UPDATE audit_entries SET seq = 7 WHERE seq = 8; UPDATE audit_entries SET seq = 8 WHERE seq = -7`),
    breaks: [
      { kind: 'altered', seq: 7 },
      { kind: 'altered', seq: 8 },
      { kind: 'unlinked', seq: 9 },
    ],
  },
  'the end cut off': {
    tamper: () => database.exec('DELETE FROM audit_entries WHERE seq > 17'),
    breaks: [{ kind: 'cut', seq: 18, last: 20 }],
  },
  'the whole log deleted': {
    tamper: () => database.exec('DELETE FROM audit_entries'),
    breaks: [{ kind: 'cut', seq: 1, last: 20 }],
  },
  'everything from an entry on rewritten with care': {
    tamper: () => rewriteFrom(7),
    breaks: [{ kind: 'replaced', seq: 20, last: 20 }],
  },
  'the end cut off and written anew': {
    tamper: () => {
      database.exec('DELETE FROM audit_entries WHERE seq > 17')
      write(6, 'south')
    },
    breaks: [{ kind: 'replaced', seq: 20, last: 20 }],
  },
  'the memory in the keychain deleted': {
    tamper: () => keychain.clear(),
    breaks: [{ kind: 'unanchored' }],
  },
}

test.each(Object.entries(TAMPERINGS))('%s is seen when the log is checked', async (_name, one) => {
  await soundLog()
  // As after a restart: the keychain's memory is what was read then.
  await log.close()
  one.tamper()
  log = open()
  await log.verify()
  expect(log.status()).toMatchObject({ state: 'broken', checkedFrom: 1 })
  expect(log.status().breaks).toHaveLength(one.breaks.length)
  expect(log.status().breaks).toMatchObject(one.breaks)
})

test.each([
  'the end cut off',
  'the whole log deleted',
  'everything from an entry on rewritten with care',
])('%s is seen at the next start', async (name) => {
  await soundLog()
  await log.close()
  TAMPERINGS[name]?.tamper()
  log = open()
  await log.start()
  expect(log.status()).toMatchObject({ state: 'broken', breaks: TAMPERINGS[name]?.breaks })
})

test('a start checks from the remembered entry on, and all of it once a day', async () => {
  await soundLog()
  edit(7, () => 'south', false)
  await restart()
  expect(log.status()).toMatchObject({ state: 'sound', checkedFrom: 20 })
  now = new Date(now.getTime() + DAY_MS + 1)
  await restart()
  expect(log.status()).toMatchObject({ state: 'broken', checkedFrom: 1 })
  // A log that was found broken is looked at as a whole at every start.
  await restart()
  expect(log.status()).toMatchObject({ state: 'broken', checkedFrom: 1 })
})

test('the keychain does not learn the new end of a cut log until a person has seen it', async () => {
  await soundLog()
  await log.close()
  database.exec('DELETE FROM audit_entries WHERE seq > 17')
  log = open()
  await log.start()
  write(1)
  await restart()
  const [found] = log.status().breaks
  expect(found).toMatchObject({ kind: 'cut', acknowledged: null })
  await log.acknowledge(found?.id ?? '', 'Restored from the backup of Sunday.')
  expect(log.status()).toMatchObject({
    state: 'sound',
    breaks: [{ acknowledged: { user: 'kim', reason: 'Restored from the backup of Sunday.' } }],
  })
  await restart()
  expect(log.status()).toMatchObject({ state: 'sound', breaks: [] })
  const { lines } = log.list({
    filter: { ...ALL, action: 'audit-acknowledge' },
    before: null,
    limit: 9,
  })
  expect(lines).toMatchObject([
    { subject: found?.id, reason: 'Restored from the backup of Sunday.' },
  ])
})

test('a break that was looked into stays in the list, and another change there is a new one', async () => {
  await soundLog()
  edit(7, () => 'south', false)
  const [found] = (await log.verify()).breaks
  await log.acknowledge(found?.id ?? '', 'A disk error, see ticket 12.')
  expect(await log.verify()).toMatchObject({
    state: 'sound',
    breaks: [{ seq: 7, acknowledged: { reason: 'A disk error, see ticket 12.' } }],
  })
  edit(7, () => 'west', false)
  expect(await log.verify()).toMatchObject({ state: 'broken', breaks: [{ acknowledged: null }] })
  await expect(log.acknowledge('altered-7-xxxx', 'x')).rejects.toMatchObject({
    code: 'AUDIT_BREAK_UNKNOWN',
  })
})

test('a log that has only begun is sound, and remembered as empty', async () => {
  await log.start()
  expect(log.status()).toMatchObject({ state: 'sound', entries: 0, anchored: 0 })
  write(3)
  await restart()
  expect(log.status()).toMatchObject({ state: 'sound', entries: 3, anchored: 3 })
})

test('while the keychain can not be asked the log waits, and is checked once it can', async () => {
  await soundLog()
  await log.close()
  keychainProblem = new Error('locked')
  log = open()
  await log.start()
  expect(log.status()).toMatchObject({ state: 'waiting', problem: { code: 'INTERNAL' } })
  keychainProblem = undefined
  await log.start()
  expect(log.status()).toMatchObject({ state: 'sound', problem: null })
})

test('another profile has a memory of its own', async () => {
  await soundLog()
  await log.close()
  log = open('/another')
  await log.start()
  expect(log.status().breaks).toMatchObject([{ kind: 'unanchored' }])
})

test('a keychain that was given up for a new one is no riddle, and the log says so itself', async () => {
  await soundLog()
  await log.close()
  keychain = new Map()
  log = open()
  log.acceptNewKeychain('It was given up.')
  await log.start()
  expect(log.status()).toMatchObject({
    state: 'sound',
    breaks: [{ kind: 'unanchored', acknowledged: { reason: 'It was given up.' } }],
  })
  await restart()
  expect(log.status().state).toBe('sound')
})

test('listeners hear of new entries and of the verdict', async () => {
  const heard: string[] = []
  const stop = log.subscribe(({ status }) => heard.push(`${status.state} ${status.entries}`))
  await log.start()
  write(2)
  await expect.poll(() => heard.at(-1)).toBe('sound 2')
  stop()
})

test('uses are listed newest first, page by page, with their end in place of their beginning', async () => {
  await log.start()
  const line = { action: 'key-create', key: 'AKEY', subject: 's', reason: 'r' } as const
  const [begun] = trail.record([{ ...line, result: 'begun' }])
  trail.record([{ ...line, result: 'done', begun: begun ?? 0 }])
  trail.record([{ ...line, result: 'begun' }])
  write(3)
  const numbers = (filter: Partial<AuditFilter>, before: number | null = null, limit = 2) => {
    const { lines, total, next } = log.list({ filter: { ...ALL, ...filter }, before, limit })
    return { seqs: lines.map(({ seq }) => seq), total, next }
  }
  expect(numbers({})).toEqual({ seqs: [6, 5], total: 5, next: 5 })
  expect(numbers({}, 5)).toEqual({ seqs: [4, 3], total: 5, next: 3 })
  expect(numbers({}, 3)).toEqual({ seqs: [2], total: 5, next: null })
  expect(numbers({ beginnings: true }, null, 9).seqs).toEqual([6, 5, 4, 3, 2, 1])
  expect(numbers({ result: 'interrupted' }).seqs).toEqual([3])
  expect(numbers({ action: 'account-change', text: 'NORTH' }, null, 9).seqs).toEqual([6, 5, 4])
  expect(numbers({ text: '100%' }).seqs).toEqual([])
  expect(numbers({ key: 'AKEY', to: '2026-03-01T10:00:00Z' }, null, 9).seqs).toEqual([3, 2])
  expect(numbers({ from: '2026-03-01T10:00:02.000Z' }, null, 9).seqs).toEqual([6, 5])
})

test('an unreadable entry does not keep the others from being listed or exported', async () => {
  await soundLog()
  database.exec("UPDATE audit_entries SET body = 'x' WHERE seq = 7")
  const { lines } = log.list({ filter: { ...ALL, text: 'north' }, before: null, limit: 50 })
  expect(lines).toHaveLength(19)
  await log.export()
  expect(String(saved?.content).split('\n')[6]).toContain('"unreadable":"x"')
})
