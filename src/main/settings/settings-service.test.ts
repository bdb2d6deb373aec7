import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'
import { type Logger, silentLogger } from '../log/logger.ts'
import { openDatabase } from '../storage/database.ts'
import { SETTINGS_MIGRATIONS, SettingsService } from './settings-service.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-settings-'))
  path = join(folder, 'muster.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(log: Logger = silentLogger()) {
  const { database } = openDatabase(path, SETTINGS_MIGRATIONS)
  return { database, settings: new SettingsService({ database, log }) }
}

test('a new profile starts with the defaults', () => {
  const { settings, database } = open()
  expect(settings.get()).toEqual(DEFAULT_SETTINGS)
  database.close()
})

test('keeps a change over a restart and leaves the other settings', () => {
  const first = open()
  first.settings.update({ theme: 'dark', natsServerPath: '/opt/nats-server' })
  first.settings.update({ natsServerPath: null, theme: undefined })
  first.database.close()
  const second = open()
  expect(second.settings.get()).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' })
  second.database.close()
})

test('tells listeners the settings at once and after each change', () => {
  const { settings, database } = open()
  const heard: Settings['theme'][] = []
  const stop = settings.subscribe(({ theme }) => void heard.push(theme))
  settings.update({ theme: 'light' })
  stop()
  settings.update({ theme: 'dark' })
  expect(heard).toEqual(['auto', 'light'])
  database.close()
})

test('a damaged, out-of-range or unknown stored value costs only itself, with a log line', () => {
  const first = open()
  first.settings.update({ theme: 'dark' })
  const insert = first.database.prepare('INSERT OR REPLACE INTO settings VALUES (?, ?)')
  insert.run('pendingDeadlineMinutes', '{not json')
  insert.run('credentialDays', '-4')
  insert.run('constructor', '"from a newer version"')
  first.database.close()
  const lines: string[] = []
  const log: Logger = {
    ...silentLogger(),
    warn: (line) => void lines.push(line),
    part: () => log,
  }
  const second = open(log)
  expect(second.settings.get()).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' })
  expect(lines).toHaveLength(2)
  second.database.close()
})

test('refuses a value out of range and keeps what was there', () => {
  const { settings, database } = open()
  expect(() => settings.update({ credentialDays: 0 })).toThrow()
  expect(settings.get()).toEqual(DEFAULT_SETTINGS)
  database.close()
})
