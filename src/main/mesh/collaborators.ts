import type { Notice } from '#shared/contract/health.ts'
import type { MusterError } from '#shared/errors.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { SignedAccount } from '../authority/account-publisher.ts'

/** A user that the app needs for one of its own connections. */
export type InternalUserRequest = (
  | { readonly account: 'system'; readonly role: 'system' }
  | { readonly account: 'registry'; readonly role: 'registry' }
  | { readonly account: { readonly tenant: string }; readonly role: 'console' }
) & {
  readonly name: string
  /** The key of an earlier issue, to get a new JWT for it. */
  readonly publicKey?: string
  readonly ttlMs: number
  readonly delivery: 'internal'
}

export interface InternalUser {
  readonly publicKey: string
  readonly jwt: string
  /** Only where the key is new. */
  readonly seed?: string
  readonly inboxPrefix: string
  readonly expiresAt: Date
}

/** What the mesh needs of the authority. */
export interface MeshAuthority {
  /** The operator; undefined before `setUp`. */
  operator(): { readonly dialect: DialectName } | undefined
  /** Creates operator, SYS and REGISTRY, or returns those there are. */
  setUp(request: { readonly dialect: DialectName }): Promise<unknown>
  /** What a server has to hold; waits for a change of accounts under way. */
  bootstrap(): Promise<{
    readonly operatorJwt: string
    readonly systemAccount: SignedAccount
    readonly accounts: readonly SignedAccount[]
  }>
  /** Runs work while no change of accounts is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** Goes on with procedures that a crash left unfinished. Never throws. */
  takeUp(available: 'mesh', signal: AbortSignal): Promise<unknown>
  issueUser(request: InternalUserRequest): Promise<InternalUser>
  canIssue(tenant: string): Promise<boolean>
}

/** What the mesh needs of the tenants. */
export interface MeshTenants {
  list(): readonly {
    readonly name: string
    readonly account: string | null
    readonly state: string
  }[]
  create(name: string): Promise<unknown>
  /** The mesh is connected: those that are not ready are tried at once. */
  retryPending(): void
  followOwn(): void
  followForeign(names: readonly string[]): void
}

/** Tells the person what happened, in the window. */
export type Notify = (notice: Pick<Notice, 'level' | 'title' | 'text'>) => void

/** A problem as it stands in a state; the error's kind, code, words and details, without its cause. */
export function problemOf(error: MusterError) {
  const { code, kind, message, advice, details } = error
  return { code, kind, message, advice, details: { ...details } }
}
