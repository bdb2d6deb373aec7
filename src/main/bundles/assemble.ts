import type { BundleKind, BundleOrder } from '#shared/contract/bundles.ts'
import { layoutOf, FORMS, packed } from './content/build-content.ts'
import type { ContentFile } from './content/content-file.ts'
import type { OutgoingFile } from './deliver/destination.ts'
import {
  sha256Of,
  withManifest,
  type ManifestFacts,
  type SignText,
} from './manifest/sign-manifest.ts'
import { clearFiles, clearNames } from './seal/clear-files.ts'
import type { Sealing } from '../age/age-file.ts'
import { sealBytes } from './seal/seal.ts'

/** Everything that leaves this computer for one bundle, ready to be written. */
export interface AssembledBundle {
  /** The bundle itself first. */
  readonly files: readonly OutgoingFile[]
  readonly manifestSha256: string
  readonly signedBy: string
}

export interface AssemblyOrder {
  readonly facts: ManifestFacts
  /** Name of the file, without its ending. */
  readonly name: string
  readonly starters: readonly ContentFile[]
  /** Null: open for everybody. */
  readonly sealing: Sealing | null
  readonly sign: SignText
  /** The page that opens a sealed bundle in a browser; null where there is none. */
  readonly openerPage: string | null
}

/** Lays out, lists and signs, packs, seals. @throws what signing throws; `BUNDLE_RECIPIENT`. */
export async function assemble(order: AssemblyOrder): Promise<AssembledBundle> {
  const { facts, name, starters, sealing, sign, openerPage } = order
  const { kind, parcel } = facts
  const signed = await withManifest(facts, [...layoutOf(kind, parcel), ...starters], sign)
  const archive = await packed(kind, signed.files, parcel.createdAt)
  const { manifestSha256, signedBy } = signed
  const file = bundleFileName(kind, name, sealing !== null)
  if (sealing === null) {
    return { files: [{ name: file, content: archive, mode: 0o600 }], manifestSha256, signedBy }
  }
  const content = await sealBytes(archive, sealing)
  const beside = clearFiles({
    name,
    file,
    sha256: sha256Of(content),
    form: FORMS[kind],
    sealedTo: sealing.kind === 'passphrase' ? 'passphrase' : 'people',
    createdAt: parcel.createdAt,
    signedBy,
    openerPage,
  })
  return { files: [{ name: file, content, mode: 0o600 }, ...beside], manifestSha256, signedBy }
}

/** Names of all files that a bundle comes to. */
export function bundleFileNames({
  choice,
  name,
  sealing,
}: Pick<BundleOrder, 'choice' | 'name' | 'sealing'>): string[] {
  const sealed = sealing.kind !== 'plain'
  const file = bundleFileName(choice.kind, name, sealed)
  return sealed ? [file, ...Object.values(clearNames(name))] : [file]
}

/** Roughly what a bundle takes, for asking whether there is room. */
export function estimatedBytes(credentials: number): number {
  return 192 * 1024 + credentials * 8 * 1024
}

function bundleFileName(kind: BundleKind, name: string, sealed: boolean): string {
  return `${name}.${FORMS[kind]}${sealed ? '.age' : ''}`
}
