import type { DatabaseSync } from 'node:sqlite'
import type { Authority } from '../authority/authority.ts'
import { CredentialsService } from '../credentials/credentials-service.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import type { HealthService } from '../health/health-service.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { SystemLink } from '../mesh/system-link.ts'

export interface CredentialsParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly link: SystemLink
  readonly mesh: MeshService
  readonly fleet: FleetService
  readonly health: HealthService
  readonly log: Logger
}

/** The ledger of credentials and their withdrawal, on the mesh in use. */
export function composeCredentials(parts: CredentialsParts): CredentialsService {
  const { database, authority, link, mesh, fleet, health, log } = parts
  return new CredentialsService({
    database,
    authority,
    system: link,
    login: mesh,
    fleet,
    notify: (notice) => health.notify(notice),
    log,
  })
}
