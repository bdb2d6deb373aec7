import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface AtomicWriteOptions {
  /** Permission bits; 0600 unless told, since most of what Muster writes is a secret. */
  readonly mode?: number
}

/**
 * Writes a whole file so that a reader, and a crash at any moment, sees either the old content or
 * the new: a temporary name beside the target, fsync, rename, fsync of the folder. A library
 * (write-file-atomic) leaves the last step out, and a rename that a power cut undoes can bring
 * back a vault without its newest key.
 * @throws the file system's error; the temporary file is removed then.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
}

/** Brings a rename in this folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows can't open a folder for fsync; NTFS journals the rename itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
