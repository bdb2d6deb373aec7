import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../files/atomic-write.ts'
import { cancelled, destinationGone, notWritten, readBackDiffers } from '../bundle-errors.ts'
import type { DeliveredFile, DeliveryRun, OutgoingFile } from './destination.ts'

/** What is written, and what is read, at once; progress and cancelling go by it. */
const PIECE_BYTES = 1024 * 1024
const READ_BYTES = 4 * PIECE_BYTES

export interface VerifiedWriteOptions extends DeliveryRun {
  /** Opens a file for reading it back; another way where the system's cache has to be passed by. */
  readonly openBack?: (path: string) => Promise<ReadableFile>
}

/** As much of a file handle as reading back takes. */
export interface ReadableFile {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }>
  close(): Promise<void>
}

/**
 * Writes files into a folder so that they are whole on the medium, or not there: under names of their own,
 * flushed, read back and compared, and only then all renamed. Never over a file that is there, and never on another medium than
 * the one that the folder was on at first: where a stick was pulled, its folder may be one of the system's disk.
 * @throws RejectedError `BUNDLE_NOT_WRITTEN`, `BUNDLE_READ_BACK`, TransientError `DISK_FULL`, `CANCELLED`. Everything that was
 *   written is removed then, as far as the medium still allows.
 */
export async function writeVerified(
  folder: string,
  files: readonly OutgoingFile[],
  options: VerifiedWriteOptions,
): Promise<DeliveredFile[]> {
  const total = files.reduce((sum, { content }) => sum + content.length, 0)
  const parts = files.map((file) => {
    const sha256 = createHash('sha256').update(file.content).digest('hex')
    return {
      file,
      sha256,
      path: join(folder, file.name),
      temporary: temporaryIn(folder, file, sha256),
    }
  })
  const placed: string[] = []
  try {
    const medium = (await stat(folder)).dev
    const told = progressOf(options, total)
    for (const { file, temporary } of parts) {
      await writeOne(
        { path: temporary, medium },
        file,
        options.signal,
        told('writing'),
        told('flushing'),
      )
    }
    const back = told('reading-back')
    for (const { file, temporary } of parts) await compareOne(temporary, file, options, back)
    for (const { path, temporary } of parts) {
      requireGoingOn(options.signal)
      await placeOne(temporary, { path, medium })
      placed.push(path)
    }
    await syncFolder(folder)
  } catch (error) {
    await removeAll([...placed, ...parts.map(({ temporary }) => temporary)])
    await syncFolder(folder).catch(() => undefined)
    throw notWritten(error, folder)
  }
  return parts.map(({ file, path, sha256 }) => ({
    name: file.name,
    path,
    bytes: file.content.length,
    sha256,
  }))
}

/** How the name of a half-written file ends. */
export const PART_ENDING = '.part'

/**
 * How the name of a half-written file begins: with what will be in it, so that a crash's rests are known from another
 * export's files of the same name.
 */
export function partPrefix(name: string, sha256: string): string {
  return `.${name}.${sha256.slice(0, 12)}.`
}

/** Whether a file is a half-written one, by its name. */
export function isPart(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.[0-9a-f]{12}\.part$/u.test(name)
}

function temporaryIn(folder: string, { name }: OutgoingFile, sha256: string): string {
  const own = randomBytes(6).toString('hex')
  return join(folder, `${partPrefix(name, sha256)}${own}${PART_ENDING}`)
}

/** Removes files; what can't be removed stays. */
export async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true }).catch(() => undefined)
}

type Step = 'writing' | 'flushing' | 'reading-back'

function progressOf({ onProgress }: DeliveryRun, total: number) {
  return (step: Step) => {
    let bytes = 0
    return (more: number) => {
      bytes += more
      onProgress({ step, bytes, total })
    }
  }
}

/** A file that is to be made, and the device that it has to come to lie on. */
interface Place {
  readonly path: string
  readonly medium: number
}

async function createOn({ path, medium }: Place, mode: number): Promise<FileHandle> {
  const handle = await open(path, 'wx', mode)
  if ((await handle.stat()).dev === medium) return handle
  await handle.close()
  await rm(path, { force: true })
  throw destinationGone(path, 'another medium is there now')
}

async function writeOne(
  place: Place,
  { content, mode }: OutgoingFile,
  signal: AbortSignal,
  written: (bytes: number) => void,
  flushed: (bytes: number) => void,
): Promise<void> {
  const handle = await createOn(place, mode)
  try {
    for (let at = 0; at < content.length; at += PIECE_BYTES) {
      requireGoingOn(signal)
      const piece = content.subarray(at, at + PIECE_BYTES)
      await writeAll(handle, piece)
      written(piece.length)
    }
    flushed(0)
    await handle.sync()
    flushed(content.length)
  } finally {
    await handle.close()
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) {
    const { bytesWritten } = await handle.write(piece, at, piece.length - at)
    at += bytesWritten
  }
}

async function compareOne(
  path: string,
  { content, name }: OutgoingFile,
  { signal, openBack = (place) => open(place, 'r') }: VerifiedWriteOptions,
  compared: (bytes: number) => void,
): Promise<void> {
  const handle = await openBack(path)
  // While one piece is compared, the next is read.
  const size = Math.min(READ_BYTES, content.length + 1)
  const buffers = [Buffer.alloc(size), Buffer.alloc(size)] as const
  const readAt = (at: number, turn: number) => {
    const reading = handle.read(buffers[turn % 2 === 0 ? 0 : 1], 0, size, at)
    // Seen to below, or not at all where the comparing failed before.
    reading.catch(() => undefined)
    return reading
  }
  let reading = readAt(0, 0)
  try {
    let at = 0
    for (let turn = 0; ; turn += 1) {
      requireGoingOn(signal)
      const { bytesRead } = await reading
      if (bytesRead === 0) break
      reading = readAt(at + bytesRead, turn + 1)
      const piece = buffers[turn % 2 === 0 ? 0 : 1].subarray(0, bytesRead)
      if (!piece.equals(content.subarray(at, at + bytesRead))) throw readBackDiffers(name)
      at += bytesRead
      compared(bytesRead)
    }
    if (at !== content.length) throw readBackDiffers(name)
  } finally {
    await reading.catch(() => undefined)
    await handle.close()
  }
}

/** A rename takes the place of what is there; making the name first does not. */
async function placeOne(temporary: string, place: Place): Promise<void> {
  const claim = await createOn(place, 0o600)
  await claim.close()
  await rename(temporary, place.path).catch(async (error: unknown) => {
    await rm(place.path, { force: true })
    throw error
  })
}

function requireGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled()
}
