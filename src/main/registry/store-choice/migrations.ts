import type { Migration } from '../../storage/database.ts'

export const REGISTRY_STORE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'registry-store-1',
    sql: `
      -- Where the registry keeps devices: one row, or none for the embedded store. Key and password
      -- are in the keychain.
      CREATE TABLE registry_store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        kind TEXT NOT NULL CHECK (kind IN ('embedded', 'etcd')),
        endpoints TEXT NOT NULL,
        ca_pem TEXT,
        certificate_pem TEXT,
        user_name TEXT NOT NULL,
        has_password INTEGER NOT NULL
      ) STRICT;
    `,
  },
]
