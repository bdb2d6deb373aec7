import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test, TENANT } from './support/test.ts'

test('tenants are made from a list, limited, wired, looked through and cleared', async ({
  window,
}) => {
  const { page } = window
  const folder = await mkdtemp(join(tmpdir(), 'muster-batch-'))
  const grid = page.getByRole('grid', { name: 'Tenants' })
  const row = (name: string) => grid.getByRole('row').filter({ hasText: name })
  await window.go('Tenants')

  await test.step('a list with faults is told line by line, and makes nothing', async () => {
    await page.getByRole('button', { name: 'Batch…' }).click()
    const list = page.getByRole('textbox', { name: 'Tenants', exact: true })
    await list.fill(`north\r\nsouth,1\n${TENANT}\nnorth`)
    const problems = page.getByRole('region', { name: 'Lines that can not be used' })
    await expect(problems).toContainText('There is a tenant of this name already.')
    await expect(problems).toContainText('The same name stands in line 1.')
    await page.getByLabel('Folder for the credential files').fill(folder)
    await expect(page.getByRole('button', { name: 'Create 2 tenants' })).toBeDisabled()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await list.fill('north\nsouth,1')
    await page.getByLabel('Credentials each').fill('2')
  })

  await test.step('the list without them makes tenants and credential files', async () => {
    await page.getByRole('button', { name: 'Create 2 tenants' }).click()
    await expect(page.getByText('2 tenants were created, with 3 credential files')).toBeVisible()
    await expect(row('north')).toContainText('Ready')
    const files = (await readdir(folder, { recursive: true })).filter((name) =>
      name.endsWith('.creds.json'),
    )
    expect(files.toSorted()).toEqual([
      'north/credentials/device-1.creds.json',
      'north/credentials/device-2.creds.json',
      'south/credentials/device-1.creds.json',
    ])
    const seed = /"nkey_seed": "(SU[A-Z2-7]+)"/u.exec(
      await readFile(join(folder, files[0] ?? ''), 'utf8'),
    )?.[1]
    expect(seed).toBeDefined()
    expect(await page.content()).not.toContain(seed)
  })

  await test.step('limits are set, and shown in the list', async () => {
    await row('north').click()
    const details = page.getByRole('complementary', { name: 'Details of north' })
    await details.getByRole('tab', { name: 'Limits' }).click()
    await details.getByLabel('Connections').fill('25')
    await details.getByRole('button', { name: 'Set limits' }).click()
    await expect(details.getByRole('button', { name: 'Set limits' })).toBeDisabled()
    await details.getByRole('tab', { name: 'Overview' }).click()
    await expect(details).toContainText('0 of 25')
    expect.soft(await accessibilityComplaints(page)).toEqual([])
  })

  await test.step('what another tenant offers is taken in', async () => {
    const details = page.getByRole('complementary', { name: 'Details of north' })
    await details.getByRole('tab', { name: 'Wiring' }).click()
    await details.getByRole('button', { name: 'Add an import' }).click()
    const dialog = page.getByRole('dialog', { name: 'Import into north' })
    await dialog.getByRole('combobox', { name: 'From' }).click()
    await page.getByRole('option', { name: 'south' }).click()
    await dialog.getByLabel('Subject there').fill('device-connect.south.*.event.>')
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(details.getByRole('list', { name: 'Imports' })).toContainText(
      'device-connect.north.from.south.*.event.>',
    )
    expect.soft(await accessibilityComplaints(page)).toEqual([])
  })

  await test.step('it is seen with the eyes of the tenant, without a way to change anything', async () => {
    await page.getByRole('button', { name: 'View as this tenant' }).click()
    await expect(
      page.getByRole('heading', { name: 'You see with the eyes of north' }),
    ).toBeVisible()
    await expect(page.getByText('Connected', { exact: true })).toBeVisible()
    await expect(page.getByText('Read-only')).toBeVisible()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await page.getByRole('button', { name: 'Leave this view' }).click()
  })

  for (const name of ['north', 'south']) {
    await test.step(`${name} is cleared once its name is typed`, async () => {
      await row(name).click()
      const details = page.getByRole('complementary', { name: `Details of ${name}` })
      await details.getByRole('tab', { name: 'Overview' }).click()
      await details.getByRole('button', { name: 'Clear this tenant…' }).click()
      const dialog = page.getByRole('dialog', { name: `Clear ${name}?` })
      await expect(dialog).toContainText('the account, off the resolver')
      const clear = dialog.getByRole('button', { name: 'Clear the tenant' })
      await expect(clear).toBeDisabled()
      await dialog.getByLabel(`Type ${name} to confirm`).fill(name)
      await clear.click()
      await expect(row(name)).toHaveCount(0)
    })
  }
  await rm(folder, { recursive: true, force: true })
})
