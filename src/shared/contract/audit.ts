import { eventIterator, Instant, Problem, procedure, SavedFile, z } from './common.ts'

/** What a key was used for. New ones are added; none is renamed, since logs in the field hold them. */
export const AuditAction = z.enum([
  'operator-create',
  'operator-change',
  'account-create',
  'account-change',
  'account-remove',
  'credential-issue',
  'credential-renew',
  'credential-revoke',
  'credential-strike',
  'key-create',
  'key-rotate',
  'key-delete',
  'key-import',
  'key-export',
  'resolver-push',
  'isolation-proof',
  'nsc-import',
  'nsc-export',
  'recovery-kit',
  'recovery-rehearsal',
  'recovery-restore',
  'audit-acknowledge',
  'doctor-login',
  'bundle-sign',
  'bundle-deliver',
  'bundle-import',
  'bundle-wipe',
  'enrollment',
  'registry-store',
])
export type AuditAction = z.infer<typeof AuditAction>

/**
 * `begun` is written before a key is used, the others once it is known how that ended. One that is
 * only begun was interrupted.
 */
export const AuditResult = z.enum(['begun', 'done', 'failed', 'refused'])
export type AuditResult = z.infer<typeof AuditResult>

/** An entry of the log, as it was hashed. */
export const AuditLine = z.strictObject({
  seq: z.int(),
  at: Instant,
  /** User of the operating system, and the computer's name. */
  user: z.string(),
  host: z.string(),
  /** One of AuditAction, or one that a newer Muster wrote. */
  action: z.string(),
  /** Public part of the key that was used. */
  key: z.string().nullable(),
  subject: z.string(),
  reason: z.string(),
  result: AuditResult,
  /** Begun, and nothing tells how it ended. */
  interrupted: z.boolean(),
  /** Code of the error that ended it. */
  code: z.string().nullable(),
  /** Number of the entry that told the beginning. */
  begun: z.int().nullable(),
  previous: z.string(),
  hash: z.string(),
})
export type AuditLine = z.infer<typeof AuditLine>

export const AuditFilter = z.strictObject({
  action: AuditAction.nullable(),
  /** `interrupted`: begun without an end. */
  result: z.enum(['done', 'failed', 'refused', 'interrupted']).nullable(),
  /** The whole public key. */
  key: z.string().max(64).nullable(),
  /** Part of the subject, of the reason, or of the key. */
  text: z.string().max(200),
  from: Instant.nullable(),
  to: Instant.nullable(),
  /** Also the beginnings of uses whose end is told by an entry of its own. */
  beginnings: z.boolean(),
})
export type AuditFilter = z.infer<typeof AuditFilter>

export const AuditPage = z.strictObject({
  /** Newest first. */
  lines: z.array(AuditLine),
  /** How many match in all. */
  total: z.int(),
  /** Where the next page begins; null on the last. */
  next: z.int().nullable(),
})
export type AuditPage = z.infer<typeof AuditPage>

/**
 * How the log differs from what was written. `altered`: the text does not give the hash beside it;
 * `unlinked`: it does not name the entry before it; `missing`: numbers are left out; `cut`: it ends before
 * the entry that the keychain remembers; `replaced`: that entry is another one; `unanchored`: the
 * keychain remembers nothing of it.
 */
export const AuditBreakKind = z.enum([
  'altered',
  'unlinked',
  'missing',
  'cut',
  'replaced',
  'unanchored',
])
export type AuditBreakKind = z.infer<typeof AuditBreakKind>

export const AuditBreak = z.strictObject({
  id: z.string(),
  kind: AuditBreakKind,
  /** First and last entry concerned. */
  seq: z.int(),
  last: z.int(),
  /** When the entries around it were written, as far as they are there. */
  after: Instant.nullable(),
  before: Instant.nullable(),
  /** Who looked into it and said so. */
  acknowledged: z
    .strictObject({ at: Instant, user: z.string(), reason: z.string(), seq: z.int() })
    .nullable(),
})
export type AuditBreak = z.infer<typeof AuditBreak>

export const AuditStatus = z.strictObject({
  /** `waiting`: for the keychain, which remembers where the log ended. */
  state: z.enum(['waiting', 'checking', 'sound', 'broken']),
  /** Number and hash of the newest entry. */
  entries: z.int(),
  head: z.string(),
  breaks: z.array(AuditBreak),
  /** The entries from there on were checked then; 1 means all. */
  checkedFrom: z.int().nullable(),
  checkedAt: Instant.nullable(),
  /** When all entries were checked last. */
  fullyCheckedAt: Instant.nullable(),
  /** Entry that the check has reached. */
  progress: z.int().nullable(),
  /** Newest entry that the keychain remembers. */
  anchored: z.int().nullable(),
  /** Why the keychain could not be asked or told. */
  problem: Problem.nullable(),
})
export type AuditStatus = z.infer<typeof AuditStatus>

export const audit = {
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), status: AuditStatus })),
  ),
  list: procedure
    .input(
      z.strictObject({
        filter: AuditFilter,
        /** Entries below this number; null from the newest. */
        before: z.int().nullable(),
        limit: z.int().min(1).max(500),
      }),
    )
    .output(AuditPage),
  /** Checks every entry. */
  verify: procedure.output(AuditStatus),
  /** Notes in the log that a break was looked into. */
  acknowledge: procedure
    .input(z.strictObject({ id: z.string().max(64), reason: z.string().trim().min(1).max(500) }))
    .output(AuditStatus),
  /** The whole log as JSON Lines, with the chain. */
  export: procedure.output(SavedFile),
}
