import { open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { fileIsThere, notWritten } from '../bundle-errors.ts'

/** Writes nothing that stays. @throws what `notWritten` makes of it. */
export async function requireWritable(folder: string): Promise<void> {
  try {
    const probe = join(folder, `.muster-${process.pid}.tmp`)
    await (await open(probe, 'w', 0o600)).close()
    await rm(probe)
  } catch (error) {
    throw notWritten(error, folder)
  }
}

/** @throws ConflictError `FILE_EXISTS` where one of the names is taken. */
export async function requireFree(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, name)
    if ((await stat(path).catch(() => undefined)) !== undefined) throw fileIsThere(path)
  }
}

/** Null where the system does not tell. */
export async function freeBytesOf(folder: string): Promise<number | null> {
  const facts = await statfs(folder).catch(() => undefined)
  return facts === undefined ? null : facts.bavail * facts.bsize
}
