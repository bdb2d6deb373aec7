/**
 * What the authority needs of a keychain: one entry per key, named by its public key, holding the
 * seed. Each call may throw a MusterError that says why the keychain can't be used now.
 */
export interface Keychain {
  /** The secret; undefined where the keychain is open and has no such entry. */
  get(account: string): Promise<string | undefined>
  set(account: string, secret: string): Promise<void>
  /** Resolves once there is no such entry; whether there was one is nothing to the authority. */
  delete(account: string): Promise<unknown>
}
