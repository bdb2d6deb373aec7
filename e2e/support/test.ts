import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, type Page, type TestInfo } from '@playwright/test'
import { Devices } from './devices.ts'
import { Muster, type HostKind, type KeyPlace } from './muster.ts'
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
  /** Opens the window of a Muster: Electron's own, or a page of the browser host. */
  readonly openWindow: (muster: Muster) => Promise<MusterWindow>
  /** Opens a one-time link of the browser host in the page of this test. */
  readonly openLink: (link: string) => Promise<MusterWindow>
  /** What pages complain of; a test in which they do fails. */
  readonly complaints: (page: Page) => void
  /** Opens a tunnel to the Muster of a link, for as long as the test lasts. */
  readonly openTunnel: (link: string) => Promise<Tunnel>
  readonly devices: Devices
  /** A disk for devices, which goes with the test. */
  readonly deviceFolder: string
}

interface WorkerFixtures {
  /** What Muster runs in. */
  readonly host: HostKind
  /** A Muster with a local mesh and one tenant. Tests share it, and leave it running. */
  readonly muster: Muster
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  keys: ['memory', { option: true }],

  host: ['browser', { option: true, scope: 'worker' }],

  muster: [
    async ({ host }, use) => {
      const muster = await Muster.start('memory', host)
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

  bareMuster: async ({ keys, host }, use, testInfo) => {
    spareThePersonsKeychain(keys, testInfo)
    const muster = await Muster.start(keys, host)
    await use(muster)
    await keepLogs(muster, testInfo)
    await muster.dispose()
  },

  complaints: async ({}, use) => {
    const errors: string[] = []
    await use((page) => {
      page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
      page.on('console', (message) => {
        // Failed requests are part of many tests; what the page itself complains of never is.
        const isError = message.type() === 'error' && !isAboutNetwork(message.text())
        if (isError) errors.push(message.text())
      })
    })
    base.expect(errors, 'The page must not complain').toEqual([])
  },

  page: async ({ page, complaints }, use) => {
    complaints(page)
    await use(page)
  },

  openWindow: async ({ page, complaints }, use) => {
    await use(async (muster) => {
      const window = await muster.show(page)
      if (window !== page) complaints(window)
      return new MusterWindow(window)
    })
  },

  openLink: async ({ page }, use) => {
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
    const window = await openWindow(muster)
    await window.heading('Commission').waitFor()
    await use(window)
    await keepLogs(muster, testInfo)
  },

  devices: async ({}, use) => {
    const devices = new Devices()
    await use(devices)
    await devices.dispose()
  },

  deviceFolder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-e2e-devices-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
})

/**
 * Only on Linux can the system's keychain be kept from a Muster (no session bus, no keychain), so
 * that it asks for a vault. Elsewhere it would put its keys into the keychain of whoever runs this.
 */
function spareThePersonsKeychain(keys: KeyPlace, testInfo: TestInfo): void {
  if (keys === 'memory' || process.platform === 'linux') return
  const why =
    'needs a vault, and here Muster would take your own keychain instead: this test runs on Linux only.'
  console.warn(`SKIPPED: ${testInfo.titlePath.join(' › ')} ${why}`)
  testInfo.skip(true, why)
}

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
