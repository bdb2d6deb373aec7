import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { connect, jwtAuthenticator } from '@nats-io/transport-node'
import { MadeStore } from '../tests/support/nsc-made-store.ts'
import { accessibilityComplaints } from './support/accessibility.ts'
import { expect, test } from './support/test.ts'

test('a store of nsc is looked into, brought in, and its devices go on with what they have', async ({
  bareMuster,
  openWindow,
}) => {
  const store = await MadeStore.create()
  try {
    const operator = await store.operator('acme')
    const account = await operator.account('DEVICE_CONNECT')
    const device = await account.device('greenhouse', 'pump-1')
    await account.device('orchard', 'pump-2')
    await store.write('stores/acme/accounts/DEVICE_CONNECT/users/cut.jwt', device.jwt.slice(0, 99))
    const keyFile = store.path(store.keyPath(operator.key))

    const window = await openWindow(bareMuster)
    const { page, firstRun } = window
    await firstRun.welcome.waitFor()
    await page.getByRole('button', { name: /^Bring in a store of nsc/u }).click()
    await page.getByLabel('Another folder').fill(store.folder.slice(0, -2))
    await page.getByRole('option', { name: basename(store.folder) }).click()
    await expect(page.getByLabel('Another folder')).toHaveValue(`${store.folder}/`)
    await page.getByRole('button', { name: 'Look', exact: true }).click()

    const plan = page.getByRole('region', { name: 'What will happen' })
    await expect(plan.getByRole('row', { name: /DEVICE_CONNECT Shared account/u })).toContainText(
      'orchard',
    )
    const found = page.getByRole('region', { name: 'What was found' })
    await expect(found.getByRole('button', { name: /Damaged 1/u })).toBeVisible()
    await page.getByRole('radio', { name: /^Remove the files/u }).click()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByRole('heading', { name: 'Imported acme' }).waitFor()
    await expect(stat(keyFile)).rejects.toThrow(/ENOENT/u)

    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('radio', { name: /^On this computer/u }).click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Create the mesh' }).click()
    await firstRun.ready.waitFor()
    await firstRun.leave()
    await window.heading('Commission').waitFor()
    await window.mesh('Connected').waitFor()

    const url = await bareMuster.through(async (client) => {
      for await (const update of await client.mesh.watch()) return update.mesh.deviceUrls[0]
      return undefined
    })
    const client = await connect({
      servers: url ?? '',
      authenticator: jwtAuthenticator(device.jwt, new TextEncoder().encode(device.key.seed)),
      reconnect: false,
    })
    await client.flush()
    await client.close()
  } finally {
    await store.remove()
  }
})
