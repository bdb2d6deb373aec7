import { mkdir } from 'node:fs/promises'
import type { FolderCheck } from '#shared/contract/bundles.ts'
import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { diskTooSmall, folderSynced, notAFolder, notWritten } from '../bundle-errors.ts'
import type {
  DeliveredFile,
  DeliveryRun,
  Destination,
  DestinationFacts,
  OutgoingFile,
} from './destination.ts'
import { openFromMedium } from './drives/read-from-medium.ts'
import { freeBytesOf, requireFree, requireWritable } from './folder-checks.ts'
import { ownPath } from '../../paths/own-path.ts'
import { syncServiceOf } from './synced-folders.ts'
import { removeAll, writeVerified } from './write-verified.ts'

/** A folder of this computer. */
export class FolderDestination implements Destination {
  readonly facts: DestinationFacts
  readonly #path: string

  private constructor(path: string, syncedBy: string | null) {
    this.#path = path
    this.facts = { kind: 'folder', label: path, path, serial: null, fileSystem: null, syncedBy }
  }

  /**
   * @throws RejectedError `PATH_NOT_ABSOLUTE`; `FOLDER_SYNCED` for one that is copied elsewhere, unless the
   *   person knows of it.
   */
  static async open(path: string, allowSynced: boolean): Promise<FolderDestination> {
    const folder = ownPath(path)
    const syncedBy = await syncServiceOf(folder)
    if (syncedBy !== undefined && !allowSynced) throw folderSynced(folder, syncedBy)
    return new FolderDestination(folder, syncedBy ?? null)
  }

  /** @throws RejectedError `FOLDER_UNWRITABLE`, ConflictError `FILE_EXISTS`, TransientError `DISK_FULL`. */
  async check(need: { bytes: number; names: readonly string[] }): Promise<void> {
    await requireFolder(this.#path)
    const free = await freeBytesOf(this.#path)
    if (free !== null && free < need.bytes) throw diskTooSmall(this.#path, need.bytes, free)
    await requireFree(this.#path, need.names)
  }

  deliver(files: readonly OutgoingFile[], run: DeliveryRun): Promise<DeliveredFile[]> {
    return writeVerified(this.#path, files, {
      ...run,
      // What a folder lies on is not known here, so the receipt claims nothing of it.
      openBack: (path) =>
        openFromMedium(path, { device: null, signal: run.signal, onOpened: () => undefined }),
    })
  }

  takeBack(files: readonly DeliveredFile[]): Promise<void> {
    return removeAll(files.flatMap(({ path }) => path ?? []))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** What the person is told of a folder before it is used. Writes nothing that stays. */
export async function checkFolder(path: string): Promise<FolderCheck> {
  try {
    const folder = ownPath(path)
    const syncedBy = (await syncServiceOf(folder)) ?? null
    await requireFolder(folder)
    return { syncedBy, freeBytes: await freeBytesOf(folder), problem: null }
  } catch (thrown) {
    return { syncedBy: null, freeBytes: null, problem: problemOf(toMusterError(thrown)) }
  }
}

async function requireFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      throw notAFolder(folder)
    })
  } catch (error) {
    throw notWritten(error, folder)
  }
  await requireWritable(folder)
}
