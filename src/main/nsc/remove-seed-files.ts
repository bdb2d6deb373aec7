import { open, readFile, realpath, unlink } from 'node:fs/promises'
import type { Keychain } from '../authority/keychain.ts'
import type { PlannedKey } from './import-plan.ts'
import { readSeed } from './read-store-file.ts'

/** What became of the key files of a store. */
export interface SeedFileRemoval {
  /** Files that are gone, by this removal or by one that was interrupted. */
  readonly removed: number
  /** Files that stay, since the keychain did not give the key back, or they could not be written. */
  readonly kept: readonly string[]
}

/**
 * Overwrites and deletes the files of keys that the keychain gives back this very moment. Safe to run
 * again. Overwriting reaches the blocks of a plain disk; a solid-state disk, a journal, a snapshot or a
 * backup may keep copies, which the window says.
 * @throws the abort reason, and what the keychain throws.
 */
export async function removeSeedFiles(
  keys: readonly PlannedKey[],
  keychain: Keychain,
  signal: AbortSignal,
): Promise<SeedFileRemoval> {
  let removed = 0
  const kept: string[] = []
  for (const { publicKey, path } of keys) {
    signal.throwIfAborted()
    const seed = await readSeed(path, publicKey)
    if (seed === undefined) {
      if (await finishRemoval(path)) removed += 1
      continue
    }
    const held = await keychain.get(publicKey)
    if (held === seed && (await overwriteAndDelete(path))) removed += 1
    else kept.push(path)
  }
  return { removed, kept }
}

/** Whether the file is gone, also one that was overwritten and not deleted any more. Anything else stays. */
async function finishRemoval(path: string): Promise<boolean> {
  try {
    const content = await readFile(path)
    if (content.length === 0 || content.some((byte) => byte !== 0)) return false
    await unlink(path)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}

async function overwriteAndDelete(path: string): Promise<boolean> {
  try {
    const real = await realpath(path)
    const file = await open(real, 'r+')
    try {
      const { size } = await file.stat()
      await file.write(Buffer.alloc(size), 0, size, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await unlink(real)
    // The key was reached by a link: that leads nowhere now.
    if (real !== path) await unlink(path).catch(() => undefined)
    return true
  } catch {
    return false
  }
}
