import { verify } from 'node:crypto'
import { z } from 'zod'
import { operatorKeysIn, verifyJwt } from '../../authority/jwt.ts'
import { publicKeyObject, roleOfPublicKey } from '../../authority/nkey.ts'
import {
  fileDiffers,
  fileMissing,
  fileUnlisted,
  manifestMalformed,
  notABundle,
  signatureWrong,
  tooNew,
  tooOld,
} from '../open/hostile-errors.ts'
import type { ArchiveFiles } from '../open/read-archive.ts'
import { requireSafePath } from '../open/entry-guard.ts'
import {
  Manifest,
  MANIFEST_FORMAT,
  MANIFEST_PATH,
  MANIFEST_VERSION,
  ManifestSignature,
  SIGNATURE_PATH,
  signedText,
} from './manifest.ts'
import { sha256Of } from './sign-manifest.ts'

/** A manifest whose signature and every hash were found to fit. */
export interface VerifiedManifest {
  readonly manifest: Manifest
  /** Public key (O…) that signed it, which the operator's JWT names. */
  readonly signedBy: string
}

/**
 * Checks the manifest's signature, and that the files are those that it lists, no more and no fewer. Whether
 * the operator may be trusted is not said by that.
 * @throws RejectedError `BUNDLE_UNKNOWN`, `BUNDLE_TOO_NEW`, `BUNDLE_TOO_OLD`, `BUNDLE_MANIFEST`, `BUNDLE_SIGNATURE`, `BUNDLE_HASH`,
 *   `BUNDLE_FILE_MISSING`, `BUNDLE_FILE_UNLISTED`.
 */
export function verifyManifest(files: ArchiveFiles): VerifiedManifest {
  const bytes = files.get(MANIFEST_PATH)
  const signature = files.get(SIGNATURE_PATH)
  if (bytes === undefined || signature === undefined) throw notABundle()
  const text = textOf(bytes)
  const manifest = parseManifest(text)
  const signedBy = requireSignature(manifest, text, textOf(signature))
  requireFiles(manifest, files)
  return { manifest, signedBy }
}

const AnyManifest = z.looseObject({ format: z.literal(MANIFEST_FORMAT), version: z.number() })

function parseManifest(text: string): Manifest {
  const json = jsonOf(text)
  const any = AnyManifest.safeParse(json)
  if (!any.success) throw manifestMalformed()
  // Told apart before the rest is looked at: another version may have other fields.
  if (any.data.version > MANIFEST_VERSION) throw tooNew(any.data.version)
  if (any.data.version < MANIFEST_VERSION) throw tooOld(any.data.version)
  const manifest = Manifest.safeParse(json)
  if (!manifest.success) throw manifestMalformed()
  return manifest.data
}

function requireSignature({ operator }: Manifest, text: string, signatureText: string): string {
  const parsed = ManifestSignature.safeParse(jsonOf(signatureText))
  if (!parsed.success) throw signatureWrong('its signature is not one that Muster makes')
  const { key, signature } = parsed.data
  if (!operatorKeysOf(operator).includes(key) || roleOfPublicKey(key) !== 'operator') {
    throw signatureWrong('its signature is not by a key of the operator that it names')
  }
  const genuine = verify(
    null,
    Buffer.from(signedText(text), 'utf8'),
    publicKeyObject(key),
    Buffer.from(signature, 'base64url'),
  )
  if (!genuine) {
    throw signatureWrong('its signature does not fit its manifest, which was changed or exchanged')
  }
  return key
}

/** Keys that may sign for an operator, as its own JWT says. */
function operatorKeysOf(operator: Manifest['operator']): readonly string[] {
  try {
    const claims = verifyJwt(operator.jwt, { type: 'operator', issuers: [operator.publicKey] })
    if (claims.sub !== operator.publicKey) return []
    return [operator.publicKey, ...operatorKeysIn(claims)]
  } catch {
    return []
  }
}

function requireFiles(manifest: Manifest, files: ArchiveFiles): void {
  const listed = new Set<string>([MANIFEST_PATH, SIGNATURE_PATH])
  for (const { path, bytes, sha256 } of manifest.files) {
    requireSafePath(path)
    if (listed.has(path)) throw manifestMalformed()
    listed.add(path)
    const content = files.get(path)
    if (content === undefined) throw fileMissing(path)
    if (content.length !== bytes || sha256Of(content) !== sha256) throw fileDiffers(path)
  }
  for (const path of files.keys()) if (!listed.has(path)) throw fileUnlisted(path)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
