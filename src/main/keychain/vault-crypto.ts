import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { vaultPassphraseWrong, vaultTampered } from './vault-errors.ts'
import { headerBytesOf, type ScryptCost, type VaultFile, type VaultHeader } from './vault-format.ts'

const KEY_BYTES = 32
const TAG_BYTES = 16
const CHECK_TEXT = 'muster-vault 1: this is the right passphrase'

/** A passphrase's key with what the header says of it; held only while the vault is open. */
export interface VaultKey {
  readonly kdf: VaultHeader['kdf']
  readonly check: string
  /** AES-256 key. Zeroed by `forgetKey`. */
  readonly key: Buffer
}

export async function newVaultKey(passphrase: string, cost: ScryptCost): Promise<VaultKey> {
  const salt = randomBytes(32).toString('base64url')
  const kdf = { name: 'scrypt' as const, N: cost.N, r: cost.r, p: cost.p, salt }
  return { kdf, ...(await derive(passphrase, kdf)) }
}

/** @throws RejectedError `VAULT_PASSPHRASE_WRONG`. */
export async function vaultKeyOf(passphrase: string, header: VaultHeader): Promise<VaultKey> {
  const derived = await derive(passphrase, header.kdf)
  const said = Buffer.from(header.check, 'base64url')
  const made = Buffer.from(derived.check, 'base64url')
  if (said.length === made.length && timingSafeEqual(said, made)) {
    return { kdf: header.kdf, ...derived }
  }
  forgetKey(derived)
  throw vaultPassphraseWrong()
}

/** Overwrites the key in memory. What V8 copied before, for example in a passphrase, it can't reach. */
export function forgetKey(key: Pick<VaultKey, 'key'>): void {
  key.key.fill(0)
}

/** Encrypts with a fresh random nonce; at 96 bits safe for far more writes than a vault sees. */
export function seal(plain: Buffer, key: VaultKey): Pick<VaultFile, 'headerBytes' | 'body'> {
  const nonce = randomBytes(12)
  const header: VaultHeader = {
    format: 'muster-vault',
    version: 1,
    kdf: key.kdf,
    check: key.check,
    cipher: 'aes-256-gcm',
    nonce: nonce.toString('base64url'),
  }
  const headerBytes = headerBytesOf(header, plain.length + TAG_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce)
  cipher.setAAD(headerBytes)
  return {
    headerBytes,
    body: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
  }
}

/** @throws RejectedError `VAULT_TAMPERED` where header or body are not as this key sealed them. */
export function unseal(file: VaultFile, key: VaultKey): Buffer {
  const nonce = Buffer.from(file.header.nonce, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(file.headerBytes)
  decipher.setAuthTag(file.body.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(file.body.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    throw vaultTampered()
  }
}

// One derivation gives both keys: a check made with the cipher's own key would lend an attacker
// known text under it.
async function derive(
  passphrase: string,
  kdf: VaultHeader['kdf'],
): Promise<{ key: Buffer; check: string }> {
  // Keyboards differ in how they compose accents; NFKC makes the same passphrase of both.
  const typed = Buffer.from(passphrase.normalize('NFKC'))
  const { N, r, p } = kdf
  const both = await scryptAsync(typed, Buffer.from(kdf.salt, 'base64url'), { N, r, p })
  typed.fill(0)
  const check = createHmac('sha256', both.subarray(KEY_BYTES))
    .update(CHECK_TEXT)
    .digest('base64url')
  const key = Buffer.from(both.subarray(0, KEY_BYTES))
  both.fill(0)
  return { key, check }
}

function scryptAsync(passphrase: Buffer, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  const done = Promise.withResolvers<Buffer>()
  // Node refuses above 32 MiB unless told; the caller has bounded the cost.
  const options = { ...cost, maxmem: 128 * cost.N * cost.r + 128 * cost.r * cost.p + 1024 * 1024 }
  scrypt(passphrase, salt, 2 * KEY_BYTES, options, (error, key) => {
    if (error) done.reject(error)
    else done.resolve(key)
  })
  return done.promise
}
