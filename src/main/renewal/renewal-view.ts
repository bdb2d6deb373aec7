import type {
  ExpiringCredential,
  RenewalItem,
  RenewalItemState,
  RenewalJob,
} from '#shared/contract/renewal.ts'
import { fingerprintOf } from '../authority/fingerprint.ts'
import type { InForce } from './expiry-store.ts'
import { dueAt, statusOf } from './life.ts'
import type { ItemRecord, JobRecord } from './renewal-store.ts'

/** A job as the window shows it. */
export function jobOf(
  job: JobRecord,
  counts: ReadonlyMap<RenewalItemState, number>,
  next: ItemRecord | undefined,
): RenewalJob {
  const count = (...states: RenewalItemState[]) =>
    states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0)
  return {
    id: job.id,
    state: job.state,
    total: [...counts.values()].reduce((sum, some) => sum + some, 0),
    counts: {
      waiting: count('waiting'),
      running: count('issuing', 'delivering', 'awaiting'),
      renewed: count('renewed'),
      written: count('written'),
      manual: count('manual'),
      failed: count('failed'),
      rolledBack: count('rolled-back'),
      cancelled: count('cancelled'),
    },
    atOnce: job.at_once,
    spreadMinutes: job.spread_minutes,
    folder: job.folder,
    nextAt: instant(next?.starts_at ?? null),
    problem: job.problem,
    startedAt: new Date(job.started_at).toISOString(),
    endedAt: instant(job.ended_at),
  }
}

export function itemOf(item: ItemRecord): RenewalItem {
  return {
    jobId: item.job_id,
    sequence: item.sequence,
    credentialId: item.ledger_id,
    fingerprint: fingerprintOf(item.public_key),
    name: item.name,
    tenant: item.tenant,
    deviceId: item.device_id,
    delivery: item.delivery,
    state: item.state,
    startsAt: new Date(item.starts_at).toISOString(),
    deadline: instant(item.deadline),
    expiresAt: instant(item.expires_at),
    problem: item.problem,
    endedAt: instant(item.ended_at),
  }
}

/** A credential in force as the window shows it, apart from what others know of it. */
export function credentialOf(
  row: InForce,
  now: Date,
): Omit<ExpiringCredential, 'online' | 'renewal'> {
  const { id, publicKey, tenant, deviceId, role, name, issuedAt, expiresAt } = row
  return {
    id,
    publicKey,
    fingerprint: fingerprintOf(publicKey),
    tenant,
    role,
    name,
    deviceId,
    issuedAt: issuedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    dueAt: dueAt(row).toISOString(),
    status: statusOf(row, now),
  }
}

function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
