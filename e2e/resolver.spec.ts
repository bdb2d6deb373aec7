import { freeTcpPort } from '../tests/support/free-tcp-port.ts'
import { startNatsServer } from '../tests/support/nats-server.ts'
import { expect, test } from './support/test.ts'

test('a server elsewhere gets this profile’s accounts, and says that it has them', async ({
  window,
}) => {
  const { page } = window
  const port = await freeTcpPort()
  await window.go('Settings')
  await page.getByRole('button', { name: 'Manage a server…' }).click()
  const form = page.getByRole('dialog', { name: 'Manage a server with this profile’s operator' })
  await form.getByLabel('Name', { exact: true }).fill('Plant 7')
  await form.getByRole('button', { name: 'Show the configuration' }).click()
  await expect(form.getByText('Name at least one server.')).toBeVisible()
  await form.getByLabel('Addresses').fill(`nats://127.0.0.1:${port}`)
  await form.getByRole('button', { name: 'Show the configuration' }).click()

  const configuration = page.getByRole('region', { name: 'Server configuration' })
  await expect(configuration).toContainText('system_account')
  const server = await startNatsServer({ config: (await configuration.textContent()) ?? '', port })
  try {
    await page.getByRole('button', { name: 'Use this mesh' }).click()
    await window.mesh('Connected').filter({ hasText: 'Plant 7' }).waitFor()

    await page.evaluate(() => {
      location.hash = '#/keys/resolver'
    })
    await expect(page.getByText(/^All \d+ accounts in step$/u)).toBeVisible()
    await expect(page.getByRole('list', { name: 'Servers' }).getByRole('listitem')).toHaveCount(1)
    const accounts = page.getByRole('grid', { name: 'Accounts on the servers' })
    await accounts.getByRole('row', { name: /REGISTRY/u }).click()
    await expect(page.getByRole('complementary', { name: 'Account REGISTRY' })).toContainText(
      'Every server has what this profile recorded.',
    )
  } finally {
    await window.go('Settings')
    await page.getByRole('button', { name: 'Use', exact: true }).first().click()
    await server.stop()
  }
})
