import { expect, test } from 'vitest'
import { driveIdOf } from './drive-id.ts'
import { DiskutilInfo, DiskutilList, macDrive, serialsIn, UsbTree } from './mac-drive-source.ts'
import { WindowsVolumes, windowsDrive } from './windows-drive-source.ts'

// Answers in the documented form of each system's tool: these systems are not where the tests run.

const STICK = {
  DeviceIdentifier: 'disk4s1',
  DeviceNode: '/dev/disk4s1',
  ParentWholeDisk: 'disk4',
  Internal: false,
  SystemImage: false,
  VirtualOrPhysical: 'Physical',
  MediaName: 'DataTraveler 3.0',
  VolumeName: 'KINGSTON',
  VolumeUUID: '1F6A0D8C-9F1E-3E3B-8A60-2D5D0A6B3E11',
  FilesystemType: 'exfat',
  MountPoint: '/Volumes/KINGSTON',
  WritableVolume: true,
  FreeSpace: 12_000_000_000,
  VolumeAllocationBlockSize: 131_072,
  Size: 15_517_876_224,
  BusProtocol: 'USB',
}

test('diskutil: a stick with its serial number, which the USB tree knows', () => {
  const tree = UsbTree.parse({
    SPUSBDataType: [
      {
        _name: 'USB31Bus',
        _items: [
          {
            _name: 'Hub',
            _items: [
              { _name: 'DataTraveler', serial_num: '60A44C', Media: [{ bsd_name: 'disk4' }] },
            ],
          },
        ],
      },
    ],
  })
  expect(macDrive(DiskutilInfo.parse(STICK), serialsIn(tree.SPUSBDataType))).toMatchObject({
    label: 'KINGSTON',
    model: 'DataTraveler 3.0',
    serial: '60A44C',
    fileSystem: 'exfat',
    device: '/dev/disk4s1',
    mount: { path: '/Volumes/KINGSTON', readOnly: false, clusterBytes: 131_072 },
  })
})

test.each([
  ['inner', { Internal: true }],
  ['of the system', { SystemImage: true }],
  ['made up', { VirtualOrPhysical: 'Virtual' }],
  ['mounted elsewhere', { MountPoint: '/System/Volumes/Data' }],
  ['the helper partition', { VolumeName: 'EFI', FilesystemType: '', MountPoint: '' }],
])('diskutil: a disk that is %s is not offered', (_why, change) => {
  expect(macDrive(DiskutilInfo.parse({ ...STICK, ...change }), new Map())).toBeUndefined()
})

test('diskutil: a list with partitions, and a disk without any', () => {
  const list = DiskutilList.parse({
    AllDisks: ['disk4', 'disk4s1', 'disk5'],
    AllDisksAndPartitions: [
      { DeviceIdentifier: 'disk4', Partitions: [{ DeviceIdentifier: 'disk4s1' }] },
      { DeviceIdentifier: 'disk5', MountPoint: '/Volumes/RAW' },
    ],
  })
  expect(list.AllDisksAndPartitions).toHaveLength(2)
})

const WINDOWS_STICK = {
  BusType: 'USB',
  IsBoot: false,
  IsSystem: false,
  IsReadOnly: false,
  FriendlyName: 'Kingston DataTraveler 3.0',
  SerialNumber: '60A44C413FC0F311 ',
  UniqueId: String.raw`\\?\Volume{0d9b5b1c-0000-0000-0000-100000000000}` + '\\',
  PartitionSize: 15_517_876_224,
  DriveLetter: 'E',
  FileSystem: 'FAT32',
  Label: 'KINGSTON',
  Free: 12_000_000_000,
  Cluster: 8_192,
}

test('PowerShell: a stick, at its letter', () => {
  const [volume] = WindowsVolumes.parse([WINDOWS_STICK])
  expect(volume && windowsDrive(volume)).toMatchObject({
    label: 'KINGSTON',
    serial: '60A44C413FC0F311',
    fileSystem: 'FAT32',
    device: 'E:',
    mount: { path: 'E:\\', readOnly: false, clusterBytes: 8_192 },
  })
})

test.each([
  ['inner', { BusType: 'NVMe' }],
  ['that Windows starts from', { IsBoot: true }],
  ['with the boot loader', { IsSystem: true }],
  ['whose bus is not told', { BusType: 'Unknown' }],
])('PowerShell: a disk %s is not offered', (_why, change) => {
  const [volume] = WindowsVolumes.parse([{ ...WINDOWS_STICK, ...change }])
  expect(volume && windowsDrive(volume)).toBeUndefined()
})

test('PowerShell: a stick without a letter is there, and can not be written to', () => {
  const [volume] = WindowsVolumes.parse([{ ...WINDOWS_STICK, DriveLetter: null }])
  expect(volume && windowsDrive(volume)?.mount).toBeNull()
})

test('a drive has its id wherever it is plugged in; one that says nothing of itself only while it is', () => {
  const stick = { serial: '60A4', volume: '64A5-F009', model: 'x', bytes: 1 }
  expect(driveIdOf({ ...stick, plug: '7' })).toBe(driveIdOf({ ...stick, plug: '8' }))
  expect(driveIdOf({ ...stick, plug: '7' })).not.toBe(
    driveIdOf({ ...stick, volume: 'other', plug: '7' }),
  )
  const silent = { serial: null, volume: null, model: 'x', bytes: 1 }
  expect(driveIdOf({ ...silent, plug: '7' })).not.toBe(driveIdOf({ ...silent, plug: '8' }))
})
