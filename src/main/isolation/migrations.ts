import type { Migration } from '../storage/database.ts'

/** Reports of isolation proofs. Nothing in them is secret. */
export const ISOLATION_MIGRATIONS: readonly Migration[] = [
  {
    name: 'isolation-1-reports',
    sql: `
      -- document is the signed report as it is exported, summary what the list of reports shows.
      CREATE TABLE isolation_reports (
        id TEXT PRIMARY KEY,
        ended_at INTEGER NOT NULL,
        summary TEXT NOT NULL,
        document TEXT NOT NULL
      ) STRICT;
      CREATE INDEX isolation_reports_by_end ON isolation_reports (ended_at);

      -- Keys that signed a report here: still known as ours once they are rotated.
      CREATE TABLE isolation_signers (
        public_key TEXT PRIMARY KEY,
        first_used_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
]
