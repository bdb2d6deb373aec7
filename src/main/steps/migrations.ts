import type { Migration } from '../storage/database.ts'

/** Schema of the journal of procedures. A procedure that has ended leaves it. */
export const PROCEDURE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'steps-1-procedures',
    sql: `
      -- state is what the kind says; done lists the names of finished steps, current is the one begun.
      CREATE TABLE procedures (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL UNIQUE,
        direction TEXT NOT NULL CHECK (direction IN ('forward', 'back')),
        state TEXT NOT NULL,
        done TEXT NOT NULL,
        current TEXT,
        problem TEXT,
        begun_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
]
