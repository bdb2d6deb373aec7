import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'
import './scripts/test/compile-cache.ts'

/**
 * Chromium as Debian packages it; elsewhere the installed Chrome. The shell comes first: a whole
 * browser keeps windows and pages of its own beside each page under test, which is half the work.
 */
const packaged = ['/usr/lib/chromium/chromium-headless-shell', '/usr/bin/chromium'].find((path) =>
  existsSync(path),
)
const chromium =
  packaged !== undefined
    ? {
        executablePath: packaged,
        // No sandbox for root (a container's only user); no traffic of the browser's own.
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      }
    : { channel: 'chrome' }

/** For whoever counts the tests; without a file to write to it would flood the terminal. */
const jsonReport: [string][] =
  process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] === undefined ? [] : [['json']]

// Two workers are what two cores carry. Each has a Muster of its own, but all devices are on the one
// loopback link: tests unbox theirs under ids that nobody else uses, and look for no others.
export default defineConfig<object, { host: 'browser' | 'electron' }>({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  workers: 2,
  // For what hangs; a loaded machine needs severalfold what a quiet one does.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list'], ...jsonReport],
  outputDir: 'test-results',
  use: {
    launchOptions: chromium,
    actionTimeout: 60_000,
    viewport: { width: 1280, height: 800 },
    // What moves costs this suite more than all that it tests.
    contextOptions: { reducedMotion: 'reduce' },
    // Without its film, which slows the page down severalfold; the DOM of each step is kept.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'browser', testIgnore: '**/electron/**' },
    // The same tests in Electron's own window, wherever Electron can run (see README); elsewhere
    // there is no such project. `@link` marks what is about the browser host alone.
    ...(canRunElectron()
      ? [{ name: 'electron', grepInvert: /@link/u, use: { host: 'electron' as const } }]
      : []),
  ],
})

/** Electron needs its binary and a display, and refuses to run as root. */
function canRunElectron(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  const hasDisplay = process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY)
  return existsSync('node_modules/electron/path.txt') && hasDisplay && process.getuid?.() !== 0
}
