import { randomBytes } from 'node:crypto'
import { lstat, open, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import type { WipeResult } from '#shared/contract/bundles.ts'
import { messageOf, RejectedError } from '#shared/errors.ts'
import { syncFolder } from '../../files/atomic-write.ts'
import { MANIFEST_PATH, SIGNATURE_PATH } from '../manifest/manifest.ts'
import { requireSafePath } from './entry-guard.ts'

const PIECE_BYTES = 256 * 1024

/**
 * Overwrites and deletes files and folders. On flash the overwriting goes to other cells, and what stood there may be
 * read by who takes the stick apart: whoever needs more than that destroys the stick. Goes on with the others where one fails.
 */
export async function wipe(folder: string, paths: readonly string[]): Promise<WipeResult> {
  const wiped: string[] = []
  const failed: { path: string; reason: string }[] = []
  for (const path of paths) {
    try {
      requireBelow(folder, path)
      await wipeOne(path)
      wiped.push(path)
    } catch (error) {
      failed.push({ path, reason: messageOf(error) })
    }
  }
  return { wiped, failed }
}

async function wipeOne(path: string): Promise<void> {
  const facts = await lstat(path)
  if (facts.isDirectory()) await wipeFolder(path)
  else if (facts.isFile()) await wipeFile(path)
  else throw notWiped('it is a link or a device')
  await syncFolder(dirname(path)).catch(() => undefined)
}

/** An unpacked bundle: what its manifest lists, and no file of somebody's that lies between. */
async function wipeFolder(folder: string): Promise<void> {
  const listed = await listedIn(folder)
  for (const path of [...listed, MANIFEST_PATH, SIGNATURE_PATH]) {
    const facts = await lstat(join(folder, path)).catch(() => undefined)
    if (facts?.isFile() === true) await wipeFile(join(folder, path))
  }
  const below = new Set(listed.flatMap(foldersOf))
  // The deepest first; one that is not empty stays.
  for (const path of [...below].toSorted((one, other) => other.length - one.length)) {
    await rmdir(join(folder, path)).catch(() => undefined)
  }
  await rmdir(folder).catch(() => undefined)
}

const Listing = z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) })

async function listedIn(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, MANIFEST_PATH), 'utf8').catch(() => '')
  const parsed = Listing.safeParse(jsonOf(text))
  if (!parsed.success)
    throw notWiped('its manifest can not be read, so it is not known which files are of it')
  return parsed.data.files.map(({ path }) => requireSafePath(path))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'))
}

async function wipeFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    const { size } = await handle.stat()
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const piece = randomBytes(Math.min(PIECE_BYTES, size - at))
      await handle.write(piece, 0, piece.length, at)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  // Its name tells something too, and FAT keeps it.
  const nameless = join(dirname(path), randomBytes(6).toString('hex'))
  await rename(path, nameless)
  await rm(nameless)
}

function requireBelow(folder: string, path: string): void {
  const way = relative(resolve(folder), resolve(path))
  if (way === '' || way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way) {
    throw notWiped('it is not in the folder that was searched')
  }
}

function notWiped(why: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_NOT_WIPED',
    message: `It was left as it is: ${why}.`,
    advice: 'Look at it, and delete it by hand.',
  })
}
