import type { DatabaseSync } from 'node:sqlite'
import type { Authority } from '../authority/authority.ts'
import { AuthorityStore } from '../authority/authority-store.ts'
import type { Keychain } from '../authority/keychain.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import { KeyVault } from '../authority/key-vault.ts'
import { OperatorMarker } from '../authority/operator-marker.ts'
import { RoleStore } from '../authority/role-store.ts'
import { ContextsService } from '../contexts/contexts-service.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import { NscService } from '../nsc/nsc-service.ts'
import type { StoreEnvironment } from '../nsc/store-locations.ts'

export interface NscStoreParts {
  readonly database: DatabaseSync
  readonly keychain: Keychain
  readonly audit: KeyAudit
  readonly authority: Authority
  /** Tells profiles apart that share a keychain. */
  readonly profileFolder?: string
  /** Where the usual places of stores are looked for; this computer's unless told. */
  readonly environment?: StoreEnvironment
}

export interface NscParts extends NscStoreParts {
  readonly mesh: MeshService
}

/** Stores of nsc and contexts of the nats CLI, in and out. */
export function composeNsc(parts: NscParts): {
  readonly nsc: NscService
  readonly contexts: ContextsService
} {
  const { audit, authority, mesh } = parts
  const nsc = nscServiceOn(parts)
  const contexts = new ContextsService({
    meshes: mesh,
    audit,
    issue: (tenant, role, context, ttlMs) =>
      authority.issueUser({
        account: { tenant },
        role,
        // A role with the user's name in its subjects takes nothing but a plain token.
        name: role === 'console' ? `nats context ${context}` : context,
        ttlMs,
        delivery: 'file',
        ...(role === 'console' ? { inbox: 'private' as const } : {}),
      }),
    withdraw: (ledgerId) => authority.strike(ledgerId, 'It could not be written into a context.'),
  })
  return { nsc, contexts }
}

/** Import and export of stores over the authority of a profile. */
export function nscServiceOn(parts: NscStoreParts): NscService {
  const { database, keychain, audit, authority, profileFolder, environment } = parts
  const roles = new RoleStore(database)
  return new NscService({
    database,
    store: new AuthorityStore(database),
    ledger: authority.ledger,
    roles,
    keys: new KeyVault(keychain, audit),
    scopedKeys: (account) => roles.keys(account).map(({ publicKey }) => publicKey),
    keychain,
    audit,
    marker: new OperatorMarker(keychain, profileFolder),
    now: () => new Date(),
    exclusively: (work) => authority.exclusively(work),
    announce: () => {
      authority.ledger.announce()
      authority.tenantsChanged()
    },
    procedures: authority.procedures,
    ...(environment === undefined ? {} : { environment }),
  })
}
