import { canMount, TestDrives } from '../tests/support/removable-drive.ts'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, TENANT, test } from './support/test.ts'

let drives: TestDrives

test.skip(!canMount, 'Sticks take the right to mount, and Linux.')
// Before Muster starts, which asks the `lsblk` that stands first on the path.
test.beforeAll(() => {
  drives = new TestDrives()
})
test.afterAll(() => drives.close())

test('a stick shows once it is plugged in, takes a bundle, is ejected, and its bundle is found again', async ({
  bareMuster,
  openWindow,
}) => {
  await bareMuster.through((client) =>
    client.mesh.createLocal({
      dialect: 'device-connect',
      tenant: TENANT,
      reach: { kind: 'loopback' },
    }),
  )
  const { page } = await openWindow(bareMuster)
  await page.evaluate((tenant) => {
    location.hash = `#/bundles?tenant=${tenant}`
  }, TENANT)
  await expect(page.getByText('No stick is plugged in')).toBeVisible()
  const stick = drives.plug({ format: 'exfat', label: 'FIELD', serial: '60A44C413FC0F311' })
  await page.getByRole('radio', { name: /^FIELD/u }).click()
  const newDevices = page.getByRole('combobox', { name: 'New devices' })
  await newDevices.fill('pump-1')
  await newDevices.press('Enter')
  await page.getByLabel('The bundle is for this computer').check()
  await page.getByLabel('I have written it down').check()
  await page.getByLabel('Name of the file').fill('farm')
  expect(await accessibilityComplaints(page)).toEqual([])
  await page.getByRole('button', { name: 'Hand over' }).click()
  await expect(page.getByText('The drive was ejected: pull it')).toBeVisible()
  await page.getByRole('button', { name: 'Show it' }).click()
  const receipt = page.getByRole('complementary', { name: 'Receipt of farm' })
  await expect(receipt.getByText('60A44C413FC0F311')).toBeVisible()
  await expect(receipt.getByText('From the medium itself')).toBeVisible()

  await page.getByRole('link', { name: 'Open', exact: true }).click()
  const path = stick.mount()
  await page.getByRole('radio', { name: path }).click()
  await expect(page.getByText('handed over by this profile')).toBeVisible()
  stick.pull()
  await expect(page.getByText('No stick is plugged in')).toBeVisible()
})
