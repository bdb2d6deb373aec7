import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  DeliveredFile,
  DeliveryRun,
  Destination,
  DestinationFacts,
  OutgoingFile,
} from '../destination.ts'
import { requireFree, requireWritable } from '../folder-checks.ts'
import { removeAll, writeVerified } from '../write-verified.ts'
import {
  driveGone,
  driveNotMounted,
  driveReadOnly,
  driveSwapped,
  driveTooSmall,
  fileTooLarge,
  nameNotForDrive,
} from './drive-errors.ts'
import type { DriveMount, DriveSource, FoundDrive } from './drive-source.ts'
import { fileNameProblem, limitsOf } from './file-system-limits.ts'
import { openFromMedium, type ReadFrom } from './read-from-medium.ts'

interface MountedDrive extends FoundDrive {
  readonly mount: DriveMount
}

/** A removable drive, found by its id each time that it is used: it may be mounted elsewhere by then. */
export class DriveDestination implements Destination {
  readonly driveId: string
  readonly eject?: (signal: AbortSignal) => Promise<void>
  readonly #source: DriveSource
  #drive: MountedDrive
  #readFrom: ReadFrom | undefined

  private constructor(source: DriveSource, drive: MountedDrive, eject: boolean) {
    this.#source = source
    this.#drive = drive
    this.driveId = drive.id
    if (eject) this.eject = async (signal) => source.eject(await this.#present(signal), signal)
  }

  /** @throws TransientError `DRIVE_GONE`, `DRIVE_NOT_MOUNTED`, `DRIVES_UNKNOWN`. */
  static async open(
    source: DriveSource,
    choice: { readonly id: string; readonly eject: boolean },
    signal: AbortSignal,
  ): Promise<DriveDestination> {
    const drive = (await source.list(signal)).find(({ id }) => id === choice.id)
    if (drive === undefined) throw driveGone('that was chosen')
    return new DriveDestination(source, mounted(drive), choice.eject)
  }

  get facts(): DestinationFacts {
    const { label, model, serial, fileSystem, mount } = this.#drive
    return {
      kind: 'drive',
      label: label === null || model === null ? nameOf(this.#drive) : `${label} (${model})`,
      path: mount.path,
      serial,
      fileSystem: fileSystem === null ? null : limitsOf(fileSystem).name,
      syncedBy: null,
      ...(this.#readFrom === undefined ? {} : { readFrom: this.#readFrom }),
    }
  }

  /**
   * @throws RejectedError `DRIVE_READ_ONLY`, `DRIVE_NAME`, `DRIVE_FILE_SIZE`; TransientError `DRIVE_GONE`, `DRIVE_NOT_MOUNTED`,
   *   `DISK_FULL`; ConflictError `DRIVE_SWAPPED`, `FILE_EXISTS`.
   */
  async check(
    need: { readonly bytes: number; readonly names: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const drive = await this.#present(signal)
    const { mount, fileSystem } = drive
    const name = nameOf(drive)
    if (mount.readOnly) throw driveReadOnly(name)
    const limits = limitsOf(fileSystem)
    for (const file of need.names) {
      const problem = fileNameProblem(file, limits)
      if (problem !== undefined) throw nameNotForDrive(problem, limits.name)
    }
    // Each file takes whole clusters, and the folder may grow by one.
    const needed = need.bytes + (need.names.length + 1) * mount.clusterBytes
    if (needed > mount.freeBytes) throw driveTooSmall(name, needed, mount.freeBytes)
    await requireWritable(mount.path)
    await requireFree(mount.path, need.names)
  }

  async deliver(files: readonly OutgoingFile[], run: DeliveryRun): Promise<DeliveredFile[]> {
    const drive = await this.#present(run.signal)
    const limits = limitsOf(drive.fileSystem)
    const large = files.find(({ content }) => content.length > limits.maxFileBytes)
    if (large !== undefined) throw fileTooLarge(large.name, limits.name)
    const device = drive.mount.viaFuse ? drive.device : null
    let readFrom: ReadFrom = 'medium'
    const delivered = await writeVerified(drive.mount.path, files, {
      ...run,
      openBack: (path) =>
        openFromMedium(path, {
          device,
          signal: run.signal,
          onOpened: (from) => {
            if (from === 'cache') readFrom = 'cache'
          },
        }),
    })
    this.#readFrom = readFrom
    return delivered
  }

  async takeBack(files: readonly DeliveredFile[]): Promise<void> {
    const { signal } = new AbortController()
    const folder = await folderOfDrive(this.#source, this.driveId, signal)
    if (folder !== null) await removeAll(files.map(({ name }) => join(folder, name)))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Where the drive is at this moment. */
  async #present(signal: AbortSignal): Promise<MountedDrive> {
    const before = this.#drive
    const drives = await this.#source.list(signal)
    const drive = drives.find(({ id }) => id === this.driveId)
    if (drive === undefined) {
      const other = drives.find(({ mount }) => mount?.path === before.mount.path)
      throw other === undefined
        ? driveGone(nameOf(before))
        : driveSwapped(nameOf(before), before.mount.path)
    }
    this.#drive = mounted(drive)
    await stat(this.#drive.mount.path).catch(() => {
      throw driveGone(nameOf(before))
    })
    return this.#drive
  }
}

/** Where a drive is mounted now; null where it is not there. */
export async function folderOfDrive(
  source: DriveSource,
  id: string,
  signal: AbortSignal,
): Promise<string | null> {
  const drives = await source.list(signal).catch(() => [])
  return drives.find((drive) => drive.id === id)?.mount?.path ?? null
}

function mounted(drive: FoundDrive): MountedDrive {
  const { mount } = drive
  if (mount === null) throw driveNotMounted(nameOf(drive))
  return { ...drive, mount }
}

function nameOf({ label, model, device }: FoundDrive): string {
  return label ?? model ?? device
}
