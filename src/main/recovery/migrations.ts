import type { Migration } from '../storage/database.ts'

/** Schema of the recovery kits that were made, and of backups. Public keys only. */
export const RECOVERY_MIGRATIONS: readonly Migration[] = [
  {
    name: 'recovery-1-kits',
    sql: `
      CREATE TABLE recovery_kits (
        id TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        form TEXT NOT NULL CHECK (form IN ('file', 'page')),
        sealed_to TEXT NOT NULL CHECK (sealed_to IN ('passphrase', 'recipients')),
        rehearsed_at INTEGER
      ) STRICT;

      CREATE TABLE recovery_kit_keys (
        kit TEXT NOT NULL REFERENCES recovery_kits (id),
        public_key TEXT NOT NULL,
        UNIQUE (kit, public_key)
      ) STRICT;

      CREATE TABLE recovery_backups (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        at INTEGER NOT NULL
      ) STRICT;
    `,
  },
]
