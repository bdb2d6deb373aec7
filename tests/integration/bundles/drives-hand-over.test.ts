import { afterAll, beforeAll, expect } from 'vitest'
import type { BundleOrder } from '../../../src/shared/contract/bundles.ts'
import { findBundles } from '../../../src/main/bundles/open/find-bundles.ts'
import type { DeliveryProgress } from '../../../src/main/bundles/deliver/destination.ts'
import {
  DriveDestination,
  folderOfDrive,
} from '../../../src/main/bundles/deliver/drives/drive-destination.ts'
import { LinuxDriveSource } from '../../../src/main/bundles/deliver/drives/linux-drive-source.ts'
import { NEVER } from '#shared/never.ts'
import { canMount, TestDrives, type TestDrive } from '../../support/removable-drive.ts'
import { withDrives } from '../../support/with-drives.ts'
import { BundleSite } from './support/bundle-site.ts'

const source = new LinuxDriveSource()
let site: BundleSite
let drives: TestDrives
/** Told of each piece, before the bundle's own progress. */
let onProgress: (progress: DeliveryProgress) => void = () => undefined

beforeAll(async () => {
  if (!canMount) return
  drives = new TestDrives()
  site = await BundleSite.create()
  site.folderOfDrive = (id, signal) => folderOfDrive(source, id, signal)
  site.openDestination = async (choice, signal) => {
    if (choice.kind !== 'drive') throw new Error('these go onto drives')
    const drive = await DriveDestination.open(source, choice, signal)
    const deliver = drive.deliver.bind(drive)
    drive.deliver = (files, run) =>
      deliver(files, {
        ...run,
        onProgress: (progress) => {
          onProgress(progress)
          run.onProgress(progress)
        },
      })
    return drive
  }
})

afterAll(async () => {
  if (!canMount) return
  await site.close()
  drives.close()
})

async function orderFor(
  { serial }: TestDrive,
  device: string,
  sealing: BundleOrder['sealing'] = { kind: 'plain', confirmed: true },
): Promise<BundleOrder> {
  const found = (await source.list(NEVER)).find((drive) => drive.serial === serial)
  return site.order(
    { newDevices: [device] },
    { sealing, destination: { kind: 'drive', id: found?.id ?? 'none', eject: true } },
  )
}

const entriesOf = (name: string) =>
  site.app.authority.ledger.entriesOfTenant('north').filter((entry) => entry.name === name)

withDrives(
  'a bundle goes onto a stick, which is ejected, and its receipt knows the stick',
  async () => {
    const drive = drives.plug({ format: 'exfat', label: 'FIELD', serial: '60A44C413FC0F311' })
    const { job, receipt } = await site.made(await orderFor(drive, 'on-stick'))
    expect(job).toMatchObject({ state: 'done', ejection: { state: 'done' } })
    expect(receipt?.destination).toEqual({
      kind: 'drive',
      label: 'FIELD (Test Flash Disk)',
      path: drive.path,
      serial: '60A44C413FC0F311',
      fileSystem: 'exFAT',
      syncedBy: null,
      readFrom: 'medium',
    })
    await site.bundles.printReceipt(job.id)
    expect(String(site.saved.at(-1)?.content)).toContain('60A44C413FC0F311')
    expect(site.audit.at(-1)?.reason).toContain('serial 60A44C413FC0F311')
    expect(drive.files()).toEqual([])
    drive.mount()
    expect(drive.files()).toEqual(['test.zip'])
  },
)

withDrives('nothing is issued for a stick that is read-only', async () => {
  const drive = drives.plug({ format: 'ext4', serial: 'SN-ro' })
  drive.unmount()
  drive.mount(drive.path, '-o', 'ro')
  await expect(site.bundles.create(await orderFor(drive, 'never'))).rejects.toMatchObject({
    code: 'DRIVE_READ_ONLY',
  })
  expect(entriesOf('never')).toEqual([])
})

withDrives('a stick that is pulled before the end takes its credentials out of use', async () => {
  const drive = drives.plug({ format: 'ext4', serial: 'SN-pulled' })
  const order = await orderFor(drive, 'pulled', {
    kind: 'passphrase',
    passphrase: 'five-green-owls-doze',
  })
  onProgress = ({ step, bytes, total }) => {
    if (step === 'reading-back' && bytes < total && drive.plugged) drive.pull()
  }
  const { job } = await site.made(order)
  onProgress = () => undefined
  expect(job).toMatchObject({ state: 'failed', problem: { code: 'DESTINATION_GONE' } })
  expect(entriesOf('pulled')).toMatchObject([{ state: 'struck' }])
  // It comes back with what was half written on it, which the window finds and wipes.
  drive.plugged = true
  drive.mount()
  const found = await findBundles(drive.path, () => undefined, NEVER)
  expect(found.map(({ kind }) => kind)).toContain('part')
})
