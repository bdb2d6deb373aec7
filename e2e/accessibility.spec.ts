import { accessibilityComplaints } from './support/accessibility.ts'
import { tabTo } from './support/keyboard.ts'
import { expect, test } from './support/test.ts'

test('a device is commissioned without a mouse', async ({ window, devices }) => {
  const { page, commission } = window
  const node = await devices.unbox({ kind: 'climate-node' })
  await tabTo(page, commission.waiting(node.id))
  await page.keyboard.press('Enter')
  const details = commission.details(node.id)
  // The PIN is the one thing to type, so it has the focus already.
  await expect(details.pin).toBeFocused()
  await page.keyboard.type(node.pin)
  await page.keyboard.press('Enter')
  await details.online(node.id).waitFor()
  await tabTo(page, details.panel.getByRole('button', { name: 'Open device' }))
  await page.keyboard.press('Enter')

  const device = window.fleet.device(node.id)
  await tabTo(page, device.panel.getByRole('tab', { name: 'Overview' }))
  await page.keyboard.press('ArrowRight')
  const reading = device.panel.getByRole('button', { name: /^read_climate/u })
  await tabTo(page, reading)
  await page.keyboard.press('Enter')
  await tabTo(page, device.panel.getByRole('button', { name: 'Call', exact: true }))
  await page.keyboard.press('Enter')
  await expect(device.answer).toContainText('temperature_celsius')
})

test('the palette finds a screen by its name', async ({ window }) => {
  const { page } = window
  await page.keyboard.press('Control+k')
  const search = page.getByPlaceholder('Search devices, screens and actions')
  await expect(search).toBeFocused()
  await page.keyboard.type('settings')
  await expect(page.getByText('Search the network')).toBeHidden()
  await page.keyboard.press('Enter')
  await window.heading('Settings').waitFor()
})

for (const colours of ['Light', 'Dark'] as const) {
  test(`every screen in ${colours.toLowerCase()} colours holds to WCAG 2.2 AA`, async ({
    window,
    devices,
  }) => {
    const { page } = window
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const node = await devices.unbox({ kind: 'climate-node' })
    await window.go('Settings')
    await window.chooseColours(colours)
    expect.soft(await accessibilityComplaints(page)).toEqual([])

    await window.go('Commission')
    const details = await window.commission.select(node.id)
    await details.pin.waitFor()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await details.commission(node.wrongPin)
    await details.problem.waitFor()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await details.tryAgain.click()
    await details.commission(node.pin)
    await details.online(node.id).waitFor()
    expect.soft(await accessibilityComplaints(page)).toEqual([])

    await details.panel.getByRole('button', { name: 'Open device' }).click()
    const device = window.fleet.device(node.id)
    await window.fleet.row(node.id, 'Online').waitFor()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await device.openFunction('set_target')
    await device.panel.getByLabel('Temperature (°C)').waitFor()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
    await device.showTab('Events')
    await device.events('climate_reading').first().waitFor()
    expect.soft(await accessibilityComplaints(page)).toEqual([])
  })
}
