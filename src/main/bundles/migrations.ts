import type { Migration } from '../storage/database.ts'

/** Receipts of what left this computer, and whom it can be sealed to. Nothing secret. */
export const BUNDLE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'bundles-1-receipts',
    sql: `
      -- document is the receipt as the window shows it.
      CREATE TABLE bundle_receipts (
        id TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        document TEXT NOT NULL
      ) STRICT;
      CREATE INDEX bundle_receipts_by_time ON bundle_receipts (at);

      -- Which credentials of the ledger went out with which bundle.
      CREATE TABLE bundle_credentials (
        receipt TEXT NOT NULL REFERENCES bundle_receipts (id) ON DELETE CASCADE,
        public_key TEXT NOT NULL,
        PRIMARY KEY (receipt, public_key)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX bundle_credentials_by_key ON bundle_credentials (public_key);

      -- To find what lies on a stick again.
      CREATE TABLE bundle_files (
        receipt TEXT NOT NULL REFERENCES bundle_receipts (id) ON DELETE CASCADE,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (receipt, sha256)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE bundle_people (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        public_key TEXT NOT NULL UNIQUE,
        note TEXT NOT NULL,
        added_at INTEGER NOT NULL,
        used_at INTEGER
      ) STRICT;
    `,
  },
]
