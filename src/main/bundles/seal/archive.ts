import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { zipSync, type Zippable } from 'fflate'
import { packTar } from 'modern-tar'
import type { ContentFile } from '../content/content-file.ts'

const compress = promisify(gzip)

/** A zip keeps permission bits where it says that it comes from Unix. */
const MADE_ON_UNIX = 3
const REGULAR_FILE = 0o100_000

/**
 * A zip that any tool opens. Not compressed: credentials hardly shrink, and this way a reader has nothing to be
 * flooded by.
 */
export function packZip(files: readonly ContentFile[], madeAt: Date): Uint8Array {
  const mtime = new Date(Math.max(madeAt.getTime(), Date.UTC(1981, 0)))
  const entries: Zippable = Object.fromEntries(
    files.map(({ path, content, mode }) => [
      path,
      [content, { level: 0, os: MADE_ON_UNIX, attrs: (REGULAR_FILE | mode) * 0x1_0000, mtime }],
    ]),
  )
  return zipSync(entries)
}

/** A tar.gz for Unix: scripts in it can be run once it is unpacked. */
export async function packTarGz(files: readonly ContentFile[], madeAt: Date): Promise<Uint8Array> {
  const tar = await packTar(
    files.map(({ path, content, mode }) => ({
      header: { name: path, size: content.length, mode, mtime: madeAt, type: 'file' as const },
      body: content,
    })),
  )
  return compress(tar)
}
