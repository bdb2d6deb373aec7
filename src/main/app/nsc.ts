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

export interface NscParts {
  readonly database: DatabaseSync
  readonly keychain: Keychain
  readonly audit: KeyAudit
  readonly authority: Authority
  readonly mesh: MeshService
  /** Tells profiles apart that share a keychain. */
  readonly profileFolder?: string
}

/** Stores of nsc and contexts of the nats CLI, in and out. */
export function composeNsc(parts: NscParts): {
  readonly nsc: NscService
  readonly contexts: ContextsService
} {
  const { database, keychain, audit, authority, mesh } = parts
  const roles = new RoleStore(database)
  const nsc = new NscService({
    database,
    store: new AuthorityStore(database),
    ledger: authority.ledger,
    roles,
    keys: new KeyVault(keychain, audit),
    scopedKeys: (account) => roles.keys(account).map(({ publicKey }) => publicKey),
    keychain,
    audit,
    marker: new OperatorMarker(keychain, parts.profileFolder),
    now: () => new Date(),
    exclusively: (work) => authority.exclusively(work),
    announce: () => {
      authority.ledger.announce()
      authority.tenantsChanged()
    },
    procedures: authority.procedures,
  })
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
