import type { DatabaseSync } from 'node:sqlite'
import { actorHere } from '../audit/actor.ts'
import type { Authority } from '../authority/authority.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import type { BundleService } from '../bundles/bundle-service.ts'
import type { CredentialsService } from '../credentials/credentials-service.ts'
import { EnrollmentService } from '../enrollment/enrollment-service.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { SecretStore } from '../mesh/secret-store.ts'

export interface EnrollmentComposition {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly mesh: Pick<MeshService, 'waitForKey'>
  readonly bundles: Pick<BundleService, 'plan' | 'handOver' | 'keysOf'>
  readonly credentials: Pick<CredentialsService, 'revoke'>
  readonly keychain: SecretStore
  readonly audit: KeyAudit
  readonly log: Logger
}

/** Enrollment tokens, for the mesh in use. */
export function composeEnrollment(parts: EnrollmentComposition): EnrollmentService {
  const { database, authority, mesh, bundles, credentials, keychain, audit } = parts
  const { user, host } = actorHere()
  return new EnrollmentService({
    database,
    bundles,
    keychain,
    audit,
    revokeKey: (publicKey, reason) => {
      const ids = authority.ledger
        .entriesOfKey(publicKey)
        .filter(({ state }) => state === 'active' || state === 'pending')
        .map(({ id }) => id)
      if (ids.length > 0) credentials.revoke({ type: 'credentials', ids }, reason)
    },
    waitForKey: (tenant, publicKey, signal) => mesh.waitForKey(tenant, publicKey, signal),
    log: parts.log.part('enrollment'),
    by: `${user}@${host}`,
  })
}
