import { readdir, readFile, realpath, statfs } from 'node:fs/promises'
import {
  isOfTheSystem,
  isPluggable,
  Listing,
  LSBLK_COLUMNS,
  withAllBelow,
  type BlockDevice,
} from './block-devices.ts'
import { driveNotEjected } from './drive-errors.ts'
import { driveIdOf, worded } from './drive-id.ts'
import type { DriveMount, DriveSource, FoundDrive } from './drive-source.ts'
import { mountsIn, type Mount } from './mount-table.ts'
import { runTool } from './run-tool.ts'
import { jsonOf } from './tool-json.ts'

const MOUNT_TABLE = '/proc/self/mountinfo'
const BLOCK_DEVICES = '/sys/block'
/** Kinds of devices that a file system can be on. */
const CARRIERS = new Set(['disk', 'part', 'crypt', 'loop'])

/** Drives as lsblk, `/sys/block` and the kernel's table of mounts tell of them. */
export class LinuxDriveSource implements DriveSource {
  async list(signal: AbortSignal): Promise<FoundDrive[]> {
    const [disks, mounts] = await Promise.all([this.#disks(signal), mountTable()])
    const found = await Promise.all(
      disks.map(async (disk) => {
        const below = withAllBelow(disk)
        const used = mounts.filter((mount) => below.some((device) => isOn(mount, device)))
        if (!isPluggable(disk, await cardTypeOf(disk.name))) return []
        if (
          isOfTheSystem(
            disk,
            used.map(({ path }) => path),
          )
        )
          return []
        const plug = await plugOf(disk.name)
        return Promise.all(volumesOf(below).map((volume) => driveOf(disk, volume, plug, used)))
      }),
    )
    return found.flat()
  }

  async mark(): Promise<string> {
    const [mounts, disks] = await Promise.all([
      readFile(MOUNT_TABLE, 'utf8'),
      readdir(BLOCK_DEVICES),
    ])
    return `${disks.toSorted().join(' ')}\n${mounts}`
  }

  /** By udisks, which lets go of the power too; without it by umount, which takes the right to. */
  async eject(drive: FoundDrive, signal: AbortSignal): Promise<void> {
    const disk = await this.#diskOf(drive, signal)
    const below = withAllBelow(disk)
    const used = (await mountTable()).filter((mount) => below.some((device) => isOn(mount, device)))
    const name = drive.label ?? drive.model ?? drive.device
    for (const { path, source } of used) {
      const device = below.find((one) => one.path === source)?.path ?? drive.device
      const asked = await runTool('udisksctl', ['unmount', '--no-user-interaction', '-b', device], {
        signal,
      })
      if (asked.code === 0) continue
      const forced = await runTool('umount', ['--', path], { signal })
      if (forced.code !== 0) throw driveNotEjected(name, forced.complaint || asked.complaint)
    }
    // What is not mounted any more can be pulled; that the light goes out is an extra.
    await runTool(
      'udisksctl',
      ['power-off', '--no-user-interaction', '-b', disk.path ?? drive.device],
      { signal },
    )
  }

  async #diskOf({ device }: FoundDrive, signal: AbortSignal): Promise<BlockDevice> {
    const disks = await this.#disks(signal)
    const disk = disks.find((one) => withAllBelow(one).some(({ path }) => path === device))
    if (disk === undefined) throw driveNotEjected(device, 'it is not plugged in any more.')
    return disk
  }

  async #disks(signal: AbortSignal): Promise<BlockDevice[]> {
    const args = ['--json', '--bytes', '--output', LSBLK_COLUMNS.join(',')]
    return jsonOf('lsblk', await runTool('lsblk', args, { signal }), Listing).blockdevices
  }
}

/** Partitions and what is unlocked in them; the disk itself where it has no partitions. */
function volumesOf(below: readonly BlockDevice[]): BlockDevice[] {
  return below.filter(
    ({ type, children }) => CARRIERS.has(type) && (children === undefined || children.length === 0),
  )
}

async function driveOf(
  disk: BlockDevice,
  volume: BlockDevice,
  plug: string,
  used: readonly Mount[],
): Promise<FoundDrive> {
  const own = used.filter((mount) => isOn(mount, volume))
  const mount = own.find(({ root }) => root === '/') ?? own[0]
  const serial = worded(disk.serial)
  const model = worded([disk.vendor, disk.model].map((part) => part?.trim() ?? '').join(' '))
  const { size: bytes } = volume
  return {
    id: driveIdOf({
      serial,
      volume: volume.uuid ?? null,
      model,
      bytes,
      plug: `${plug} ${volume.name}`,
    }),
    label: worded(volume.label),
    model,
    serial,
    fileSystem: volume.fstype ?? mount?.fileSystem ?? null,
    bytes,
    device: volume.path ?? `/dev/${volume.name}`,
    mount: mount === undefined ? null : await mountOf(mount, volume.ro),
  }
}

async function mountOf(
  { path, readOnly, fileSystem }: Mount,
  deviceIsReadOnly: boolean,
): Promise<DriveMount | null> {
  const facts = await statfs(path).catch(() => undefined)
  // Pulled between the two looks: it is not there any more.
  if (facts === undefined) return null
  return {
    path,
    readOnly: readOnly || deviceIsReadOnly,
    freeBytes: facts.bavail * facts.bsize,
    clusterBytes: facts.bsize,
    viaFuse: fileSystem.startsWith('fuse'),
  }
}

function isOn(mount: Mount, device: BlockDevice): boolean {
  return mount.device === device['maj:min'] || mount.source === device.path
}

async function mountTable(): Promise<Mount[]> {
  const mounts = mountsIn(await readFile(MOUNT_TABLE, 'utf8'))
  return Promise.all(
    mounts.map(async (mount) => {
      if (!mount.source.startsWith('/dev/')) return mount
      // FUSE tells the path that it was given, which may be a link.
      return { ...mount, source: await realpath(mount.source).catch(() => mount.source) }
    }),
  )
}

async function cardTypeOf(name: string): Promise<string | null> {
  return readFile(`${BLOCK_DEVICES}/${name}/device/type`, 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
}

/** Counts up with every drive that is plugged in (Linux 5.15); before that the device's name has to do. */
async function plugOf(name: string): Promise<string> {
  return readFile(`${BLOCK_DEVICES}/${name}/diskseq`, 'utf8').then(
    (text) => text.trim(),
    () => name,
  )
}
