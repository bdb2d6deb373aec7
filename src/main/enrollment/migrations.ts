import type { Migration } from '../storage/database.ts'

/** Enrollment tokens that were given out. A token is not here, only its hash. */
export const ENROLLMENT_MIGRATIONS: readonly Migration[] = [
  {
    name: 'enrollment-1',
    sql: `
      -- document is the enrollment as the window shows it.
      CREATE TABLE enrollments (
        id TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        token_sha256 TEXT NOT NULL,
        allow_loopback INTEGER NOT NULL,
        document TEXT NOT NULL
      ) STRICT;
      CREATE INDEX enrollments_by_time ON enrollments (created_at);
    `,
  },
]
