import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { Muster } from './support/muster.ts'
import { MusterWindow } from './support/muster-window.ts'
import { expect, test } from './support/test.ts'

const PASSPHRASE = 'a barge of slow lamps'

test(
  'a lost laptop: kit and backup bring the fleet back on another one',
  { tag: '@link' },
  async ({ bareMuster, openWindow, devices, deviceFolder, host, browser }) => {
    const node = await devices.unbox({ kind: 'climate-node' })
    const window = await openWindow(bareMuster)
    await window.firstRun.chooseLocalMesh()
    await window.firstRun.createMesh('greenhouse')
    await window.firstRun.leave()
    await window.commission.commission(node.id, node.pin)

    const { page } = window
    await page.evaluate(() => {
      location.hash = '#/keys/recovery'
    })
    await expect(page.getByText('With this computer the fleet would be lost')).toBeVisible()
    await page.getByRole('button', { name: 'Make a kit…' }).last().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await dialog.getByLabel('Repeat the passphrase').fill(PASSPHRASE)
    const kit = await downloadOf(page, deviceFolder, () =>
      dialog.getByRole('button', { name: 'Make the kit' }).click(),
    )
    await dialog.getByRole('button', { name: 'Rehearse it now' }).click()
    await presentKit(page, kit)
    await page.getByRole('button', { name: 'Rehearse', exact: true }).click()
    await page.getByText('This kit would bring the fleet back').waitFor()
    await page.getByRole('button', { name: 'Close', exact: true }).last().click()
    await page.getByText('A rehearsed kit holds all identity keys').waitFor()
    const backup = await downloadOf(page, deviceFolder, () =>
      page.getByRole('button', { name: 'Back up…' }).click(),
    )
    await bareMuster.stop()

    const other = await Muster.start('memory', host)
    try {
      const context = await browser.newContext()
      const next = await openOther(other, await context.newPage())
      await next.getByRole('button', { name: /Restore from a recovery kit/u }).click()
      await presentKit(next, kit)
      await chooseFile(next, 'Backup of the database', backup)
      await next.getByRole('button', { name: 'Restore', exact: true }).click()
      await next.getByText(/^The deployment of .* is back$/u).waitFor()
      await next.getByRole('button', { name: 'Go on' }).click()
      await next.getByRole('button', { name: 'Go to Commission' }).click()
      // The device knows nothing of all this: it connects with the credential that it has.
      await node.device.device?.whenState('online')
      const fleet = new MusterWindow(next)
      await fleet.go('Fleet')
      await fleet.fleet.row(node.id, 'Online').waitFor()
      await context.close()
    } finally {
      await other.dispose()
    }
  },
)

async function openOther(muster: Muster, page: Page): Promise<Page> {
  await page.goto(await muster.link())
  return page
}

async function downloadOf(page: Page, folder: string, act: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  const path = join(folder, download.suggestedFilename())
  await download.saveAs(path)
  return path
}

async function presentKit(page: Page, path: string): Promise<void> {
  await chooseFile(page, 'Kit file', path)
  await page.getByLabel('Passphrase', { exact: true }).last().fill(PASSPHRASE)
}

async function chooseFile(page: Page, label: string, path: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByLabel(label).click(),
  ])
  await chooser.setFiles(path)
}
