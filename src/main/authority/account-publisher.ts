/** An account JWT with whom it is for. */
export interface SignedAccount {
  /** What people call it: SYS, REGISTRY, DEVICES or a tenant's name. */
  readonly name: string
  /** Identity key of the account (A…). */
  readonly publicKey: string
  readonly jwt: string
  /** The key that this process has just signed it with; undefined for what came from elsewhere. */
  readonly issuer?: string
}

/** An account as it is recorded: with what the servers confirmed last, or null before they first did. */
export interface RecordedAccount {
  readonly name: string
  readonly publicKey: string
  readonly jwt: string | null
}

/** Accounts to take off the resolver again, as a claim that the operator signed. */
export interface AccountRemoval {
  readonly publicKeys: readonly string[]
  readonly jwt: string
}

/**
 * The way of account JWTs to the servers. The authority has checked the signer of each before it
 * hands them over: nats-server 2.9 stores one signed by a stranger without complaint and locks
 * everybody out at its next restart.
 */
export interface AccountPublisher {
  /** The server's `max_payload` in bytes; the server's default (1 MiB) without a connection. */
  maxPayloadBytes(): number
  /**
   * Pushes in the given order, each by `$SYS.REQ.CLAIMS.UPDATE` (code 200) and read back by
   * `$SYS.REQ.ACCOUNT.<id>.CLAIMS.LOOKUP`, which must give the same bytes.
   * @throws MusterError; some accounts may have been pushed by then.
   */
  publish(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void>
  /**
   * Checks, before a change is sent, that the servers still have what it was built on.
   * @throws ConflictError `ACCOUNT_CHANGED_ELSEWHERE`, `ACCOUNT_REMOVED_ELSEWHERE`; MusterError where
   *   the servers can't be asked.
   */
  requireUnchanged?(accounts: readonly RecordedAccount[], signal: AbortSignal): Promise<void>
  /**
   * False where servers keep an account until they restart, once they have it in use: then everybody in
   * it has to be revoked before it is withdrawn.
   */
  readonly removesFromRunning?: boolean
  /**
   * Removes accounts by `$SYS.REQ.CLAIMS.DELETE` (code 200).
   * @throws MusterError
   */
  withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void>
}
