import { z } from 'zod'

/** Columns that are asked of lsblk; every version since 2.33 (2018) has them. */
export const LSBLK_COLUMNS = [
  'NAME',
  'PATH',
  'MAJ:MIN',
  'TYPE',
  'SIZE',
  'RM',
  'RO',
  'HOTPLUG',
  'TRAN',
  'VENDOR',
  'MODEL',
  'SERIAL',
  'LABEL',
  'UUID',
  'FSTYPE',
] as const

const Text = z.string().nullish()
const Node = z.looseObject({
  name: z.string(),
  path: Text,
  'maj:min': z.string(),
  type: z.string(),
  size: z.number(),
  rm: z.boolean(),
  ro: z.boolean(),
  hotplug: z.boolean(),
  tran: Text,
  vendor: Text,
  model: Text,
  serial: Text,
  label: Text,
  uuid: Text,
  fstype: Text,
  get children() {
    return z.array(Node).optional()
  },
})
export type BlockDevice = z.infer<typeof Node>

/** What `lsblk --json --bytes` prints. */
export const Listing = z.looseObject({ blockdevices: z.array(Node) })

/** A device and all that is on it: partitions, and what is unlocked on them. */
export function withAllBelow(device: BlockDevice): BlockDevice[] {
  return [device, ...(device.children ?? []).flatMap(withAllBelow)]
}

/** Whether a device says of itself that it is plugged in from outside. In doubt it is not. */
export function isPluggable(
  device: BlockDevice,
  /** Of a card: `SD`, or `MMC` for what is soldered in. */
  cardType: string | null,
): boolean {
  if (device.type !== 'disk') return false
  if (device.name.startsWith('mmcblk')) return cardType === 'SD'
  return device.tran === 'usb' || (device.rm && device.hotplug)
}

/** What the system is made of, wherever it lies: such a disk is never offered. */
const SYSTEM_CONTENT = /^(?:swap|LVM2_member|linux_raid_member|zfs_member|bcache|ceph_bluestore)$/u

/** Where removable drives are mounted (Filesystem Hierarchy Standard 3.0, and udisks). */
const REMOVABLE_PLACES = ['/media/', '/run/media/', '/mnt/'] as const

/**
 * Whether the system lives on a disk or uses it: something of it is mounted elsewhere than removable drives are, or
 * it holds swap or a part of a larger volume.
 */
export function isOfTheSystem(disk: BlockDevice, mountedAt: readonly string[]): boolean {
  if (withAllBelow(disk).some(({ fstype }) => SYSTEM_CONTENT.test(fstype ?? ''))) return true
  return mountedAt.some((path) => !REMOVABLE_PLACES.some((place) => `${path}/`.startsWith(place)))
}
