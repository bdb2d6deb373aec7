import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EntryGuard } from './entry-guard.ts'
import { unsafePath } from './hostile-errors.ts'
import type { ArchiveFiles } from './read-archive.ts'

/**
 * Reads an unpacked bundle, which has to be the folder and nothing else.
 * @throws RejectedError `BUNDLE_UNSAFE_PATH`, `BUNDLE_TOO_LARGE`; the file system's error.
 */
export async function readFolder(folder: string): Promise<ArchiveFiles> {
  const guard = new EntryGuard()
  const files = new Map<string, Uint8Array>()
  const walk = async (below: string): Promise<void> => {
    for (const name of await readdir(join(folder, below))) {
      const path = below === '' ? name : `${below}/${name}`
      const facts = await lstat(join(folder, path))
      if (!facts.isFile() && !facts.isDirectory()) {
        throw unsafePath(path, 'is a link or a device, not a file')
      }
      const admitted = guard.admit(path, facts.isDirectory(), facts.size, facts.size)
      if (admitted === undefined) await walk(path)
      else files.set(admitted, await readFile(join(folder, path)))
    }
  }
  await walk('')
  return files
}
