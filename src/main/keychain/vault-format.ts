import { createHash } from 'node:crypto'
import { z } from 'zod'
import {
  vaultParametersRefused,
  vaultTampered,
  vaultTruncated,
  vaultVersionUnsupported,
} from './vault-errors.ts'

/** Cost of scrypt: memory is 128 * N * r bytes. */
export interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** 128 MiB and about half a second; OWASP's first choice for scrypt. */
export const SCRYPT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

/** Read bound: the most memory and work that a vault file may make Muster spend. */
const SCRYPT_MAX_BYTES = 512 * 1024 * 1024
const SCRYPT_MAX_P = 4
const SCRYPT_MIN_N = 2 ** 14
/** Far above a fleet of thousands of tenants. */
export const VAULT_MAX_BYTES = 64 * 1024 * 1024

const HEADER_MAX_BYTES = 4096
const CHECKSUM_BYTES = 32
const TAG_BYTES = 16
const PREFIX = '{"format":"muster-vault"'
const VERSION = 1

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/)
const Header = z.strictObject({
  format: z.literal('muster-vault'),
  version: z.literal(VERSION),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    N: z.int().positive(),
    r: z.int().positive(),
    p: z.int().positive(),
    salt: Base64Url,
  }),
  /** HMAC that only the right passphrase can make: tells a wrong one from a changed file. */
  check: Base64Url,
  cipher: z.literal('aes-256-gcm'),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16}$/),
  bodyBytes: z.int().min(TAG_BYTES),
})
export type VaultHeader = Omit<z.infer<typeof Header>, 'bodyBytes'>

export interface VaultFile {
  readonly header: VaultHeader
  /** The header as it stands in the file: what the cipher authenticates with the body. */
  readonly headerBytes: Buffer
  /** Ciphertext and its 16-byte tag. */
  readonly body: Buffer
}

/**
 * The vault file, version 1: one line of JSON (the header), the body, and a SHA-256 of both. The
 * length in the header tells a cut file, and the checksum accidental damage, before any
 * passphrase is asked. Against deliberate change the cipher stands, with the header as AAD.
 */
export function headerBytesOf(header: VaultHeader, bodyBytes: number): Buffer {
  const { format, version, kdf, check, cipher, nonce } = header
  const line = JSON.stringify({ format, version, kdf, check, cipher, nonce, bodyBytes })
  return Buffer.from(`${line}\n`)
}

export function encodeVault(file: Pick<VaultFile, 'headerBytes' | 'body'>): Buffer {
  return Buffer.concat([file.headerBytes, file.body, sha256(file.headerBytes, file.body)])
}

/**
 * @throws RejectedError `VAULT_TRUNCATED`, `VAULT_TAMPERED`, `VAULT_VERSION_UNSUPPORTED`, or
 * `VAULT_PARAMETERS_REFUSED` where the key derivation is out of bounds.
 */
export function decodeVault(bytes: Buffer): VaultFile {
  const headerEnd = bytes.subarray(0, HEADER_MAX_BYTES).indexOf(0x0a) + 1
  if (headerEnd === 0) throw withoutHeader(bytes)
  const headerBytes = bytes.subarray(0, headerEnd)
  const { bodyBytes, ...header } = parseHeader(headerBytes)
  const expected = headerEnd + bodyBytes + CHECKSUM_BYTES
  if (bytes.length < expected) throw vaultTruncated()
  if (bytes.length > expected) throw vaultTampered()
  const body = bytes.subarray(headerEnd, headerEnd + bodyBytes)
  if (!sha256(headerBytes, body).equals(bytes.subarray(-CHECKSUM_BYTES))) throw vaultTampered()
  checkCost(header.kdf)
  return { header, headerBytes, body }
}

function withoutHeader(bytes: Buffer): Error {
  const start = bytes.subarray(0, PREFIX.length).toString('latin1')
  const cut = bytes.length < HEADER_MAX_BYTES && PREFIX.startsWith(start)
  return cut ? vaultTruncated() : vaultTampered()
}

function parseHeader(line: Buffer): z.infer<typeof Header> {
  let value: unknown
  try {
    value = JSON.parse(line.toString('utf8'))
  } catch {
    throw vaultTampered()
  }
  const version = z.looseObject({ version: z.int().gt(VERSION) }).safeParse(value)
  if (version.success) throw vaultVersionUnsupported(version.data.version)
  const header = Header.safeParse(value)
  if (!header.success) throw vaultTampered()
  return header.data
}

function checkCost(cost: ScryptCost): void {
  const powerOfTwo = Number.isInteger(Math.log2(cost.N))
  const bounded = 128 * cost.N * cost.r <= SCRYPT_MAX_BYTES && cost.p <= SCRYPT_MAX_P
  if (!powerOfTwo || !bounded || cost.N < SCRYPT_MIN_N) throw vaultParametersRefused()
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
