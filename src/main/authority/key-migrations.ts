import type { Migration } from '../storage/database.ts'

/** Schema of roles and of what is known about keys. As in migrations.ts no two keys are neighbours. */
export const KEY_MIGRATIONS: readonly Migration[] = [
  {
    name: 'authority-keys-1-roles',
    sql: `
      -- Only roles whose template was edited.
      CREATE TABLE authority_roles (
        role TEXT PRIMARY KEY,
        template TEXT NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE authority_scoped_keys (
        public_key TEXT PRIMARY KEY,
        role TEXT NOT NULL,
        account TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        tenant TEXT,
        retired_at INTEGER
      ) STRICT;
      CREATE INDEX authority_scoped_keys_by_account ON authority_scoped_keys (account, created_at);

      -- When an identity was moved to a recovery kit; NULL while the keychain holds it.
      ALTER TABLE authority_keys ADD COLUMN offline_at INTEGER;
      -- When a signing key was rotated away; it stays known, as what it signed may turn up again.
      ALTER TABLE authority_keys ADD COLUMN retired_at INTEGER;

      -- How the JWT is made again from the row, byte for byte: 0 not at all (older Musters, imports),
      -- 1 with its permissions, 2 without, as its signing key carries them.
      ALTER TABLE credentials ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX credentials_by_signing_key ON credentials (signing_key, state, expires_at);
    `,
  },
  {
    name: 'authority-keys-2-custom-roles',
    sql: `
      -- Roles of imported stores, as they came; edited like the others in authority_roles.
      CREATE TABLE authority_custom_roles (
        role TEXT PRIMARY KEY,
        template TEXT NOT NULL,
        imported_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
]
