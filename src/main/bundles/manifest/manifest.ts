import { z } from 'zod'
import { BundleKind } from '#shared/contract/bundles.ts'

export const MANIFEST_PATH = 'manifest.json'
export const SIGNATURE_PATH = 'manifest.sig'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/u)
const PublicKey = z.string().max(64)

export const MANIFEST_FORMAT = 'muster-bundle'
export const MANIFEST_VERSION = 1

/** What is in a bundle, every file of it but the manifest and its signature. Nothing secret. */
export const Manifest = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  version: z.literal(MANIFEST_VERSION),
  id: z.uuid(),
  kind: BundleKind,
  /** Of the program that made it. */
  madeBy: z.string().max(128),
  createdAt: z.iso.datetime(),
  /** When the first of its credentials expires. */
  expiresAt: z.iso.datetime().nullable(),
  dialect: z.enum(['device-connect', 'fabric']),
  tenant: z.string().min(1).max(256),
  urls: z.array(z.string().max(512)).max(16),
  /** Its JWT, which is public, says which keys may sign for it. */
  operator: z.strictObject({
    name: z.string().max(256),
    publicKey: PublicKey,
    jwt: z.string().max(65_536),
  }),
  /** Accounts of the credentials, with the keys that sign there. */
  accounts: z
    .array(z.strictObject({ publicKey: PublicKey, signingKeys: z.array(PublicKey).max(256) }))
    .max(64),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(512),
        purpose: z.enum([
          'credential',
          'settings',
          'certificate',
          'readme',
          'script',
          'server-config',
          'starter',
        ]),
        bytes: z.int().min(0),
        sha256: Sha256,
        /** User (U…) whose credential it holds. */
        publicKey: PublicKey.optional(),
        expiresAt: z.iso.datetime().optional(),
      }),
    )
    .max(100_000),
})
export type Manifest = z.infer<typeof Manifest>

/** `manifest.sig`: Ed25519 by a key of the operator, over `signedText`. */
export const ManifestSignature = z.strictObject({
  algorithm: z.literal('ed25519'),
  key: PublicKey,
  signature: z.string().max(128),
})
export type ManifestSignature = z.infer<typeof ManifestSignature>

/** What is signed: the bytes of `manifest.json` as they are, behind a line that says what they are. */
export function signedText(manifestText: string): string {
  return `muster-bundle-manifest/${MANIFEST_VERSION}\n${manifestText}`
}
