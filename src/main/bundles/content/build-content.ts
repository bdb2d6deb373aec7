import type { BundleKind } from '#shared/contract/bundles.ts'
import { packTarGz, packZip } from '../seal/archive.ts'
import { collectorLayout } from './collector-layout.ts'
import type { ContentFile, Parcel } from './content-file.ts'
import { contextLayout } from './context-layout.ts'
import { devicesLayout, tenantLayout } from './credential-layouts.ts'
import { leafNodeLayout } from './leaf-node-layout.ts'

/** How each kind is packed. What holds programs for Unix keeps their permissions in a tar.gz. */
export const FORMS: Readonly<Record<BundleKind, 'zip' | 'tar.gz'>> = {
  devices: 'zip',
  tenant: 'zip',
  collector: 'tar.gz',
  context: 'tar.gz',
  'leaf-node': 'tar.gz',
}

const LAYOUTS: Readonly<Record<BundleKind, (parcel: Parcel) => ContentFile[]>> = {
  devices: devicesLayout,
  tenant: tenantLayout,
  collector: collectorLayout,
  context: contextLayout,
  'leaf-node': leafNodeLayout,
}

/** The files of a bundle, without its manifest. @throws RejectedError `BUNDLE_KEY_NEEDED`. */
export function layoutOf(kind: BundleKind, parcel: Parcel): ContentFile[] {
  return LAYOUTS[kind](parcel)
}

/** As one file. */
export async function packed(
  kind: BundleKind,
  files: readonly ContentFile[],
  madeAt: Date,
): Promise<Uint8Array> {
  return FORMS[kind] === 'zip' ? packZip(files, madeAt) : packTarGz(files, madeAt)
}
