import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { DrivesSnapshot } from '../../../src/shared/contract/bundles.ts'
import type { DeliveryProgress } from '../../../src/main/bundles/deliver/destination.ts'
import { DriveDestination } from '../../../src/main/bundles/deliver/drives/drive-destination.ts'
import { DriveWatch } from '../../../src/main/bundles/deliver/drives/drive-watch.ts'
import { LinuxDriveSource } from '../../../src/main/bundles/deliver/drives/linux-drive-source.ts'
import { NEVER } from '#shared/never.ts'
import { TestDrives, type TestDrive } from '../../support/removable-drive.ts'
import { withDrives } from '../../support/with-drives.ts'

const MEGABYTE = 1024 * 1024
const source = new LinuxDriveSource()
let drives: TestDrives

beforeEach(() => {
  drives = new TestDrives()
})

afterEach(() => drives.close())

const fileOf = (bytes = 3 * MEGABYTE, name = 'north.zip.age') => ({
  name,
  content: randomBytes(bytes),
  mode: 0o600,
})

async function destinationOn(drive: TestDrive, eject = false): Promise<DriveDestination> {
  const found = (await source.list(NEVER)).find(({ serial }) => serial === drive.serial)
  return DriveDestination.open(source, { id: found?.id ?? 'not found', eject }, NEVER)
}

const quiet = { signal: NEVER, onProgress: () => undefined }

withDrives('only what is plugged in is listed, with what a person chooses it by', async () => {
  drives.plug({ format: 'exfat', label: 'FIELD', serial: '60A44C' })
  const listed = await source.list(NEVER)
  expect(listed).toMatchObject([
    {
      label: 'FIELD',
      model: 'Test Flash Disk',
      serial: '60A44C',
      fileSystem: 'exfat',
      bytes: 16 * MEGABYTE,
      mount: { readOnly: false, viaFuse: true },
    },
  ])
  expect(listed[0]?.mount?.freeBytes).toBeGreaterThan(8 * MEGABYTE)
})

withDrives(
  'a stick shows while somebody looks, and is gone once it is pulled',
  async () => {
    const watch = new DriveWatch(source)
    const seen: DrivesSnapshot[] = []
    const stop = watch.subscribe((update) => seen.push(update))
    const names = () => seen.at(-1)?.drives.map(({ name }) => name)
    const within = { timeout: 60_000 }
    await vi.waitFor(() => expect(names()).toEqual([]), within)
    const drive = drives.plug({ format: 'ext4', label: 'LATE' })
    await vi.waitFor(() => expect(names()).toEqual(['LATE']), within)
    drive.pull()
    await vi.waitFor(() => expect(names()).toEqual([]), within)
    stop()
  },
  200_000,
)

withDrives(
  'what is mounted where the system lives is never offered, removable or not',
  async () => {
    const drive = drives.plug({ format: 'ext4' })
    drive.unmount()
    mkdirSync(join(drives.folder, 'system'))
    drive.mount(join(drives.folder, 'system'))
    expect(await source.list(NEVER)).toEqual([])
    drive.unmount()
    expect(await source.list(NEVER)).toMatchObject([{ mount: null }])
  },
)

withDrives.for(['ext4', 'exfat', 'fat'] as const)(
  'a bundle on %s is flushed, read back from the medium, and the stick ejected',
  async (format) => {
    const drive = drives.plug({ format })
    const destination = await destinationOn(drive, true)
    const file = fileOf()
    await destination.check({ bytes: file.content.length, names: [file.name] }, NEVER)
    const told: DeliveryProgress[] = []
    const delivered = await destination.deliver([file], {
      signal: NEVER,
      onProgress: (progress) => told.push(progress),
    })
    expect(delivered).toMatchObject([{ path: join(drive.path, file.name) }])
    expect(destination.facts).toMatchObject({ kind: 'drive', serial: 'SN-1', readFrom: 'medium' })
    expect(new Set(told.map(({ step }) => step))).toEqual(
      new Set(['writing', 'flushing', 'reading-back']),
    )
    await destination.eject?.(NEVER)
    expect(drive.files()).toEqual([])
    drive.mount()
    expect(file.content.equals(await readFile(join(drive.path, file.name)))).toBe(true)
  },
)

withDrives(
  'a byte that the medium changed is found, though the system remembers it well',
  async () => {
    const drive = drives.plug({ format: 'ext4' })
    const file = fileOf()
    const destination = await destinationOn(drive)
    const delivering = destination.deliver([file], {
      signal: NEVER,
      onProgress: ({ step, bytes }) => {
        if (step === 'flushing' && bytes > 0)
          drive.damage(file.content.subarray(2_000_000, 2_000_064))
      },
    })
    await expect(delivering).rejects.toMatchObject({ code: 'BUNDLE_READ_BACK' })
    expect(drive.files()).toEqual([])
  },
)

