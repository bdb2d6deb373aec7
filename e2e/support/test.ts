import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, type TestInfo } from '@playwright/test'
import { Devices } from './devices.ts'
import { Muster, type KeyPlace } from './muster.ts'
import { MusterWindow } from './muster-window.ts'
import { Tunnel } from './tunnel.ts'

export { expect } from '@playwright/test'

/** The tenant of `muster`. */
export const TENANT = 'greenhouse'

interface TestFixtures {
  /** Where `bareMuster` keeps its keys. */
  readonly keys: KeyPlace
  /** A Muster that nobody has used, for this test alone. */
  readonly bareMuster: Muster
  /** The window on `muster`, at Commission. */
  readonly window: MusterWindow
  /** Opens a one-time link in the page of this test. */
  readonly openWindow: (link: string) => Promise<MusterWindow>
  /** Opens a tunnel to the Muster of a link, for as long as the test lasts. */
  readonly openTunnel: (link: string) => Promise<Tunnel>
  readonly devices: Devices
  /** A disk for devices, which goes with the test. */
  readonly deviceFolder: string
}

interface WorkerFixtures {
  /** A Muster with a local mesh and one tenant. Tests share it, and leave it running. */
  readonly muster: Muster
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  keys: ['memory', { option: true }],

  muster: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads a fixture's needs from it
    async ({}, use) => {
      const muster = await Muster.start('memory')
      await muster.through((client) =>
        client.mesh.createLocal({
          dialect: 'device-connect',
          tenant: TENANT,
          reach: { kind: 'loopback' },
        }),
      )
      await use(muster)
      await muster.dispose()
    },
    { scope: 'worker' },
  ],

  bareMuster: async ({ keys }, use, testInfo) => {
    const muster = await Muster.start(keys)
    await use(muster)
    await keepLogs(muster, testInfo)
    await muster.dispose()
  },

  page: async ({ page }, use) => {
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => {
      // Failed requests are part of many tests; what the page itself complains of never is.
      if (message.type() === 'error' && !isAboutNetwork(message.text())) errors.push(message.text())
    })
    await use(page)
    base.expect(errors, 'The page must not complain').toEqual([])
  },

  openWindow: async ({ page }, use) => {
    await use(async (link) => {
      await page.goto(link)
      return new MusterWindow(page)
    })
  },

  openTunnel: async ({ page }, use) => {
    const tunnels: Tunnel[] = []
    await use(async (link) => {
      const tunnel = await Tunnel.to(link)
      tunnels.push(tunnel)
      return tunnel
    })
    // The page would complain of a connection that it can't get back.
    await page.goto('about:blank')
    await Promise.all(tunnels.map((tunnel) => tunnel.cut()))
  },

  window: async ({ muster, openWindow }, use, testInfo) => {
    const window = await openWindow(await muster.link())
    await window.heading('Commission').waitFor()
    await use(window)
    await keepLogs(muster, testInfo)
  },

  // oxlint-disable-next-line no-empty-pattern -- as above
  devices: async ({}, use) => {
    const devices = new Devices()
    await use(devices)
    await devices.dispose()
  },

  // oxlint-disable-next-line no-empty-pattern -- as above
  deviceFolder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-e2e-devices-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
})

function isAboutNetwork(text: string): boolean {
  return text.startsWith('Failed to load resource') || text.includes('WebSocket connection to')
}

/** Keeps what Muster said beside screenshot and trace, where the test failed. */
async function keepLogs(muster: Muster, testInfo: TestInfo): Promise<void> {
  if (testInfo.status === testInfo.expectedStatus) return
  const logs = await muster.logs()
  for (const [name, body] of [...logs, ['output.txt', muster.written] as const]) {
    await testInfo.attach(name, { body, contentType: 'text/plain' })
  }
}
