import type { DatabaseSync } from 'node:sqlite'
import { Enrollment } from '#shared/contract/enrollment.ts'

/** An enrollment with what only main has to know of it. */
export interface StoredEnrollment {
  readonly enrollment: Enrollment
  /** SHA-256 of the token's secret, in hex. */
  readonly tokenSha256: string
  readonly allowLoopback: boolean
}

/** Enrollments in the profile's database. */
export class EnrollmentStore {
  readonly #database: DatabaseSync

  /** @param database with ENROLLMENT_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** The newest first. */
  all(limit: number): Enrollment[] {
    return this.#database
      .prepare('SELECT * FROM enrollments ORDER BY created_at DESC, rowid DESC LIMIT ?')
      .all(limit)
      .map((row) => storedOf(row).enrollment)
  }

  get(id: string): StoredEnrollment | undefined {
    const row = this.#database.prepare('SELECT * FROM enrollments WHERE id = ?').get(id)
    return row === undefined ? undefined : storedOf(row)
  }

  add({ enrollment, tokenSha256, allowLoopback }: StoredEnrollment): void {
    const createdAt = Date.parse(enrollment.history[0]?.at ?? enrollment.expiresAt)
    this.#database
      .prepare('INSERT INTO enrollments VALUES (?, ?, ?, ?, ?)')
      .run(enrollment.id, createdAt, tokenSha256, Number(allowLoopback), JSON.stringify(enrollment))
  }

  change(enrollment: Enrollment): void {
    this.#database
      .prepare('UPDATE enrollments SET document = ? WHERE id = ?')
      .run(JSON.stringify(enrollment), enrollment.id)
  }

  remove(id: string): void {
    this.#database.prepare('DELETE FROM enrollments WHERE id = ?').run(id)
  }
}

function storedOf(row: Record<string, unknown>): StoredEnrollment {
  return {
    enrollment: Enrollment.parse(JSON.parse(String(row['document']))),
    tokenSha256: String(row['token_sha256']),
    allowLoopback: row['allow_loopback'] === 1,
  }
}
