import type { Migration } from '../storage/database.ts'

/** What tenants keep beyond their first form; see `migrations.ts` for the tables. */
export const TENANT_MIGRATIONS: readonly Migration[] = [
  {
    name: 'authority-tenants-1-settings-clearing',
    sql: `
      -- wanted: limits and mappings that the account's first JWT shall carry, as JSON.
      ALTER TABLE authority_tenants ADD COLUMN wanted TEXT;
      -- since when it is being cleared.
      ALTER TABLE authority_tenants ADD COLUMN clearing_at INTEGER;
      CREATE INDEX authority_tenants_by_account ON authority_tenants (account);

      CREATE TABLE tenant_templates (
        name TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
  {
    name: 'authority-tenants-2-batches',
    sql: `
      -- What a batch that has not ended is to make, as JSON: names and settings.
      CREATE TABLE tenant_batches (
        id TEXT PRIMARY KEY,
        plan TEXT NOT NULL,
        begun_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
]
