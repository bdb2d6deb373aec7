import { randomBytes } from 'node:crypto'
import type { Enrollment } from '#shared/contract/enrollment.ts'
import { shellWord } from '../bundles/content/shell-text.ts'

/** So many that guessing is hopeless: its hash needs no salt and no slow function. */
const SECRET_BYTES = 24

/** A fresh secret, fit for a URL. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** The token as protocol.md ("Credential files") has it: Base64 of `{u, p, t, e}`. Secret. */
export function tokenOf({ serverUrl, id, expiresAt }: Enrollment, secret: string): string {
  const e = Math.floor(Date.parse(expiresAt) / 1000)
  return Buffer.from(JSON.stringify({ u: serverUrl, p: id, t: secret, e })).toString('base64')
}

/**
 * One line for a POSIX shell that fetches the package into a folder of its own and installs what is in it. The
 * server is known by the hash of its public key (RFC 7469, 2.4): the receiving side knows no authority that
 * could vouch for it. Secret.
 * @param pin SHA-256 of the server's SubjectPublicKeyInfo, in Base64
 */
export function commandOf(
  { serverUrl, id, kind, name }: Enrollment,
  secret: string,
  pin: string,
): string {
  const url = `${serverUrl}/api/enroll/${id}?token=${secret}`
  const fetch = `curl -fsSk --pinnedpubkey 'sha256//${pin}' '${url}'`
  const folder = shellWord(name)
  const begin = `(umask 077; mkdir -p ${folder} && ${fetch}`
  if (kind === 'collector') {
    return `${begin} | tar xz -C ${folder}) && sudo sh ${folder}/install.sh`
  }
  const archive = `${folder}/bundle.zip`
  return `${begin} -o ${archive} && unzip -q -o ${archive} -d ${folder} && rm ${archive})`
}
