import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl'
import { messageOf, MusterError } from '#shared/errors.ts'
import { tooLarge, unreadableArchive, unsafePath } from './hostile-errors.ts'
import { EntryGuard, MAX_TOTAL_BYTES } from './entry-guard.ts'

const decompress = promisify(gunzip)

/** How the library refuses names before we see them. */
const UNSAFE_NAME =
  /^(?:absolute path|invalid relative path|invalid characters in fileName): (.*)$/su
const OUTSIDE = 'would land outside of the folder that it is unpacked into'

const FILE_TYPE = 0o170_000
const REGULAR = 0o100_000
const DIRECTORY = 0o040_000

/** Files of an archive by their paths. Held in memory: nothing of it touches the disk. */
export type ArchiveFiles = ReadonlyMap<string, Uint8Array>

/**
 * Reads a zip or tar.gz, as somebody hostile may have made it.
 * @throws RejectedError `BUNDLE_DAMAGED`, `BUNDLE_UNSAFE_PATH`, `BUNDLE_TOO_LARGE`.
 */
export async function readArchive(bytes: Uint8Array): Promise<ArchiveFiles> {
  try {
    if (isZip(bytes))
      return await readZip(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    if (isGzip(bytes)) return await readTarGz(bytes)
  } catch (error) {
    if (error instanceof MusterError) throw error
    const name = UNSAFE_NAME.exec(messageOf(error))?.[1]
    throw name === undefined ? unreadableArchive(error) : unsafePath(name, OUTSIDE)
  }
  throw unreadableArchive(undefined)
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5)
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

async function readZip(bytes: Buffer): Promise<ArchiveFiles> {
  const zip = await fromBufferPromise(bytes, {
    lazyEntries: true,
    validateEntrySizes: true,
    // Names are judged here, so that the reason can be told.
    decodeStrings: true,
    strictFileNames: true,
  })
  const guard = new EntryGuard()
  const files = new Map<string, Uint8Array>()
  for await (const entry of zip.eachEntry()) {
    const isFolder = entry.fileName.endsWith('/')
    requirePlain(entry)
    const path = guard.admit(entry.fileName, isFolder, entry.uncompressedSize, entry.compressedSize)
    if (path !== undefined) files.set(path, await contentOf(zip, entry))
  }
  return files
}

/** A zip of Unix says what an entry is; one of elsewhere has regular files only. */
function requirePlain(entry: Entry): void {
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY) {
    throw unsafePath(entry.fileName, 'is a link or a device, not a file')
  }
  if (entry.isEncrypted()) throw unreadableArchive(undefined)
}

async function contentOf(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry)
  const parts: Buffer[] = []
  let length = 0
  for await (const part of stream as AsyncIterable<Buffer>) {
    length += part.length
    // What was announced was let in; more than that is a lie.
    if (length > entry.uncompressedSize) {
      stream.destroy()
      throw tooLarge('a file in it is larger than it says')
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function readTarGz(bytes: Uint8Array): Promise<ArchiveFiles> {
  const tar = await decompress(bytes, { maxOutputLength: MAX_TOTAL_BYTES }).catch(
    (error: unknown) => {
      if (error instanceof RangeError) throw tooLarge('it unpacks to more than 256 MiB')
      throw error
    },
  )
  const guard = new EntryGuard()
  guard.requireRatio(tar.length, bytes.length)
  const files = new Map<string, Uint8Array>()
  for (const { header, data = new Uint8Array() } of await unpackTar(tar, { strict: true })) {
    const { type = 'file', name } = header
    if (type !== 'file' && type !== 'directory') {
      throw unsafePath(name, 'is a link or a device, not a file')
    }
    const path = guard.admit(name, type === 'directory', data.length, data.length)
    if (path !== undefined) files.set(path, data)
  }
  return files
}
