import type { DatabaseSync } from 'node:sqlite'
import { AUDIT_MIGRATIONS } from '../audit/migrations.ts'
import { AUTHORITY_MIGRATIONS } from '../authority/migrations.ts'
import { BUNDLE_MIGRATIONS } from '../bundles/migrations.ts'
import { CREDENTIAL_MIGRATIONS } from '../credentials/migrations.ts'
import { ENROLLMENT_MIGRATIONS } from '../enrollment/migrations.ts'
import type { HealthService } from '../health/health-service.ts'
import { ISOLATION_MIGRATIONS } from '../isolation/migrations.ts'
import { MESH_MIGRATIONS } from '../mesh/migrations.ts'
import { QUEUE_MIGRATIONS } from '../queue/migrations.ts'
import { RECOVERY_MIGRATIONS } from '../recovery/migrations.ts'
import { REGISTRY_STORE_MIGRATIONS } from '../registry/store-choice/migrations.ts'
import { RENEWAL_MIGRATIONS } from '../renewal/migrations.ts'
import { RESOLVER_MIGRATIONS } from '../resolver/migrations.ts'
import { SETTINGS_MIGRATIONS } from '../settings/settings-service.ts'
import { openDatabase, type Migration } from '../storage/database.ts'

/** The schema of every part. */
export const PROFILE_MIGRATIONS: readonly Migration[] = [
  ...SETTINGS_MIGRATIONS,
  ...AUTHORITY_MIGRATIONS,
  ...AUDIT_MIGRATIONS,
  ...MESH_MIGRATIONS,
  ...RESOLVER_MIGRATIONS,
  ...RENEWAL_MIGRATIONS,
  ...RECOVERY_MIGRATIONS,
  ...CREDENTIAL_MIGRATIONS,
  ...ISOLATION_MIGRATIONS,
  ...BUNDLE_MIGRATIONS,
  ...QUEUE_MIGRATIONS,
  ...ENROLLMENT_MIGRATIONS,
  ...REGISTRY_STORE_MIGRATIONS,
]

/**
 * Opens the profile's database with the schema of every part, and tells the person where it was
 * damaged and set aside.
 * @throws RejectedError `DATABASE_UNREADABLE`, `DATABASE_TOO_NEW`.
 */
export function openProfileDatabase(path: string, health: HealthService): DatabaseSync {
  const { database, setAside } = openDatabase(path, PROFILE_MIGRATIONS)
  health.report('storage', { state: 'ok', summary: 'The profile database is sound.' })
  if (setAside !== undefined) {
    const text = `It was kept as ${setAside}, and a new one begun. Keys in the keychain are untouched. Restore the file from a backup to get the tenants and the ledger back.`
    health.notify({ level: 'error', title: 'The profile database was damaged', text })
    health.report('storage', {
      state: 'degraded',
      summary: 'The database was damaged and set aside; a new one was begun.',
    })
  }
  return database
}
