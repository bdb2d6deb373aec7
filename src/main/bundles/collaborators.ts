import type { DialectName } from '#shared/protocol/dialect.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import type { SignedStatement, StatementUse } from '../authority/statements.ts'
import type { IssuedUser, UserRequest } from '../authority/user-issue.ts'
import type { Procedures } from '../steps/procedures.ts'
import type { Manifest } from './manifest/manifest.ts'

/** What bundles need of the authority. */
export interface BundleAuthority {
  readonly procedures: Pick<Procedures, 'register'>
  operator(): (Manifest['operator'] & { readonly dialect: DialectName }) | undefined
  /** Accounts with the keys that sign there. */
  accountsOf(publicKeys: readonly string[]): Manifest['accounts']
  tenants(): readonly {
    readonly name: string
    readonly account: string
    readonly state: string
    readonly isolation: 'account' | 'shared'
  }[]
  readonly ledger: {
    entriesOfTenant(tenant: string): LedgerEntry[]
    entriesOfKey(publicKey: string): LedgerEntry[]
  }
  issueUsers(requests: readonly UserRequest[]): Promise<IssuedUser[]>
  /** The same credential once more, byte for byte. */
  repeatUser(ledgerId: string, reason: string): Promise<IssuedUser>
  strikeAll(
    ledgerIds: readonly string[],
    reason: string,
    wasSeen: boolean,
    signal: AbortSignal,
  ): Promise<void>
  signStatement(text: string, use: StatementUse): Promise<SignedStatement>
}

/** What bundles need of the mesh. */
export interface BundleMesh {
  /** Addresses that stand in issued credentials. @throws RejectedError `NO_MESH`, `MESH_NOT_OURS`; TransientError. */
  deviceEndpoint(): { readonly urls: readonly string[]; readonly caPem?: string }
  /** Addresses of this computer, where the mesh runs on it and is open to the network. */
  ownAddresses(): readonly string[]
}
