import type { DatabaseSync } from 'node:sqlite'
import type { Authority } from '../../src/main/authority/authority.ts'
import { AuthorityStore } from '../../src/main/authority/authority-store.ts'
import type { KeyAudit } from '../../src/main/authority/key-use.ts'
import { KeyVault } from '../../src/main/authority/key-vault.ts'
import type { Keychain } from '../../src/main/authority/keychain.ts'
import { OperatorMarker } from '../../src/main/authority/operator-marker.ts'
import { RoleStore } from '../../src/main/authority/role-store.ts'
import { NscService } from '../../src/main/nsc/nsc-service.ts'
import { noAudit } from './no-audit.ts'

export interface NscServiceParts {
  readonly authority: Authority
  readonly database: DatabaseSync
  readonly keychain: Keychain
  /** Where its usual places are looked for. */
  readonly home: string
  readonly audit?: KeyAudit
  /** Tells profiles on one keychain apart. */
  readonly place?: string
}

/** Import and export of stores over the authority of a profile, as the app composes it. */
export function nscServiceOn(parts: NscServiceParts): NscService {
  const { authority, database, keychain, home, audit = noAudit, place } = parts
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
    marker: new OperatorMarker(keychain, place),
    now: () => new Date(),
    exclusively: (work) => authority.exclusively(work),
    announce: () => {
      authority.ledger.announce()
      authority.tenantsChanged()
    },
    procedures: authority.procedures,
    environment: { home, variables: {} },
  })
}
