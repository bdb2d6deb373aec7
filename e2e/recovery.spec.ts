import { childOf, NATS_SERVER, REGISTRY_SIDECAR } from '../tests/support/processes.ts'
import { expect, test } from './support/test.ts'

const PASSPHRASE = 'four grey herons wade'

test('a registry that is killed comes back by itself with its devices, and Muster says so', async ({
  muster,
  window,
  devices,
}) => {
  const node = await devices.unbox({ kind: 'climate-node' })
  await window.commission.commission(node.id, node.pin)
  await window.go('Fleet')
  await window.fleet.row(node.id, 'Online').waitFor()

  process.kill(await childOf(muster.pid, REGISTRY_SIDECAR), 'SIGKILL')
  await window.notice('The registry stopped and was started again').waitFor()
  await window.health('OK').waitFor()
  const device = await window.fleet.open(node.id)
  await device.openFunction('read_climate')
  await device.call()
  await expect(device.answer).toContainText('temperature_celsius')
  await window.fleet.row(node.id, 'Online').waitFor()
})

test('a nats-server that is killed is started again, and devices come back to it', async ({
  muster,
  window,
  devices,
}) => {
  const node = await devices.unbox({ kind: 'climate-node' })
  await window.commission.commission(node.id, node.pin)
  await window.go('Fleet')
  const device = await window.fleet.open(node.id)
  await device.showTab('Events')
  await device.events('climate_reading').first().waitFor()

  process.kill(await childOf(muster.pid, NATS_SERVER), 'SIGKILL')
  await window.notice('The connection to the mesh was lost').waitFor()
  await window.notice('The local mesh stopped and was started again').waitFor()
  await window.mesh('Connected').waitFor()
  await node.device.device?.whenState('online')
  await window.fleet.row(node.id, 'Online').waitFor()
  await window.health('OK').waitFor()

  await device.panel.getByRole('button', { name: 'Clear' }).click()
  await device.events('climate_reading').first().waitFor()
  await device.openFunction('read_climate')
  await device.call()
  await expect(device.answer).toContainText('temperature_celsius')
})

test(
  'a window whose tunnel breaks says so and goes on by itself when it is back',
  { tag: '@link' },
  async ({ muster, openLink, openTunnel, devices }) => {
    const tunnel = await openTunnel(await muster.link())
    const window = await openLink(tunnel.through(await muster.link()))
    await window.heading('Commission').waitFor()

    await tunnel.cut()
    await window.connectionLost.waitFor()
    const node = await devices.unbox({ kind: 'climate-node' })
    await tunnel.restore()
    await expect(window.connectionLost).toBeHidden()
    // It appeared while the window was cut off.
    await window.commission.commission(node.id, node.pin)
  },
)

test(
  'a window whose Muster was started again says that it takes a new link',
  { tag: '@link' },
  async ({ bareMuster, openLink, openTunnel }) => {
    const tunnel = await openTunnel(await bareMuster.link())
    const window = await openLink(tunnel.through(await bareMuster.link()))
    await window.firstRun.welcome.waitFor()
    await bareMuster.crash()
    await window.connectionLost.waitFor()
    await bareMuster.start()
    tunnel.retarget(await bareMuster.link())
    await window.page.getByRole('heading', { name: 'This link no longer opens Muster' }).waitFor()
    const again = await openLink(tunnel.through(await bareMuster.link()))
    await again.firstRun.welcome.waitFor()
  },
)

test.describe('with keys in a vault', () => {
  test.use({ keys: 'vault' })

  test('Muster crashes and is started again on its profile: the fleet is back as it was', async ({
    bareMuster,
    openWindow,
    devices,
  }) => {
    const node = await devices.unbox({ kind: 'climate-node' })
    const window = await openWindow(bareMuster)
    await window.firstRun.chooseLocalMesh()
    await window.firstRun.createVault(PASSPHRASE)
    await window.firstRun.createMesh('greenhouse')
    await window.firstRun.leave()
    await window.commission.commission(node.id, node.pin)

    await bareMuster.crash()
    await bareMuster.start()
    const again = await openWindow(bareMuster)
    await again.firstRun.unlock.waitFor()
    await again.firstRun.unlockVault('four grey herons fly')
    await expect(again.page.getByRole('alert')).toContainText('passphrase')
    await again.firstRun.unlockVault(PASSPHRASE)
    await again.go('Fleet')
    await again.mesh('Connected').waitFor()
    await node.device.device?.whenState('online')
    await again.fleet.row(node.id, 'Online').waitFor()
    const device = await again.fleet.open(node.id)
    await device.openFunction('read_climate')
    await device.call()
    await expect(device.answer).toContainText('temperature_celsius')
  })
})
