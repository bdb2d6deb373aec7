import type { Migration } from '../storage/database.ts'

/**
 * The local mesh (one row at most), its ports per reach, saved remote connections, and which of all
 * these is in use. Credentials are not here: the keychain has them under `connection:<id>`.
 */
export const MESH_MIGRATIONS: readonly Migration[] = [
  {
    name: 'mesh-1-local-and-remote',
    sql: `
      CREATE TABLE mesh_local (
        singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
        id TEXT NOT NULL,
        dialect TEXT NOT NULL,
        tenant TEXT NOT NULL,
        reach TEXT NOT NULL CHECK (reach IN ('loopback', 'network')),
        address TEXT CHECK ((address IS NULL) = (reach = 'loopback')),
        tls INTEGER NOT NULL CHECK (tls IN (0, 1))
      ) STRICT;

      CREATE TABLE mesh_local_ports (
        reach TEXT PRIMARY KEY CHECK (reach IN ('loopback', 'network')),
        client INTEGER NOT NULL,
        web_socket INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE mesh_remote (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        dialect TEXT NOT NULL,
        urls TEXT NOT NULL,
        tenant TEXT NOT NULL,
        ca_pem TEXT
      ) STRICT;

      CREATE TABLE mesh_active (
        singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
        connection TEXT NOT NULL
      ) STRICT;
    `,
  },
  {
    name: 'mesh-2-managed-and-pushes',
    sql: `
      -- Servers elsewhere that trust this profile's operator.
      CREATE TABLE mesh_managed (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        urls TEXT NOT NULL,
        ca_pem TEXT,
        tenant TEXT NOT NULL,
        resolver TEXT NOT NULL CHECK (resolver IN ('full', 'memory', 'url')),
        config_path TEXT,
        pid_file TEXT,
        accounts_host TEXT,
        accounts_port INTEGER,
        registry INTEGER NOT NULL CHECK (registry IN (0, 1))
      ) STRICT;

      -- Account JWTs that were sent from here, by hash, before they were.
      CREATE TABLE mesh_pushes (
        account TEXT NOT NULL,
        at INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        UNIQUE (account, sha256)
      ) STRICT;
    `,
  },
]
