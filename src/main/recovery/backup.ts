import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FileToSave } from '../files/saved-file.ts'

const zip = promisify(gzip)

/**
 * A copy of the database as a file for the person.
 * @param copyTo Writes a consistent copy to a path.
 */
export async function backupFile(
  copyTo: (path: string) => Promise<void>,
  at: Date,
): Promise<FileToSave> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-backup-'))
  try {
    const path = join(folder, 'muster.db')
    await copyTo(path)
    const time = at.toISOString().slice(0, 16).replace('T', '-').replace(':', '')
    return {
      name: `muster-backup-${time}.db.gz`,
      mediaType: 'application/gzip',
      content: await zip(await readFile(path)),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
