import { DatabaseSync } from 'node:sqlite'
import { AUDIT_MIGRATIONS } from '../../src/main/audit/migrations.ts'

/** A database in memory that holds the audit log and nothing else. */
export function auditDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of AUDIT_MIGRATIONS) database.exec(sql)
  return database
}

/** Lifts the log's own protection, as somebody does who edits the file by other means. */
export function liftProtection(database: DatabaseSync): void {
  database.exec(`
    DROP TRIGGER audit_entries_stay_as_they_are;
    DROP TRIGGER audit_entries_stay;
    DROP TRIGGER audit_entries_follow_each_other;
  `)
}
