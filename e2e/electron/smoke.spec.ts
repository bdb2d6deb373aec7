import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication } from '@playwright/test'
import { MusterWindow } from '../support/muster-window.ts'
import { expect, test as base } from '../support/test.ts'

const ROOT = resolve(import.meta.dirname, '../..')

interface Fixtures {
  /** The built app in Electron, on a throwaway profile with keys in memory only. */
  readonly electronApp: ElectronApplication
  readonly appWindow: MusterWindow
}

const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads a fixture's needs from it
  electronApp: async ({}, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'muster-e2e-electron-'))
    const app = await _electron.launch({
      cwd: ROOT,
      args: [ROOT, '--demo', '--profile', profile, '--discover-on', '127.0.0.1'],
    })
    await use(app)
    await app.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  },
  appWindow: async ({ electronApp }, use) => {
    await use(new MusterWindow(await electronApp.firstWindow()))
  },
})

test('the window opens, makes a mesh, commissions a device and calls it', async ({
  appWindow: window,
  devices,
}) => {
  const node = await devices.unbox({ kind: 'climate-node' })
  await window.firstRun.chooseLocalMesh()
  await window.firstRun.createMesh('greenhouse')
  await window.firstRun.leave()
  const details = await window.commission.commission(node.id, node.pin)
  await details.panel.getByRole('button', { name: 'Open device' }).click()
  await window.fleet.row(node.id, 'Online').waitFor()
  const device = window.fleet.device(node.id)
  await device.openFunction('read_climate')
  await device.call()
  await expect(device.answer).toContainText('temperature_celsius')
})

test('the page gets nothing of Node or Electron, no network and no second window', async ({
  electronApp,
  appWindow: { page, firstRun },
}) => {
  await firstRun.welcome.waitFor()
  expect(new URL(page.url()).protocol).toBe('app:')
  const exposed = await page.evaluate(() =>
    ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
      (name) => name in globalThis,
    ),
  )
  expect(exposed).toEqual([])

  const reached = await page.evaluate(async () => {
    const attempts = ['http://127.0.0.1/', 'https://example.org/', 'file:///etc/hosts']
    const outcomes = attempts.map((url) =>
      fetch(url, { mode: 'no-cors' }).then(
        () => [url],
        () => [],
      ),
    )
    return (await Promise.all(outcomes)).flat()
  })
  expect(reached).toEqual([])

  expect(await page.evaluate(() => window.open('https://example.org/') === null)).toBe(true)
  expect(electronApp.windows()).toHaveLength(1)
})

test('a window that is loaded again gets its connection again', async ({ appWindow }) => {
  await appWindow.firstRun.welcome.waitFor()
  await appWindow.page.reload()
  await appWindow.firstRun.welcome.waitFor()
})
