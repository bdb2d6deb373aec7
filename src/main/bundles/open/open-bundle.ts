import { open, lstat } from 'node:fs/promises'
import { basename } from 'node:path'
import { armor } from 'age-encryption'
import type { BundleKeyhole } from '#shared/contract/bundles.ts'
import { messageOf, RejectedError } from '#shared/errors.ts'
import { ownPath } from '../../paths/own-path.ts'
import { verifyManifest, type VerifiedManifest } from '../manifest/verify-manifest.ts'
import { isSealed, openSealed } from '../seal/seal.ts'
import { carriedCredentials, type CarriedCredential } from './carried-credentials.ts'
import { MAX_TOTAL_BYTES } from './entry-guard.ts'
import { notABundle, tooLarge, unreadableArchive } from './hostile-errors.ts'
import { isGzip, isZip, readArchive, type ArchiveFiles } from './read-archive.ts'
import { readFolder } from './read-folder.ts'

/** A bundle that was opened and verified. Secret. */
export interface OpenedBundle extends VerifiedManifest {
  readonly name: string
  readonly sealed: boolean
  readonly files: ArchiveFiles
  readonly credentials: readonly CarriedCredential[]
}

const ARMOR = '-----BEGIN AGE'

/**
 * Opens a bundle, sealed or not, or the folder that one was unpacked into, and verifies all of it. Writes nothing.
 * @throws RejectedError `BUNDLE_SEALED` where a passphrase or key is needed, `BUNDLE_NOT_OPENED`, and the codes of
 *   hostile-errors.ts; `FILE_UNREADABLE`.
 */
export async function openBundle(path: string, keyhole: BundleKeyhole): Promise<OpenedBundle> {
  const place = ownPath(path)
  const { files, sealed } = await filesOf(place, keyhole)
  const verified = verifyManifest(files)
  const credentials = carriedCredentials(verified.manifest, files)
  return { ...verified, name: basename(place), sealed, files, credentials }
}

async function filesOf(path: string, keyhole: BundleKeyhole) {
  const facts = await lstat(path).catch((error: unknown) => {
    throw fileUnreadable(path, error)
  })
  if (facts.isDirectory()) return { files: await readFolder(path), sealed: false }
  if (!facts.isFile()) throw notABundle()
  if (facts.size > MAX_TOTAL_BYTES) throw tooLarge('it is larger than 256 MiB')
  const bytes = await bytesOf(path)
  const binary = unarmored(bytes)
  if (!isSealed(binary)) {
    if (!isZip(binary) && !isGzip(binary)) throw notABundle()
    return { files: await readArchive(binary), sealed: false }
  }
  if (keyhole.kind === 'none') throw sealedBundle()
  return { files: await readArchive(await openSealed(binary, keyhole)), sealed: true }
}

/** Read to its end once; what grows meanwhile is cut off. */
async function bytesOf(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r')
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileUnreadable(path, error)
  }
}

function unarmored(bytes: Buffer): Uint8Array {
  if (bytes.subarray(0, ARMOR.length).toString('latin1') !== ARMOR) return bytes
  try {
    return armor.decode(bytes.toString('latin1'))
  } catch (error) {
    throw unreadableArchive(error)
  }
}

function sealedBundle(): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_SEALED',
    message: 'The bundle is sealed.',
    advice: 'Type its passphrase, or the secret key of one of the people whom it is sealed to.',
  })
}

function fileUnreadable(path: string, error: unknown): RejectedError {
  return new RejectedError({
    code: 'FILE_UNREADABLE',
    message: `${path} can not be read: ${messageOf(error)}`,
    advice: 'Choose a bundle that is there, or put the stick back in.',
    details: { path },
    cause: error,
  })
}
