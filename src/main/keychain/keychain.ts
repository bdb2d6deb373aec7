import { RejectedError } from '#shared/errors.ts'

export type KeychainBackend = 'os' | 'vault' | 'memory'

/**
 * Where Muster keeps secrets: one entry per key. The account is the public key that the secret
 * belongs to, or a reference such as `connection:ID`; it is not secret itself.
 *
 * `get` answers undefined only where the keychain is known to work and not to hold the account.
 * Every method throws a MusterError with a code `KEYCHAIN_…` or `VAULT_…` where it can't answer.
 */
export interface Keychain {
  readonly backend: KeychainBackend
  get(account: string): Promise<string | undefined>
  set(account: string, secret: string): Promise<void>
  /** True where an entry was deleted, false where there was none. */
  delete(account: string): Promise<boolean>
  accounts(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Longest secret in bytes of UTF-8; a seed has 58, a `.creds` file some thousands. */
const MAX_SECRET_BYTES = 65_536

/** CRED_MAX_CREDENTIAL_BLOB_SIZE of wincred.h: a Windows credential holds 5 * 512 bytes of UTF-16. */
const MAX_WINDOWS_SECRET_BYTES = 2_560

const ACCOUNT = /^[\x21-\x7e]{1,256}$/

/**
 * @throws RejectedError `KEYCHAIN_ACCOUNT_INVALID` where an account is empty, longer than 256
 * characters, or holds anything but visible ASCII.
 */
export function checkAccount(account: string): void {
  if (ACCOUNT.test(account)) return
  throw new RejectedError({
    code: 'KEYCHAIN_ACCOUNT_INVALID',
    message: 'A keychain entry was asked for under a name that keychains can not hold.',
    advice: 'Use a public key or a short reference of visible ASCII characters.',
    details: { length: account.length },
  })
}

/**
 * @param platform `process.platform` for the OS keychain, undefined for the others.
 * @throws RejectedError `KEYCHAIN_SECRET_EMPTY` or `KEYCHAIN_SECRET_TOO_LARGE`.
 */
export function checkSecret(secret: string, platform?: NodeJS.Platform): void {
  if (secret === '') {
    throw new RejectedError({
      code: 'KEYCHAIN_SECRET_EMPTY',
      message: 'An empty secret was to be stored. Some keychains can not tell that from no entry.',
      advice: 'Delete the entry instead, or store the secret itself.',
    })
  }
  const windows = platform === 'win32'
  const size = Buffer.byteLength(secret, windows ? 'utf16le' : 'utf8')
  const limit = windows ? MAX_WINDOWS_SECRET_BYTES : MAX_SECRET_BYTES
  if (size <= limit) return
  throw new RejectedError({
    code: 'KEYCHAIN_SECRET_TOO_LARGE',
    message: `The secret is too large for this keychain: ${size} bytes, where ${limit} fit.`,
    advice: windows
      ? 'The Windows Credential Manager holds 1280 characters per entry. Store the seed alone, or use a vault file.'
      : 'Store the seed alone, not the whole file it came in.',
    details: { size, limit },
  })
}
