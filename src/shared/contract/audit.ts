import { z } from './common.ts'

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
])
export type AuditAction = z.infer<typeof AuditAction>

/**
 * `begun` is written before a key is used, the others once it is known how that ended. One that is
 * only begun was interrupted.
 */
export const AuditResult = z.enum(['begun', 'done', 'failed', 'refused'])
export type AuditResult = z.infer<typeof AuditResult>
