import type { AuditAction, AuditResult } from '#shared/contract/audit.ts'
import { toMusterError } from '#shared/errors.ts'
import type { Signer } from './signer.ts'

/** What a key is used for. Everything here is public and stays in the audit log for good. */
export interface KeyUse {
  readonly action: AuditAction
  /** What it is used on: a user key (U…), an account's name and key, the id of a report. */
  readonly subjects: readonly string[]
  /** Why, for somebody who reads it in two years: the person's own words, or which procedure it was. */
  readonly reason: string
}

/** A line for the audit log. */
export interface AuditDraft {
  readonly action: AuditAction
  /** Public part of the key that was used; null where the line is about something else. */
  readonly key: string | null
  readonly subject: string
  readonly reason: string
  readonly result: AuditResult
  /** Code of the error that ended it. */
  readonly code?: string
  /** Number of the line that told the beginning. */
  readonly begun?: number
}

/** What the authority needs of the audit log. */
export interface KeyAudit {
  /**
   * Writes lines, in the transaction that is open, else in one of their own; returns their numbers.
   * @throws MusterError where they can't be written; then the key must not be used.
   */
  record(drafts: readonly AuditDraft[]): readonly number[]
}

/** A signer whose use stands in the audit log. */
export interface AuditedSigner extends Signer {
  /**
   * Notes that it went well, one line for each subject. Belongs into the transaction that records what
   * the lines tell. @throws what `KeyAudit.record` throws.
   */
  done(subjects?: readonly string[]): void
  /** Notes that it failed, and by which error. Never throws: the use itself is noted already. */
  failed(error: unknown): void
}

/** A use that has begun: how it ends is still to be noted. */
export interface BegunUse {
  done(subjects?: readonly string[]): void
  failed(error: unknown): void
}

/**
 * Notes that a key is about to be used. Comes before the use, so that no crash leaves one without a line.
 * @throws what `KeyAudit.record` throws.
 */
export function beginUse(audit: KeyAudit, key: string, use: KeyUse): BegunUse {
  const { action, reason } = use
  const line = { action, key, reason }
  const [begun] = audit.record([{ ...line, subject: together(use.subjects), result: 'begun' }])
  const link = begun === undefined ? {} : { begun }
  return {
    done: (subjects = use.subjects) => {
      audit.record(
        subjects.map((subject) => ({ ...line, ...link, subject, result: 'done' as const })),
      )
    },
    failed: (error) => {
      const { code } = toMusterError(error)
      const subject = together(use.subjects)
      try {
        audit.record([{ ...line, ...link, subject, result: 'failed', code }])
      } catch {
        // Why the use failed matters more. Its beginning is noted, and without an end it shows as
        // interrupted.
      }
    },
  }
}

/** Several subjects as one: the lines that tell the result name each. */
function together(subjects: readonly string[]): string {
  const [first = ''] = subjects
  return subjects.length < 2 ? first : `${first} and ${subjects.length - 1} more`
}
