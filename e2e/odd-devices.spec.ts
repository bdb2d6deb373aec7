import { HOSTILE_TEXT } from '../src/simulator/commissioning-faults.ts'
import { expect, test } from './support/test.ts'

// What is left of it once control characters and the direction override are out.
const SHOWN_TEXT = HOSTILE_TEXT.replaceAll(/[\p{Cc}\p{Cf}]/gu, '')

test('markup and control characters in the names of a device are text and nothing else', async ({
  window,
  devices,
}) => {
  const { page } = window
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  const odd = await devices.unbox({ kind: 'gate-lock', faults: { hostileText: true } })
  const details = await window.commission.select(odd.id)
  await expect(details.panel.getByText(SHOWN_TEXT).first()).toBeVisible()
  await details.commission(odd.pin)
  await details.online(odd.id).waitFor()
  await details.panel.getByRole('button', { name: 'Open device' }).click()
  const device = window.fleet.device(odd.id)
  await expect(device.panel.getByText(SHOWN_TEXT).first()).toBeVisible()

  await expect(page.locator('img[src="x"]')).toHaveCount(0)
  const text = await page.locator('body').innerText()
  // Tabs and line feeds are what the page itself is made of.
  expect(text.replaceAll(/[\t\n]/gu, ' ')).not.toMatch(/[\p{Cc}\u202A-\u202E]/u)
  expect(dialogs).toEqual([])
})

const ODD_INFO = [
  {
    what: 'malformed',
    faults: { info: 'malformed' },
    says: 'does not speak the commissioning protocol',
  },
  { what: 'huge', faults: { info: 'huge' }, says: 'sends more than 64 KiB' },
  { what: 'redirected', faults: { info: 'redirect' }, says: 'Muster does not follow' },
  { what: "another device's", faults: { infoDeviceId: 'pump-9' }, says: 'calls itself pump-9' },
  {
    what: 'without a valid key',
    faults: { infoNkey: 'UNOTAKEY' },
    says: 'reports a public key that is not one',
  },
] as const

for (const { what, faults, says } of ODD_INFO) {
  test(`a device whose answer is ${what} is told so, and gets no PIN`, async ({
    window,
    devices,
  }) => {
    const odd = await devices.unbox({ kind: 'climate-node', faults })
    const details = await window.commission.select(odd.id)
    await expect(details.problem).toContainText(says)
    await expect(details.pin).toBeHidden()
    // Mended, it can be commissioned without looking for it again.
    odd.device.setFaults({})
    await details.panel.getByRole('button', { name: 'Ask again' }).click()
    await expect(details.pin).toBeVisible()
  })
}

test('a device that vanishes before its PIN is sent gets no credential', async ({
  window,
  devices,
}) => {
  const node = await devices.unbox({ kind: 'climate-node', advertised: false })
  await window.commission.addByAddress(`127.0.0.1:${node.device.port}`)
  const details = window.commission.details(node.id)
  await details.pin.waitFor()
  await node.device.stop()
  await details.commission(node.pin)
  await expect(details.problem).toContainText('Nothing answers at 127.0.0.1')
  await expect(details.step('Issue its credential')).toContainText('not begun')
})

test('a device that vanishes midway is told so, and what it may have got is withdrawn', async ({
  window,
  devices,
}) => {
  const node = await devices.unbox({
    kind: 'climate-node',
    faults: { commissionDelayMs: 60_000 },
  })
  const details = await window.commission.select(node.id)
  await details.commission(node.pin)
  await expect(details.step('Prove the PIN')).toContainText('running')
  await node.device.stop()
  await expect(details.step('Prove the PIN')).toContainText('The answer to the PIN got lost')
  await details.cancel.click()
  await expect(details.panel).toContainText('Cancelled')
  await expect(details.step('Issue its credential')).toContainText('taken back')

  await window.go('Fleet')
  await expect(window.fleet.row(node.id)).toBeHidden()
})

test('a device that takes its credential and never comes online can be given up', async ({
  window,
  devices,
}) => {
  const node = await devices.unbox({
    kind: 'climate-node',
    faults: { commission: 'never-online' },
  })
  const details = await window.commission.select(node.id)
  await details.commission(node.pin)
  await expect(details.panel).toContainText('If it does not connect within')
  await window.go('Fleet')
  await window.fleet.row(node.id, 'Pending').waitFor()

  await window.go('Commission')
  await window.page.getByRole('button', { name: new RegExp(`^${node.id}`, 'u') }).click()
  await details.cancel.click()
  await expect(details.step('Issue its credential')).toContainText('taken back')
})
