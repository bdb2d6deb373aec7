import { open } from 'node:fs/promises'
import type { ReadableFile } from '../write-verified.ts'
import { runTool } from './run-tool.ts'

/** Where what was compared came from: the medium itself, or what the system remembered of it. */
export type ReadFrom = 'medium' | 'cache'

/**
 * Opens a file so that it is read from the medium. The system keeps what was written in memory and would
 * hand that back; GNU dd with `nocache` and no blocks lets go of a file's pages (posix_fadvise(2), `DONTNEED`), which are clean after a flush.
 * A file system that runs outside of the kernel (FUSE) has them a second time, of its device, which not everybody may read.
 * Elsewhere than on Linux nothing does this for a user without rights.
 */
export async function openFromMedium(
  path: string,
  options: {
    /** The device that a FUSE file system reads; null where the kernel reads it. */
    readonly device: string | null
    readonly signal: AbortSignal
    readonly onOpened: (from: ReadFrom) => void
  },
): Promise<ReadableFile> {
  const { device, signal, onOpened } = options
  const passed =
    process.platform === 'linux' &&
    (await letGoOf(path, signal)) &&
    (device === null || (await letGoOf(device, signal)))
  onOpened(passed ? 'medium' : 'cache')
  return open(path, 'r')
}

async function letGoOf(path: string, signal: AbortSignal): Promise<boolean> {
  const args = [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']
  return (await runTool('dd', args, { signal })).code === 0
}
