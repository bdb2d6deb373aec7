import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inTransaction, openDatabase } from './database.ts'

const FIRST = { name: '001-things', sql: 'CREATE TABLE things (name TEXT PRIMARY KEY) STRICT' }
const SECOND = { name: '002-size', sql: 'ALTER TABLE things ADD COLUMN size INTEGER' }

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'muster-db-')), 'muster.db')
}

test('runs each migration once and keeps what was stored', () => {
  const path = newPath()
  const before = openDatabase(path, [FIRST]).database
  before.prepare('INSERT INTO things (name) VALUES (?)').run('kept')
  before.close()
  const { database, setAside } = openDatabase(path, [FIRST, SECOND])
  expect(setAside).toBeUndefined()
  expect(database.prepare('SELECT name, size FROM things').all()).toEqual([
    { name: 'kept', size: null },
  ])
  database.close()
})

test('is readable by its owner only', () => {
  const path = newPath()
  openDatabase(path, [FIRST]).database.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('sets a file that is no database aside, byte for byte, and begins a new one', () => {
  const path = newPath()
  writeFileSync(path, 'this was never a database, but it may be somebody’s only copy of something')
  const { database, setAside } = openDatabase(path, [FIRST])
  expect(readFileSync(setAside ?? '', 'utf8')).toContain('only copy')
  expect(database.prepare('SELECT * FROM things').all()).toEqual([])
  database.close()
})

test('sets a damaged database aside', () => {
  const path = newPath()
  const { database } = openDatabase(path, [FIRST])
  for (let row = 0; row < 500; row += 1) {
    database.prepare('INSERT INTO things (name) VALUES (?)').run(`${row} ${'x'.repeat(200)}`)
  }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 4096, 3 * 4096)
  writeFileSync(path, bytes)
  const reopened = openDatabase(path, [FIRST])
  expect(reopened.setAside).toMatch(/\.damaged-/)
  expect(readdirSync(join(path, '..')).some((name) => name.includes('.damaged-'))).toBe(true)
  reopened.database.close()
})

test('takes an empty file for a new database', () => {
  const path = newPath()
  writeFileSync(path, '')
  truncateSync(path, 0)
  expect(openDatabase(path, [FIRST]).setAside).toBeUndefined()
})

test('refuses a database of a newer Muster and leaves it alone', () => {
  const path = newPath()
  openDatabase(path, [FIRST, SECOND]).database.close()
  expect(() => openDatabase(path, [FIRST])).toThrow(
    expect.objectContaining({ code: 'DATABASE_TOO_NEW' }),
  )
  openDatabase(path, [FIRST, SECOND]).database.close()
})

test('says what to do where the file can not be opened', () => {
  const path = newPath()
  expect(() => openDatabase(join(path, 'a-file-is-no-folder', 'x.db'), [FIRST])).not.toThrow()
  writeFileSync(join(path, 'a-file-is-no-folder', 'blocker'), '')
  expect(() => openDatabase(join(path, 'a-file-is-no-folder'), [FIRST])).toThrow(
    expect.objectContaining({ code: 'DATABASE_UNREADABLE' }),
  )
})

test('undoes a transaction that fails', () => {
  const { database } = openDatabase(newPath(), [FIRST])
  expect(() =>
    inTransaction(database, () => {
      database.prepare('INSERT INTO things (name) VALUES (?)').run('half')
      throw new Error('stop')
    }),
  ).toThrow('stop')
  expect(database.prepare('SELECT * FROM things').all()).toEqual([])
  database.close()
})

test('says so where the disk is full, and keeps what was there', () => {
  const { database } = openDatabase(newPath(), [FIRST])
  database.prepare('INSERT INTO things (name) VALUES (?)').run('kept')
  database.exec('PRAGMA max_page_count = 8')
  const fill = () =>
    inTransaction(database, () => {
      for (let row = 0; row < 100; row += 1) {
        database.prepare('INSERT INTO things (name) VALUES (?)').run(`${row} ${'x'.repeat(2000)}`)
      }
    })
  expect(fill).toThrow(expect.objectContaining({ code: 'DISK_FULL' }))
  expect(database.prepare('SELECT name FROM things').all()).toEqual([{ name: 'kept' }])
  database.close()
})
