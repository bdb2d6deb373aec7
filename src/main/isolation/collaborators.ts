import type { DialectName } from '#shared/protocol/dialect.ts'

/** What a role may do; `resp` is leave to answer requests. */
export interface ProbePermissions {
  readonly pub: { readonly allow: readonly string[] }
  readonly sub: { readonly allow: readonly string[] }
}

/** A credential for one connection of a proof. */
export type ProbeUserRequest = (
  | { readonly account: 'registry'; readonly role: 'registry' }
  | { readonly account: { readonly tenant: string }; readonly role: 'device' | 'console' }
) & {
  readonly name: string
  readonly ttlMs: number
  readonly delivery: 'internal'
  readonly inbox?: 'shared' | 'private'
  /** In place of those of the role. */
  readonly permissions?: (inboxPrefix: string) => ProbePermissions
}

export interface ProbeUser {
  readonly ledgerId: string
  readonly publicKey: string
  /** Secret, like the seed. */
  readonly jwt: string
  readonly seed?: string
  readonly expiresAt: Date
  readonly inboxPrefix: string
  readonly accountPublicKey: string
}

export interface ProvenTenant {
  readonly name: string
  /** Public key (A…). */
  readonly account: string
  readonly isolation: 'account' | 'shared'
  readonly state: string
}

/** What a proof needs of the authority. */
export interface IsolationAuthority {
  operator():
    | {
        readonly name: string
        readonly publicKey: string
        readonly registryAccount: string
        readonly dialect: DialectName
      }
    | undefined
  tenants(): readonly ProvenTenant[]
  /** All or none. */
  issueUsers(requests: readonly ProbeUserRequest[]): Promise<readonly ProbeUser[]>
  /** Ends credentials of this app's own connections: nobody has their keys any more. */
  endInternal(ledgerIds: readonly string[], reason: string): void
  /** Signs a text by a signing key of the operator; base64url of the 64 bytes. */
  signStatement(
    text: string,
    use: { readonly subject: string; readonly reason: string },
  ): Promise<{ readonly key: string; readonly signature: string }>
  /** Public parts of the keys that may sign for the operator, former ones too. */
  operatorKeys(): readonly string[]
}

/** Where a proof connects to. */
export interface ProofServer {
  readonly name: string
  readonly servers: readonly string[]
  readonly caPem?: string
}

/** What a proof needs of the mesh. */
export interface IsolationMesh {
  /** @throws TransientError `MESH_NOT_CONNECTED`; RejectedError where the mesh is not ours. */
  proofServer(): ProofServer
}

/** Muster's own connection to the system account: the witness that the server does answer there. */
export interface SystemWitness {
  request(subject: string, payload: string, signal: AbortSignal): Promise<string>
  onUserConnect(
    account: string,
    listener: (user: string) => void,
    signal: AbortSignal,
  ): Promise<() => void>
}
