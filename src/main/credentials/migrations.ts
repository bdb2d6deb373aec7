import type { Migration } from '../storage/database.ts'

/**
 * Schema of the credentials screen: revocations with what was seen of them, and ways into the ledger. No two
 * keys are neighbours: see AUTHORITY_MIGRATIONS.
 */
export const CREDENTIAL_MIGRATIONS: readonly Migration[] = [
  {
    name: 'credentials-1-revocations',
    sql: `
      -- keys: user key -> unix seconds; empty where up_to (unix seconds) says everything.
      -- evidence: what was seen, see RevocationEvidence. revoked_at: when ledger and servers agreed.
      CREATE TABLE credential_revocations (
        id TEXT PRIMARY KEY,
        scope TEXT NOT NULL CHECK (scope IN ('credentials', 'account')),
        account TEXT NOT NULL,
        keys TEXT NOT NULL,
        account_name TEXT NOT NULL,
        up_to INTEGER,
        reason TEXT NOT NULL,
        credential_count INTEGER NOT NULL,
        names TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'failed', 'cancelled')),
        steps TEXT NOT NULL,
        problem TEXT,
        evidence TEXT NOT NULL,
        begun_at INTEGER NOT NULL,
        revoked_at INTEGER,
        ended_at INTEGER
      ) STRICT;
      CREATE INDEX credential_revocations_by_account
        ON credential_revocations (account, scope, begun_at);

      -- The credentials that a revocation of scope 'credentials' ends.
      CREATE TABLE credential_revocation_items (
        revocation TEXT NOT NULL REFERENCES credential_revocations (id) ON DELETE CASCADE,
        credential TEXT NOT NULL,
        PRIMARY KEY (credential, revocation)
      ) STRICT, WITHOUT ROWID;

      CREATE INDEX credentials_by_account
        ON credentials (account, expires_at, public_key, issued_at, signing_key);
      CREATE INDEX credentials_by_issue ON credentials (issued_at);
      CREATE INDEX credentials_by_expiry ON credentials (expires_at);
      CREATE INDEX credentials_by_name ON credentials (name COLLATE NOCASE);
    `,
  },
  {
    name: 'credentials-2-lists',
    sql: `
      -- With all that lists are filtered and counted by, since a row of the ledger is ten times as wide.
      DROP INDEX credentials_by_issue;
      DROP INDEX credentials_by_expiry;
      DROP INDEX credentials_by_name;
      CREATE INDEX credentials_listed_by_issue
        ON credentials (issued_at, state, expires_at, delivery, tenant, role);
      CREATE INDEX credentials_listed_by_expiry
        ON credentials (expires_at, state, delivery, tenant, role);
      CREATE INDEX credentials_listed_by_name
        ON credentials (name COLLATE NOCASE, state, expires_at, delivery, tenant, role);
    `,
  },
]
