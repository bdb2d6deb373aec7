import { PROCEDURE_MIGRATIONS } from '../steps/migrations.ts'
import type { Migration } from '../storage/database.ts'
import { KEY_MIGRATIONS } from './key-migrations.ts'
import { TENANT_MIGRATIONS } from './tenant-migrations.ts'

/**
 * Schema of the authority: operator, accounts, tenants and the ledger. Nothing in it is secret.
 *
 * SQLite stores a row's texts end to end. No two keys are neighbours here, and none is next to a name, so
 * that a search for seeds (`S[OAU]` and 56 more letters) in the bytes of the file finds none that is not.
 */
export const AUTHORITY_MIGRATIONS: readonly Migration[] = [
  {
    name: 'authority-1-operator-accounts-ledger',
    sql: `
      CREATE TABLE authority_operator (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        public_key TEXT NOT NULL,
        dialect TEXT NOT NULL,
        name TEXT NOT NULL,
        jwt TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT;

      -- jwt is what the servers confirmed last; NULL until they did for the first time.
      CREATE TABLE authority_accounts (
        public_key TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('system', 'registry', 'shared', 'tenant')),
        name TEXT NOT NULL,
        jwt TEXT,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        UNIQUE (kind, name)
      ) STRICT;

      -- holder is the identity key of an operator or account. The seeds are in the keychain.
      CREATE TABLE authority_keys (
        public_key TEXT PRIMARY KEY,
        purpose TEXT NOT NULL CHECK (purpose IN ('identity', 'signing')),
        holder TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX authority_keys_by_holder ON authority_keys (holder, purpose, created_at);

      CREATE TABLE authority_tenants (
        name TEXT PRIMARY KEY,
        isolation TEXT NOT NULL CHECK (isolation IN ('account', 'shared')),
        account TEXT NOT NULL REFERENCES authority_accounts (public_key),
        state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'error')),
        problem TEXT,
        created_at INTEGER NOT NULL,
        ready_at INTEGER
      ) STRICT;

      CREATE TABLE credentials (
        id TEXT PRIMARY KEY,
        public_key TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'struck', 'revoked')),
        account TEXT NOT NULL,
        role TEXT NOT NULL,
        signing_key TEXT NOT NULL,
        delivery TEXT NOT NULL,
        tenant TEXT,
        device_id TEXT,
        name TEXT NOT NULL,
        permissions TEXT NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        pending_until INTEGER,
        connected_at INTEGER,
        revoked_at INTEGER,
        reason TEXT
      ) STRICT;
      CREATE INDEX credentials_by_key ON credentials (public_key, role, account, expires_at);
      CREATE INDEX credentials_by_device ON credentials (tenant, device_id);
      CREATE INDEX credentials_pending ON credentials (pending_until) WHERE state = 'pending';
      CREATE INDEX credentials_internal ON credentials (expires_at) WHERE delivery = 'internal';
    `,
  },
  ...PROCEDURE_MIGRATIONS,
  ...KEY_MIGRATIONS,
  ...TENANT_MIGRATIONS,
]
