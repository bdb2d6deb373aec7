import type { DatabaseSync } from 'node:sqlite'
import { DEFAULT_SETTINGS, Settings } from '#shared/contract/settings.ts'
import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { inTransaction, type Migration } from '../storage/database.ts'

export const SETTINGS_MIGRATIONS: readonly Migration[] = [
  {
    name: 'settings-1',
    sql: 'CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT',
  },
]

export interface SettingsServiceOptions {
  /** A database on which SETTINGS_MIGRATIONS have run. */
  readonly database: DatabaseSync
  readonly log: Logger
}

/** What the person chose, one row a setting, so that an older or newer Muster keeps the others. */
export class SettingsService {
  private readonly database: DatabaseSync
  private readonly log: Logger
  private readonly listeners = new Set<(settings: Settings) => void>()
  private current: Settings

  constructor(options: SettingsServiceOptions) {
    this.database = options.database
    this.log = options.log.part('settings')
    this.current = this.load()
  }

  get(): Settings {
    return this.current
  }

  /**
   * Changes the settings that are given and leaves the others.
   * @throws TransientError `DISK_FULL`; nothing is changed then.
   */
  update(change: { readonly [Name in keyof Settings]?: Settings[Name] | undefined }): Settings {
    const given = Object.entries(change).filter(([, value]) => value !== undefined)
    const next = Settings.parse({ ...this.current, ...Object.fromEntries(given) })
    const statement = this.database.prepare(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    inTransaction(this.database, () => {
      for (const [name, value] of given) statement.run(name, JSON.stringify(value))
    })
    this.current = next
    for (const listener of this.listeners) listener(next)
    return next
  }

  /** Hears the settings at once and after each change. */
  readonly subscribe = (listener: (settings: Settings) => void): (() => void) => {
    this.listeners.add(listener)
    listener(this.current)
    return () => void this.listeners.delete(listener)
  }

  /** Stored values over the defaults; one that is damaged or out of range costs only itself. */
  private load(): Settings {
    const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS }
    for (const row of this.database.prepare('SELECT name, value FROM settings').all()) {
      const name = String(row['name'])
      const schema = Object.hasOwn(Settings.shape, name)
        ? Settings.shape[name as keyof Settings]
        : undefined
      // A setting of another version of Muster: kept in the table, unknown here.
      if (schema === undefined) {
        this.log.info('A stored setting is not known to this version and is ignored', { name })
        continue
      }
      const parsed = schema.safeParse(parseStored(String(row['value'])))
      if (parsed.success) settings[name] = parsed.data
      else {
        this.log.warn('A stored setting is not usable, so its default is used', {
          name,
          why: messageOf(parsed.error),
        })
      }
    }
    return Settings.parse(settings)
  }
}

function parseStored(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
