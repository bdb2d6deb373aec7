import { createHash, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { getLongSecret, setLongSecret, type SecretStore } from '../mesh/secret-store.ts'
import { createAuthority, createServerCertificate, type CertifiedKey } from '../mesh/x509.ts'

const ENTRY = 'enroll-tls'
const YEARS = 20
const YEAR_MS = 365 * 24 * 60 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000

const Stored = z.object({ certificatePem: z.string(), keyPem: z.string() })

/**
 * Key and certificate by which receivers of packages know this Muster, from the keychain, made at the first
 * use. It stays the same over restarts: commands that were given out name its public key. `keyPem` is secret.
 * @throws what the keychain throws.
 */
export async function serverIdentity(keychain: SecretStore, now: Date): Promise<CertifiedKey> {
  const stored = await getLongSecret(keychain, ENTRY)
  if (stored !== undefined) return Stored.parse(JSON.parse(stored))
  const validity = {
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + YEARS * YEAR_MS),
  }
  const authority = await createAuthority('Muster packages', validity)
  const { certificatePem, keyPem } = await createServerCertificate(authority, ['muster'], validity)
  await setLongSecret(keychain, ENTRY, JSON.stringify({ certificatePem, keyPem }))
  return { certificatePem, keyPem }
}

/** SHA-256 of its SubjectPublicKeyInfo in Base64, as `curl --pinnedpubkey` has it (RFC 7469, 2.4). */
export function pinOf(certificatePem: string): string {
  const key = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}
