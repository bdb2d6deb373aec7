import { credentialClaims } from './support/devices.ts'
import { expect, test, TENANT } from './support/test.ts'

test('a device appears, refuses a wrong PIN, takes the right one, and is called and heard', async ({
  window,
  devices,
}) => {
  const gate = await devices.unbox({ kind: 'gate-lock' })
  const details = await window.commission.select(gate.id)

  await test.step('a wrong PIN says how many attempts are left', async () => {
    await expect(details.panel).toContainText('Key fingerprint')
    await details.commission(gate.wrongPin)
    await expect(details.problem).toContainText('this PIN is wrong. 2 attempts are left')
    await expect(details.step('Issue its credential')).toContainText('taken back')
    await details.tryAgain.click()
  })

  await test.step('the right PIN brings it online and off the list', async () => {
    await details.commission(gate.pin)
    await details.online(gate.id).waitFor()
    await expect(window.commission.waiting(gate.id)).toBeHidden()
    await details.panel.getByRole('button', { name: 'Open device' }).click()
    await window.fleet.row(gate.id, 'Online').waitFor()
  })

  const device = window.fleet.device(gate.id)
  await test.step('its record and its credential are shown', async () => {
    await expect(device.panel).toContainText(/Online: (?:last heartbeat|it registered)/u)
    await expect(device.panel).toContainText('Bolt & Beam')
    await expect(device.panel.getByRole('listitem').filter({ hasText: 'Active' })).toBeVisible()
    await device.showTab('Record')
    const record = device.panel.getByRole('region', { name: 'Record of the device' })
    await expect(record).toContainText(`"device_id": "${gate.id}"`)
  })

  await test.step('a function is called by its form, which holds to the schema', async () => {
    await device.openFunction('unlock')
    await device.panel.getByLabel('Open for (seconds)').fill('500')
    await device.panel.getByLabel('Reason').fill('delivery of soil')
    await device.call()
    await expect(device.panel).toContainText('300')
    await expect(device.answer).toBeHidden()
    await device.panel.getByLabel('Open for (seconds)').fill('20')
    await device.call()
    await expect(device.answer).toContainText('"gate": "unlocked"')
    await expect(device.answer).toContainText('"seconds": 20')
  })

  await test.step('its events come in by themselves', async () => {
    await device.showTab('Events')
    await device.events('watch_report').first().getByRole('button').click()
    const payload = device.panel.getByRole('region', { name: 'Payload' })
    await expect(payload).toContainText('passages_today')
  })

  await test.step('it is found by a selector, and a mistake in one is shown', async () => {
    await window.fleet.search(`device(type:gate-lock,${gate.id})`)
    await window.fleet.row(gate.id, 'Online').waitFor()
    await window.fleet.search('device(type:gate-lock')
    await expect(window.fleet.problem).toContainText('is not closed')
  })
})

test('a malformed PIN never reaches the device, and three wrong ones lock it', async ({
  window,
  devices,
}) => {
  const pump = await devices.unbox({ kind: 'irrigation-pump' })
  const details = await window.commission.select(pump.id)
  await details.commission('1234-56')
  await expect(details.panel).toContainText('Nothing was sent to the device')
  await details.pin.clear()

  // All three attempts are there still.
  for (const left of ['2 attempts are left', 'One attempt is left', 'That was the last attempt']) {
    await details.commission(pump.wrongPin)
    await expect(details.problem).toContainText(left)
    await details.tryAgain.click()
  }
  await details.commission(pump.pin)
  await expect(details.problem).toContainText('locked after too many wrong PINs')
  await expect(details.problem).toContainText(/The lock opens in 59:\d\d/u)
})

test('a device leaves the list when it says goodbye, and its details say so', async ({
  window,
  devices,
}) => {
  const light = await devices.unbox({ kind: 'grow-light' })
  const details = await window.commission.select(light.id)
  await details.pin.waitFor()
  await light.device.stop()
  await expect(window.commission.waiting(light.id)).toBeHidden()
  await expect(window.page.getByText('This device has left the network')).toBeVisible()
})

test('a device that mDNS does not show is added by its address', async ({ window, devices }) => {
  const node = await devices.unbox({ kind: 'climate-node', advertised: false })
  await window.commission.addByAddress(`127.0.0.1:${node.device.port}`)
  const details = window.commission.details(node.id)
  await details.commission(node.pin)
  await details.online(node.id).waitFor()
})

test('a device without a key of its own is commissioned only once the risk is accepted', async ({
  window,
  devices,
}) => {
  const node = await devices.unbox({ kind: 'climate-node', reportsKey: false })
  const details = await window.commission.select(node.id)
  await expect(details.panel).toContainText('This device has no key of its own')
  await details.pin.pressSequentially(node.pin)
  await expect(details.submit).toBeDisabled()
  await details.panel.getByLabel('I understand; send the key in clear text').check()
  await details.submit.click()
  await details.online(node.id).waitFor()
})

test('name and zone that were given stand in the credential, and the zone stays for the next', async ({
  window,
  devices,
  deviceFolder: folder,
}) => {
  const node = await devices.unbox({ kind: 'climate-node', folder })
  const next = await devices.unbox({ kind: 'climate-node' })
  const details = await window.commission.select(node.id)
  await details.panel.getByRole('button', { name: 'Name, type and zone' }).click()
  await details.panel.getByLabel('Name').fill('Thermometer 7')
  await details.panel.getByLabel('Zone').fill('north bed')
  await details.commission(node.pin)
  await details.online(node.id).waitFor()
  await expect(details.panel).toContainText(`In tenant ${TENANT}`)
  const { name } = await credentialClaims(folder, node.id)
  expect(name).toContain('Thermometer 7')
  expect(name).toContain('north bed')

  const other = await window.commission.select(next.id)
  await expect(other.panel.getByLabel('Zone')).toHaveValue('north bed')
  await expect(other.panel.getByLabel('Name')).toHaveValue('')
})
