import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AuditResult, type AuditAction } from '#shared/contract/audit.ts'

/** The version of an entry's form, in case it ever has to change. */
const ENTRY_VERSION = 1

/** What the first entry names as the one before it. */
export const NO_PREVIOUS_HASH = '0'.repeat(64)

/** An entry of the audit log. Its text, in exactly this order of fields, is what is hashed. */
export interface AuditEntry {
  readonly v: typeof ENTRY_VERSION
  /** 1, 2, 3, … without a gap. */
  readonly seq: number
  /** ISO 8601 in UTC with milliseconds, by this computer's clock. */
  readonly at: string
  /** Who: the user of the operating system, and the computer's name. */
  readonly user: string
  readonly host: string
  readonly action: AuditAction
  /** Public part of the key that was used. */
  readonly key: string | null
  readonly subject: string
  readonly reason: string
  readonly result: AuditResult
  /** Code of the error that ended it. */
  readonly code: string | null
  /** Number of the entry that told the beginning. */
  readonly begun: number | null
  /** Hash of the entry before. */
  readonly previous: string
}

const EntryShape = z.strictObject({
  v: z.literal(ENTRY_VERSION),
  seq: z.int().positive(),
  at: z.iso.datetime(),
  user: z.string(),
  host: z.string(),
  // As text: a newer Muster may have written actions that this one does not know.
  action: z.string(),
  key: z.string().nullable(),
  subject: z.string(),
  reason: z.string(),
  result: AuditResult,
  code: z.string().nullable(),
  begun: z.int().nullable(),
  previous: z.string(),
})
/** An entry as read back. */
export type ReadAuditEntry = z.infer<typeof EntryShape>

/** The text of an entry: JSON without white space, fields in the order of `AuditEntry`. */
export function bodyOf(entry: Omit<AuditEntry, 'v'>): string {
  const { seq, at, user, host, action, key, subject, reason, result, code, begun, previous } = entry
  return JSON.stringify({
    v: ENTRY_VERSION,
    seq,
    at,
    user,
    host,
    action,
    key,
    subject,
    reason,
    result,
    code,
    begun,
    previous,
  })
}

/** Reads an entry's text; undefined where it is none. */
export function entryOf(body: string): ReadAuditEntry | undefined {
  try {
    const parsed = EntryShape.safeParse(JSON.parse(body))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
export function hashOf(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest('hex')
}
