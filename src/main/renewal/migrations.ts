import type { Migration } from '../storage/database.ts'
import { IN_FORCE_SQL } from './in-force-sql.ts'

/**
 * Schema of renewals. Nothing in it is secret: of a new JWT only a digest is kept, by which the device
 * that connects with it is recognised, also after a restart.
 *
 * No two keys are neighbours, and the digest is lower-case: see AUTHORITY_MIGRATIONS.
 */
export const RENEWAL_MIGRATIONS: readonly Migration[] = [
  {
    name: 'renewal-1-jobs-items',
    sql: `
      CREATE TABLE renewal_jobs (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL CHECK (state IN ('running', 'cancelling', 'done', 'cancelled', 'stopped')),
        at_once INTEGER NOT NULL,
        spread_minutes INTEGER NOT NULL,
        valid_days INTEGER NOT NULL,
        folder TEXT,
        problem TEXT,
        started_at INTEGER NOT NULL,
        ended_at INTEGER
      ) STRICT;

      -- ledger_id is the credential that is renewed, new_ledger_id the one that takes its place.
      CREATE TABLE renewal_items (
        job_id TEXT NOT NULL REFERENCES renewal_jobs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        ledger_id TEXT NOT NULL,
        public_key TEXT NOT NULL,
        delivery TEXT NOT NULL CHECK (delivery IN ('mesh', 'file', 'commission')),
        account TEXT NOT NULL,
        role TEXT NOT NULL,
        tenant TEXT,
        device_id TEXT,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        starts_at INTEGER NOT NULL,
        new_ledger_id TEXT,
        digest TEXT,
        delivered_at INTEGER,
        deadline INTEGER,
        expires_at INTEGER,
        problem TEXT,
        ended_at INTEGER,
        PRIMARY KEY (job_id, sequence)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX renewal_items_by_state ON renewal_items (job_id, state, starts_at);
      CREATE INDEX renewal_items_by_credential ON renewal_items (ledger_id, state);
      CREATE INDEX renewal_items_unseen ON renewal_items (expires_at)
        WHERE state IN ('written', 'rolled-back');

      CREATE INDEX credentials_in_force ON credentials (expires_at)
        WHERE state IN ('active', 'pending') AND delivery <> 'internal';
    `,
  },
  { name: 'renewal-2-in-force', sql: IN_FORCE_SQL },
]
