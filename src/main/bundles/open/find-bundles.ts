import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FoundBundle } from '#shared/contract/bundles.ts'
import { MANIFEST_PATH, SIGNATURE_PATH } from '../manifest/manifest.ts'
import { isPart } from '../deliver/write-verified.ts'
import { clearNames } from '../seal/clear-files.ts'
import { isSealed } from '../seal/seal.ts'
import { MAX_TOTAL_BYTES } from './entry-guard.ts'
import { isGzip, isZip } from './read-archive.ts'

const MAX_DEPTH = 6
/** A stick that holds more is searched that far. */
const MAX_ENTRIES = 100_000
/** Enough of a zip's end to hold the names of what Muster always puts last. */
const TAIL_BYTES = 64 * 1024

const SEALED_NAME = /^(?<name>.+)\.(?:zip|tar\.gz)\.age$/u
const PLAIN_NAME = /\.(?:zip|tar\.gz)$/u

/**
 * Bundles in a folder and below it: by their names and first bytes, and by the hashes of what this profile
 * handed over.
 */
export async function findBundles(
  folder: string,
  receiptOf: (sha256: string) => string | undefined,
  signal: AbortSignal,
): Promise<FoundBundle[]> {
  const found: FoundBundle[] = []
  let entries = 0
  const walk = async (at: string, depth: number): Promise<void> => {
    const present = await readdir(at, { withFileTypes: true }).catch(() => [])
    const names = new Set(present.map(({ name }) => name))
    if (names.has(MANIFEST_PATH) && names.has(SIGNATURE_PATH)) {
      found.push(await entryOf(at, 'folder', null))
      return
    }
    for (const entry of present) {
      entries += 1
      if (entries > MAX_ENTRIES || signal.aborted) return
      const path = join(at, entry.name)
      if (entry.isDirectory() && depth > 0) await walk(path, depth - 1)
      else if (entry.isFile()) await look(path, names)
    }
  }
  const look = async (path: string, names: ReadonlySet<string>): Promise<void> => {
    const name = basename(path)
    if (isPart(name)) {
      found.push(await entryOf(path, 'part', null))
      return
    }
    const sealed = SEALED_NAME.exec(name)?.groups?.['name']
    const kind = sealed !== undefined ? 'sealed' : PLAIN_NAME.test(name) ? 'plain' : undefined
    if (kind === undefined || !(await isBundle(path, kind))) return
    found.push(await entryOf(path, kind, receiptOf((await sha256OfFile(path)) ?? '') ?? null))
    if (sealed === undefined) return
    for (const beside of Object.values(clearNames(sealed))) {
      if (names.has(beside)) found.push(await entryOf(join(path, '..', beside), 'beside', null))
    }
  }
  await walk(folder, MAX_DEPTH)
  return found
}

async function isBundle(path: string, kind: 'sealed' | 'plain'): Promise<boolean> {
  const { head, tail } = await edgesOf(path)
  if (kind === 'sealed') return isSealed(head)
  // What is in a tar.gz shows only once it is unpacked; its name has to do.
  return isGzip(head) || (isZip(head) && tail.includes(SIGNATURE_PATH))
}

async function edgesOf(path: string): Promise<{ head: Buffer; tail: Buffer }> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return { head: Buffer.alloc(0), tail: Buffer.alloc(0) }
  try {
    const { size } = await handle.stat()
    const piece = async (from: number, length: number) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - from)))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
      return buffer.subarray(0, bytesRead)
    }
    return {
      head: await piece(0, 64),
      tail: await piece(Math.max(0, size - TAIL_BYTES), TAIL_BYTES),
    }
  } finally {
    await handle.close()
  }
}

async function sha256OfFile(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_TOTAL_BYTES) return undefined
    const hash = createHash('sha256')
    await pipeline(createReadStream(path), hash)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

async function entryOf(
  path: string,
  kind: FoundBundle['kind'],
  receipt: string | null,
): Promise<FoundBundle> {
  const facts = await stat(path).catch(() => undefined)
  return {
    path,
    name: basename(path),
    kind,
    bytes: kind === 'folder' ? 0 : (facts?.size ?? 0),
    changedAt: new Date(facts?.mtimeMs ?? 0).toISOString(),
    receipt,
  }
}
