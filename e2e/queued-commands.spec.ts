import { randomUUID } from 'node:crypto'
import { expect, test, TENANT } from './support/test.ts'

test('a command queued for a device that is off runs when it is back; others are cancelled or expire', async ({
  window,
  devices,
  deviceFolder: folder,
  muster,
}) => {
  const gate = await devices.unbox({ kind: 'gate-lock', folder, ttlSeconds: 3 })
  const details = await window.commission.select(gate.id)
  await details.commission(gate.pin)
  await details.online(gate.id).waitFor()
  await details.panel.getByRole('button', { name: 'Open device' }).click()
  await window.fleet.row(gate.id, 'Online').waitFor()
  await gate.device.stop()
  await window.fleet.row(gate.id, 'Offline').waitFor()

  const device = window.fleet.device(gate.id)
  const queued = device.panel.getByRole('grid', { name: 'Queued commands' })
  const command = (name: string, state: string) =>
    queued.getByRole('row').filter({ hasText: name }).filter({ hasText: state })

  await test.step('where a function is called, it can be queued for when the device is back', async () => {
    await device.openFunction('unlock')
    await device.panel.getByLabel('Open for (seconds)').fill('20')
    await device.panel.getByLabel('Reason').fill('delivery of soil')
    await device.panel.getByRole('button', { name: 'Queue for when it is back' }).click()
    await device.panel.getByRole('button', { name: 'Show the queue' }).click()
    await command('unlock', 'Waiting').waitFor()
  })

  await test.step('one is cancelled, one expires', async () => {
    const order = { tenant: TENANT, deviceId: gate.id, params: {} }
    await muster.through(async ({ queue }) => {
      const day = { id: randomUUID(), expiresInMs: 86_400_000 }
      await queue.enqueue({ ...order, ...day, functionName: 'lock' })
      const moment = { id: randomUUID(), expiresInMs: 1_000 }
      await queue.enqueue({ ...order, ...moment, functionName: 'lock_at_once' })
    })
    await queued.getByRole('gridcell', { name: 'lock', exact: true }).click()
    const dialog = window.page.getByRole('dialog', { name: 'lock' })
    await dialog.getByRole('button', { name: 'Cancel this command' }).click()
    await expect(dialog).toContainText('Cancelled')
    await dialog.press('Escape')
    await command('lock_at_once', 'Expired').waitFor()
  })

  await test.step('the device comes back, runs what is left, and its answer is shown', async () => {
    await devices.switchOn(gate)
    await command('unlock', 'Done').click()
    const dialog = window.page.getByRole('dialog', { name: 'unlock' })
    const result = dialog.getByRole('region', { name: 'Result of the command' })
    await expect(result).toContainText('"seconds": 20')
    await dialog.press('Escape')
    await command('lock', 'Cancelled').waitFor()
  })
})
