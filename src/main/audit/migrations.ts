import type { Migration } from '../storage/database.ts'

/** What a body tells in one field, for searching; the body alone is what counts. */
const column = (name: string, type: 'TEXT' | 'INTEGER' = 'TEXT') =>
  `${name} ${type} GENERATED ALWAYS AS
     (CASE WHEN json_valid(body) THEN json_extract(body, '$.${name}') END) VIRTUAL`

/**
 * Schema of the audit log. `body` is the text that was hashed, and nothing beside it says the same
 * again, so that what is shown is what was verified. The triggers keep Muster's own mistakes out; who
 * edits the file by other means can drop them, which is what the chain is for.
 */
export const AUDIT_MIGRATIONS: readonly Migration[] = [
  {
    name: 'audit-1-log',
    sql: `
      CREATE TABLE audit_entries (
        seq INTEGER PRIMARY KEY,
        body TEXT NOT NULL,
        hash TEXT NOT NULL,
        ${column('at')},
        ${column('action')},
        ${column('key')},
        ${column('subject')},
        ${column('result')},
        ${column('begun', 'INTEGER')}
      ) STRICT;
      CREATE INDEX audit_entries_by_action ON audit_entries (action);
      CREATE INDEX audit_entries_by_key ON audit_entries (key);
      CREATE INDEX audit_entries_by_begun ON audit_entries (begun) WHERE begun IS NOT NULL;

      CREATE TRIGGER audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
      CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
      -- Also against INSERT OR REPLACE, which deletes without asking the trigger above.
      CREATE TRIGGER audit_entries_follow_each_other BEFORE INSERT ON audit_entries
        WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    `,
  },
]
