import type { DatabaseSync } from 'node:sqlite'
import { ReportSummary, SignedReport } from '#shared/contract/isolation.ts'
import { RejectedError } from '#shared/errors.ts'
import { inTransaction } from '../storage/database.ts'

/** The reports of this profile. */
export class ReportStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** The newest first. */
  summaries(): ReportSummary[] {
    return this.#database
      .prepare('SELECT summary FROM isolation_reports ORDER BY ended_at DESC, rowid DESC')
      .all()
      .map((row) => ReportSummary.parse(JSON.parse(String(row['summary']))))
  }

  /** @throws RejectedError `REPORT_UNKNOWN`. */
  report(id: string): SignedReport {
    const row = this.#database
      .prepare('SELECT document FROM isolation_reports WHERE id = ?')
      .get(id)
    if (row === undefined) throw reportUnknown()
    return SignedReport.parse(JSON.parse(String(row['document'])))
  }

  /** Adds a report, or replaces it by its signed self. */
  save(signed: SignedReport): void {
    const { report, signature } = signed
    inTransaction(this.#database, () => {
      this.#database
        .prepare(
          'INSERT OR REPLACE INTO isolation_reports (id, ended_at, summary, document) VALUES (?, ?, ?, ?)',
        )
        .run(
          report.id,
          Date.parse(report.endedAt),
          JSON.stringify(summaryOf(signed)),
          JSON.stringify(signed),
        )
      if (signature === null) return
      this.#database
        .prepare(
          'INSERT OR IGNORE INTO isolation_signers (public_key, first_used_at) VALUES (?, ?)',
        )
        .run(signature.key, Date.parse(signature.signedAt))
    })
  }

  /** @throws RejectedError `REPORT_UNKNOWN`. */
  remove(id: string): void {
    const { changes } = this.#database.prepare('DELETE FROM isolation_reports WHERE id = ?').run(id)
    if (changes === 0) throw reportUnknown()
  }

  /** Public keys that signed reports here. */
  signers(): string[] {
    return this.#database
      .prepare('SELECT public_key FROM isolation_signers')
      .all()
      .map((row) => String(row['public_key']))
  }
}

/** What a list shows of a report. */
export function summaryOf({ report, signature }: SignedReport): ReportSummary {
  const { id, startedAt, endedAt, ended, verdict, tenants, counts, mesh } = report
  return {
    id,
    startedAt,
    endedAt,
    ended,
    verdict,
    tenants: tenants.length,
    counts,
    meshName: mesh.name,
    signed: signature !== null,
  }
}

function reportUnknown(): RejectedError {
  return new RejectedError({
    code: 'REPORT_UNKNOWN',
    message: 'This report is not in this profile (any more).',
    advice: 'Choose another report, or start a new proof.',
  })
}
