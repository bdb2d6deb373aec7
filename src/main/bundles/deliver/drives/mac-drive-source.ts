import { z } from 'zod'
import { driveNotEjected } from './drive-errors.ts'
import { driveIdOf, worded } from './drive-id.ts'
import type { DriveSource, FoundDrive } from './drive-source.ts'
import { runTool, type ToolRun } from './run-tool.ts'
import { jsonOf } from './tool-json.ts'

/** What `diskutil list -plist external physical` tells, as far as it is read. */
export const DiskutilList = z.looseObject({
  AllDisksAndPartitions: z.array(
    z.looseObject({
      DeviceIdentifier: z.string(),
      Partitions: z.array(z.looseObject({ DeviceIdentifier: z.string() })).optional(),
    }),
  ),
})

/** What `diskutil info -plist VOLUME` tells, as far as it is read. */
export const DiskutilInfo = z.looseObject({
  DeviceIdentifier: z.string(),
  DeviceNode: z.string(),
  ParentWholeDisk: z.string(),
  Internal: z.boolean(),
  SystemImage: z.boolean().optional(),
  VirtualOrPhysical: z.string().optional(),
  MediaName: z.string().optional(),
  VolumeName: z.string().optional(),
  VolumeUUID: z.string().optional(),
  DiskUUID: z.string().optional(),
  FilesystemType: z.string().optional(),
  MountPoint: z.string().optional(),
  WritableVolume: z.boolean().optional(),
  FreeSpace: z.number().optional(),
  VolumeAllocationBlockSize: z.number().optional(),
  Size: z.number(),
})
export type DiskutilInfo = z.infer<typeof DiskutilInfo>

/** One USB device in `system_profiler -json SPUSBDataType`, which nests them below their hubs. */
const UsbDevice = z.looseObject({
  serial_num: z.string().optional(),
  Media: z.array(z.looseObject({ bsd_name: z.string().optional() })).optional(),
  get _items() {
    return z.array(UsbDevice).optional()
  },
})
type UsbDevice = z.infer<typeof UsbDevice>
export const UsbTree = z.looseObject({ SPUSBDataType: z.array(UsbDevice) })

const DEFAULT_CLUSTER_BYTES = 4_096
/** The helper partition that macOS puts on every GPT disk, and containers, whose volumes are listed as disks of their own. */
const NO_VOLUME = new Set(['', 'efi'])

/** Drives as diskutil tells of them. Volumes of APFS are disks that it makes up, and are not offered. */
export class MacDriveSource implements DriveSource {
  async list(signal: AbortSignal): Promise<FoundDrive[]> {
    const { AllDisksAndPartitions: disks } = jsonOf(
      'diskutil',
      await propertyList(['list', '-plist', 'external', 'physical'], signal),
      DiskutilList,
    )
    const names = disks.flatMap(({ DeviceIdentifier, Partitions = [] }) =>
      Partitions.length === 0
        ? [DeviceIdentifier]
        : Partitions.map((partition) => partition.DeviceIdentifier),
    )
    const serials = names.length === 0 ? new Map<string, string>() : await usbSerials(signal)
    const found = await Promise.all(
      names.map(async (name) =>
        macDrive(
          jsonOf('diskutil', await propertyList(['info', '-plist', name], signal), DiskutilInfo),
          serials,
        ),
      ),
    )
    return found.filter((drive) => drive !== undefined)
  }

  mark(): Promise<null> {
    return Promise.resolve(null)
  }

  async eject(drive: FoundDrive, signal: AbortSignal): Promise<void> {
    const { code, complaint } = await runTool('diskutil', ['eject', drive.device], { signal })
    if (code !== 0) throw driveNotEjected(drive.label ?? drive.device, complaint)
  }
}

/** A volume of diskutil's; undefined for what is not offered. */
export function macDrive(
  info: DiskutilInfo,
  serials: ReadonlyMap<string, string>,
): FoundDrive | undefined {
  const { Internal, SystemImage, VirtualOrPhysical, MountPoint = '', FilesystemType = '' } = info
  if (Internal || SystemImage === true || VirtualOrPhysical === 'Virtual') return undefined
  if (MountPoint !== '' && !MountPoint.startsWith('/Volumes/')) return undefined
  if (NO_VOLUME.has(FilesystemType) && info.VolumeName === 'EFI') return undefined
  const serial = serials.get(info.ParentWholeDisk) ?? null
  const label = worded(info.VolumeName)
  const model = worded(info.MediaName)
  const volume = info.VolumeUUID ?? info.DiskUUID ?? null
  const { Size: bytes, DeviceIdentifier: plug } = info
  return {
    id: driveIdOf({ serial, volume, model, bytes, plug }),
    label,
    model,
    serial,
    fileSystem: worded(FilesystemType),
    bytes,
    device: info.DeviceNode,
    mount:
      MountPoint === ''
        ? null
        : {
            path: MountPoint,
            readOnly: info.WritableVolume !== true,
            freeBytes: info.FreeSpace ?? 0,
            clusterBytes: info.VolumeAllocationBlockSize ?? DEFAULT_CLUSTER_BYTES,
            viaFuse: false,
          },
  }
}

/** Serial numbers by whole disk; empty where this macOS tells of USB in another way. */
async function usbSerials(signal: AbortSignal): Promise<Map<string, string>> {
  const run = await runTool('system_profiler', ['-json', 'SPUSBDataType'], { signal })
  try {
    return serialsIn(jsonOf('system_profiler', run, UsbTree).SPUSBDataType)
  } catch {
    return new Map()
  }
}

export function serialsIn(devices: readonly UsbDevice[]): Map<string, string> {
  return new Map(
    devices.flatMap(({ serial_num: serial, Media = [], _items = [] }) => [
      ...Media.flatMap(({ bsd_name: disk }): [string, string][] =>
        disk === undefined || serial === undefined ? [] : [[disk, serial]],
      ),
      ...serialsIn(_items),
    ]),
  )
}

/** diskutil speaks property lists; plutil, which comes with macOS, makes JSON of them. */
async function propertyList(args: readonly string[], signal: AbortSignal): Promise<ToolRun> {
  const asked = await runTool('diskutil', args, { signal })
  if (asked.code !== 0) return asked
  return runTool('plutil', ['-convert', 'json', '-o', '-', '--', '-'], {
    signal,
    input: asked.output,
  })
}
