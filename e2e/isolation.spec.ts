import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

// The report is downloaded: in Electron a dialog of the system would ask where to.
test(
  'isolation is proven, handed on as a file, and the file is checked',
  { tag: '@link' },
  async ({ bareMuster, openWindow }) => {
    await bareMuster.through(async (client) => {
      await client.mesh.createLocal({
        dialect: 'device-connect',
        tenant: 'north',
        reach: { kind: 'loopback' },
      })
      await client.tenants.create({ name: 'south' })
    })
    const window = await openWindow(bareMuster)
    const { page } = window
    await window.go('Tenants')
    await page.getByRole('button', { name: 'Isolation proof' }).click()
    await page.getByRole('button', { name: 'Start the proof' }).click()
    await expect(page.getByRole('heading', { name: 'These tenants are isolated' })).toBeVisible()

    // Each probe of a pair, by the keyboard alone.
    await page.getByRole('grid', { name: 'Attackers by victims' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const pair = page.getByRole('region', { name: 'north against south' })
    await expect(
      pair.getByRole('row', { name: /Read replies on _INBOX.> Held Held/u }),
    ).toBeVisible()

    expect.soft(await accessibilityComplaints(page)).toEqual([])

    const report = await exported(page)
    expect(report).toContain('<h1>Isolation proof</h1>')
    await check(page, report)
    await expect(page.getByText('Genuine, and signed by this operator')).toBeVisible()
    await page.keyboard.press('Escape')
    await check(page, report.replace('The tenants are isolated', 'The tenants are very isolated'))
    await expect(page.getByText('the page shows something else')).toBeVisible()
  },
)

/** The HTML of the report that is shown. */
async function exported(page: Page): Promise<string> {
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export HTML' }).click()
  const download = await coming
  expect(download.suggestedFilename()).toMatch(/^isolation-.*\.html$/u)
  return await readFile(await download.path(), 'utf8')
}

async function check(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Check a report' }).click()
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a file' }).click()
  const chooser = await choosing
  await chooser.setFiles({ name: 'report.html', mimeType: 'text/html', buffer: Buffer.from(text) })
}
