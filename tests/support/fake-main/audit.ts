import type { AuditDraft } from '../../../src/main/authority/key-use.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { AuditAnchor } from '../../../src/main/audit/audit-anchor.ts'
import { AuditLog } from '../../../src/main/audit/audit-log.ts'
import { AuditTrail } from '../../../src/main/audit/audit-trail.ts'
import { auditDatabase, liftProtection } from '../audit-database.ts'
import type { Scenario } from './state.ts'

const HOUR_MS = 3_600_000
const USES = 1_200

/** The real log over a database in memory, filled for the scenario; tampered with in `failing`. */
export function fakeAudit(scenario: Scenario): AuditLog {
  const database = auditDatabase()
  let now = new Date(Date.now() - USES * HOUR_MS)
  const entries = new Map<string, string>()
  const anchor = new AuditAnchor(
    {
      get: async (account) => entries.get(account),
      set: async (account, secret) => void entries.set(account, secret),
    },
    '/profile',
  )
  const trail = new AuditTrail({
    database,
    actor: { user: 'kim', host: 'site-laptop-3' },
    now: () => now,
  })
  const log = new AuditLog({
    database,
    trail,
    anchor,
    saveFile: async () => ({ type: 'saved', path: '/home/kim/muster-audit.jsonl' }),
    log: silentLogger(),
  })
  if (scenario === 'full' || scenario === 'failing') {
    for (let index = 0; index < USES; index += 1) {
      now = new Date(now.getTime() + HOUR_MS * 0.99)
      recordUse(trail, index)
    }
  }
  now = new Date()
  void fill(database, log, anchor, trail, scenario)
  return log
}

async function fill(
  database: ReturnType<typeof auditDatabase>,
  log: AuditLog,
  anchor: AuditAnchor,
  trail: AuditTrail,
  scenario: Scenario,
): Promise<void> {
  await anchor.write({ ...trail.head(), checked: null })
  if (scenario === 'failing') {
    liftProtection(database)
    database.exec(
      `UPDATE audit_entries SET body = replace(body, 'Stolen', 'Tested') WHERE seq = 1810;
       DELETE FROM audit_entries WHERE seq BETWEEN 900 AND 903;
       DELETE FROM audit_entries WHERE seq > 2380;`,
    )
  }
  await log.start()
}

const OPERATOR_KEY = `O${'DQ4XZ7KMW2RT9PBA'.repeat(4)}`.slice(0, 56)
const ACCOUNT_KEY = `A${'CX7MPL3QZWT5KDR2'.repeat(4)}`.slice(0, 56)

function recordUse(trail: AuditTrail, index: number): void {
  const user = `U${`BX${index.toString(32).toUpperCase().padStart(4, 'K')}Q2M7TRAP9ZW`.repeat(4)}`
  const subject = user.slice(0, 56)
  const uses: Omit<AuditDraft, 'result'>[] = [
    {
      action: 'credential-issue',
      key: ACCOUNT_KEY,
      subject,
      reason: `Issued for soil-sensor-${index}, delivered by commissioning.`,
    },
    {
      action: 'credential-revoke',
      key: OPERATOR_KEY,
      subject,
      reason: 'Stolen from the greenhouse, reported by Ana.',
    },
    {
      action: 'account-change',
      key: OPERATOR_KEY,
      subject: `north ${ACCOUNT_KEY}`,
      reason: 'Limit of connections raised to 500 for the new hall.',
    },
    {
      action: 'credential-issue',
      key: ACCOUNT_KEY,
      subject,
      reason: "A connection of Muster's own: console of north.",
    },
  ]
  const use = uses[index % uses.length]
  if (use === undefined) return
  const [begun] = trail.record([{ ...use, result: 'begun' }])
  if (begun === undefined || index % 97 === 13) return
  trail.record([
    index % 41 === 7
      ? { ...use, result: 'failed', code: 'PUSH_FAILED', begun }
      : { ...use, result: 'done', begun },
  ])
}
