import { createHash } from 'node:crypto'
import type { BundleKind } from '#shared/contract/bundles.ts'
import type { SignedStatement } from '../../authority/statements.ts'
import { OPEN_MODE, textFile, type ContentFile, type Parcel } from '../content/content-file.ts'
import {
  MANIFEST_FORMAT,
  MANIFEST_PATH,
  MANIFEST_VERSION,
  SIGNATURE_PATH,
  signedText,
  type Manifest,
  type ManifestSignature,
} from './manifest.ts'

/** What a manifest says beyond the files themselves. */
export interface ManifestFacts {
  readonly id: string
  readonly kind: BundleKind
  readonly parcel: Parcel
  readonly operator: Manifest['operator']
  readonly accounts: Manifest['accounts']
  readonly madeBy: string
}

/** Signs a text with a key of the operator; the use stands in the audit log. */
export type SignText = (text: string) => Promise<SignedStatement>

export interface SignedContent {
  /** The files with manifest and signature. */
  readonly files: readonly ContentFile[]
  readonly manifestSha256: string
  readonly signedBy: string
}

/** Lists every file in a manifest, and signs that. @throws what signing throws. */
export async function withManifest(
  facts: ManifestFacts,
  files: readonly ContentFile[],
  sign: SignText,
): Promise<SignedContent> {
  const text = `${JSON.stringify(manifestOf(facts, files), null, 2)}\n`
  const { key, signature } = await sign(signedText(text))
  const signed: ManifestSignature = { algorithm: 'ed25519', key, signature }
  return {
    files: [
      ...files,
      textFile(MANIFEST_PATH, text, 'settings', OPEN_MODE),
      textFile(SIGNATURE_PATH, `${JSON.stringify(signed, null, 2)}\n`, 'settings', OPEN_MODE),
    ],
    manifestSha256: sha256Of(Buffer.from(text, 'utf8')),
    signedBy: key,
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function manifestOf(facts: ManifestFacts, files: readonly ContentFile[]): Manifest {
  const { id, kind, parcel, operator, accounts, madeBy } = facts
  const ends = parcel.credentials.map(({ expiresAt }) => expiresAt.getTime())
  return {
    format: MANIFEST_FORMAT,
    version: MANIFEST_VERSION,
    id,
    kind,
    madeBy,
    createdAt: parcel.createdAt.toISOString(),
    expiresAt: ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString(),
    dialect: parcel.dialect,
    tenant: parcel.tenant,
    urls: [...parcel.urls],
    operator,
    accounts,
    files: files.map((file) => ({
      path: file.path,
      purpose: file.purpose,
      bytes: file.content.length,
      sha256: sha256Of(file.content),
      ...(file.publicKey === undefined ? {} : { publicKey: file.publicKey }),
      ...(file.expiresAt === undefined ? {} : { expiresAt: file.expiresAt.toISOString() }),
    })),
  }
}
