import type { DatabaseSync } from 'node:sqlite'
import type { AuditStatus } from '#shared/contract/audit.ts'
import { actorHere } from '../audit/actor.ts'
import { AuditAnchor, type AnchorStore } from '../audit/audit-anchor.ts'
import { AuditLog } from '../audit/audit-log.ts'
import { AuditTrail } from '../audit/audit-trail.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { HealthService } from '../health/health-service.ts'
import type { Logger } from '../log/logger.ts'

export interface AuditParts {
  readonly database: DatabaseSync
  readonly keychain: AnchorStore
  readonly profileFolder: string
  readonly saveFile: SaveFile
  readonly health: HealthService
  readonly log: Logger
}

/** The audit log: where uses of keys are written, and what watches over it. */
export function composeAudit(parts: AuditParts): {
  readonly trail: AuditTrail
  readonly auditLog: AuditLog
} {
  const { database, keychain, profileFolder, saveFile, health } = parts
  const trail = new AuditTrail({ database, actor: actorHere() })
  const auditLog = new AuditLog({
    database,
    trail,
    anchor: new AuditAnchor(keychain, profileFolder),
    saveFile,
    log: parts.log.part('audit'),
    onVerdict: tellHealth(health),
  })
  return { trail, auditLog }
}

/** Reports each verdict, and says it aloud once where the log is not what was written. */
function tellHealth(health: HealthService): (status: AuditStatus) => void {
  let told = false
  return (status) => {
    const open = status.breaks.filter(({ acknowledged }) => acknowledged === null).length
    if (open === 0) {
      told = false
      const known = status.breaks.length === 0 ? '' : ' Its breaks were looked into.'
      health.report('audit', {
        state: 'ok',
        summary: `${status.entries} entries in one unbroken chain.${known}`,
      })
      return
    }
    const where = open === 1 ? 'in one place' : `in ${open} places`
    health.report('audit', {
      state: 'failed',
      summary: `The audit log is not what Muster wrote, ${where}.`,
      problem: {
        code: 'AUDIT_BROKEN',
        kind: 'conflict',
        message: `The audit log is not what Muster wrote, ${where}.`,
        advice: 'Open Audit to see where it breaks, and what that means.',
        details: {},
      },
    })
    if (told) return
    told = true
    health.notify({
      level: 'error',
      title: 'The audit log was changed',
      text: `It is not what Muster wrote, ${where}. Audit shows where, and what to do.`,
    })
  }
}