withDrives('a stick that is full leaves nothing half written', async () => {
  const drive = drives.plug({ format: 'exfat', megabytes: 8 })
  const destination = await destinationOn(drive)
  const file = fileOf(12 * MEGABYTE)
  const need = { bytes: file.content.length, names: [file.name] }
  await expect(destination.check(need, NEVER)).rejects.toMatchObject({ code: 'DISK_FULL' })
  await expect(destination.deliver([file], quiet)).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(drive.files()).toEqual([])
})

withDrives('a read-only stick is refused before anything is written', async () => {
  const drive = drives.plug({ format: 'ext4' })
  drive.unmount()
  drive.mount(drive.path, '-o', 'ro')
  const destination = await destinationOn(drive)
  await expect(destination.check({ bytes: 1, names: ['a'] }, NEVER)).rejects.toMatchObject({
    code: 'DRIVE_READ_ONLY',
  })
})

withDrives('names that Windows can not have are refused on exFAT', async () => {
  const destination = await destinationOn(drives.plug({ format: 'exfat' }))
  for (const name of ['aux.zip.age', 'a:b.zip', 'trailing.']) {
    await expect(destination.check({ bytes: 1, names: [name] }, NEVER)).rejects.toMatchObject({
      code: 'DRIVE_NAME',
    })
  }
})

withDrives('a stick that was mounted elsewhere meanwhile is found by what it is', async () => {
  const drive = drives.plug({ format: 'ext4' })
  const destination = await destinationOn(drive)
  const before = drive.path
  drive.unmount()
  drive.mount()
  await destination.deliver([fileOf(5_000)], quiet)
  expect(drive.path).not.toBe(before)
  expect(drive.files()).toEqual(['north.zip.age'])
  expect(destination.facts.path).toBe(drive.path)
})

withDrives('another stick in its place is refused, and stays untouched', async () => {
  const drive = drives.plug({ format: 'ext4' })
  const destination = await destinationOn(drive)
  drive.pull()
  const other = drives.plug({ format: 'ext4', serial: 'SN-2' })
  other.unmount()
  other.mount(drive.path)
  await expect(destination.deliver([fileOf(5_000)], quiet)).rejects.toMatchObject({
    code: 'DRIVE_SWAPPED',
  })
  expect(other.files()).toEqual([])
})

withDrives.for([
  ['exfat', 0],
  ['exfat', 50],
  ['exfat', 99],
  ['ext4', 0],
  ['ext4', 50],
  ['ext4', 99],
] as const)(
  'a %s stick that is pulled at %i % is told, and nothing lands elsewhere',
  async ([format, percent]) => {
    const drive = drives.plug({ format })
    const destination = await destinationOn(drive)
    const file = fileOf(6 * MEGABYTE)
    let pulled = false
    const delivering = destination.deliver([file], {
      signal: NEVER,
      onProgress: ({ step, bytes, total }) => {
        const share = ((step === 'reading-back' ? total : 0) + bytes) / (2 * total)
        if (pulled || step === 'flushing' || share * 100 < percent) return
        pulled = true
        drive.pull()
      },
    })
    await expect(delivering).rejects.toMatchObject({ code: expect.stringMatching(/_GONE$/u) })
    // The folder that it was mounted at is one of the system's disk now.
    expect(drive.files()).toEqual([])
    await destination.takeBack([])
  },
)

withDrives(
  'of two exports of one name to one stick one arrives, and neither touches the other',
  async () => {
    const drive = drives.plug({ format: 'ext4', megabytes: 32 })
    const [one, other] = [await destinationOn(drive), await destinationOn(drive)]
    const ended = await Promise.allSettled(
      [one, other].map((destination, index) =>
        destination.deliver([fileOf(), fileOf(2_000, `readme-${index}.txt`)], quiet),
      ),
    )
    const arrived = ended.flatMap((end) => (end.status === 'fulfilled' ? end.value : []))
    expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'FILE_EXISTS' },
    })
    expect(drive.files()).toEqual(arrived.map(({ name }) => name).toSorted())
  },
)

withDrives(
  'a stick that is in use is not ejected by force, and the person is told what to do',
  async () => {
    const drive = drives.plug({ format: 'ext4' })
    const destination = await destinationOn(drive, true)
    writeFileSync(join(drive.path, 'open'), '')
    const busy = await open(join(drive.path, 'open'), 'r')
    await expect(destination.eject?.(NEVER)).rejects.toMatchObject({ code: 'DRIVE_NOT_EJECTED' })
    await busy.close()
  },
)
