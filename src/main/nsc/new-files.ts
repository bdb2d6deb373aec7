import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What became of a file that was to be written. */
export type NewFile = 'written' | 'same' | 'different'

/**
 * Writes a file that is not there yet, owner-only, whole or not at all; one that is there stays as it is.
 * @throws the file system's error.
 */
export async function writeNewFile(path: string, content: string): Promise<NewFile> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = join(
    folder,
    `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}.tmp`,
  )
  try {
    await writeSynced(temporary, content)
    try {
      // Unlike a rename, a link never replaces what somebody put there meanwhile.
      await link(temporary, path)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST')
        return (await readFile(path, 'utf8')) === content ? 'same' : 'different'
      // File systems of memory sticks know no links.
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
      return await writeWithoutLink(path, content)
    }
    return 'written'
  } finally {
    await rm(temporary, { force: true })
  }
}

async function writeWithoutLink(path: string, content: string): Promise<NewFile> {
  try {
    await writeSynced(path, content)
    return 'written'
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return (await readFile(path, 'utf8')) === content ? 'same' : 'different'
    }
    await rm(path, { force: true })
    throw error
  }
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
