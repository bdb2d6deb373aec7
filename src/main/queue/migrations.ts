import type { Migration } from '../storage/database.ts'

/**
 * Schema of queued commands. Parameters and results are the person's data; they are kept as they were
 * sent, and never logged.
 */
export const QUEUE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'queue-1-commands',
    sql: `
      -- A command belongs to a mesh: tenants of the same name elsewhere are others. sequence is its place
      -- in the stream, null until the server confirmed it; copies counts how often it was put there.
      CREATE TABLE queued_commands (
        mesh TEXT NOT NULL,
        id TEXT NOT NULL,
        tenant TEXT NOT NULL,
        device_id TEXT NOT NULL,
        function_name TEXT NOT NULL,
        params TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        elsewhere INTEGER NOT NULL,
        state TEXT NOT NULL,
        enqueued_at INTEGER NOT NULL,
        deadline INTEGER,
        sequence INTEGER,
        copies INTEGER NOT NULL DEFAULT 1,
        attempts INTEGER NOT NULL DEFAULT 0,
        result TEXT,
        error TEXT,
        may_have_run INTEGER NOT NULL DEFAULT 0,
        ended_at INTEGER,
        PRIMARY KEY (mesh, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX queued_commands_of_device
        ON queued_commands (mesh, tenant, device_id, enqueued_at);
      CREATE INDEX queued_commands_open ON queued_commands (mesh, tenant)
        WHERE state IN ('sending', 'queued', 'delivered', 'dead');
    `,
  },
]
