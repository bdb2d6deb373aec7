import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Browsers that can show one page as a window of its own, best first. */
const BROWSERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
    String.raw`C:\Program Files (x86)\Google\Chrome\Application\chrome.exe`,
    String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
  ],
}

export interface AppWindow {
  /** Called once the person closed the window. */
  onClosed(listener: () => void): void
  close(): void
}

/**
 * Opens a URL as an app window of an installed Chromium, Chrome or Edge, with a browser profile of
 * its own in `browserFolder`. Undefined where there is no such browser or no display.
 */
export function openAppWindow(url: string, browserFolder: string): AppWindow | undefined {
  const browser = hasDisplay() ? findBrowser() : undefined
  if (browser === undefined) return undefined
  const child = spawn(browser, browserArguments(url, browserFolder), { stdio: 'ignore' })
  let listener: () => void = () => undefined
  child.once('exit', () => listener())
  child.once('error', () => listener())
  return {
    onClosed: (closed) => {
      listener = closed
    },
    close: () => void child.kill(),
  }
}

function browserArguments(url: string, browserFolder: string): string[] {
  const asRoot = process.getuid?.() === 0
  return [
    `--app=${url}`,
    `--user-data-dir=${browserFolder}`,
    '--window-size=1280,800',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    // Chromium's sandbox refuses to run as root, which is what a container's only user is.
    ...(asRoot ? ['--no-sandbox'] : []),
  ]
}

function findBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const name of BROWSERS[process.platform] ?? []) {
    const paths = /[\\/]/.test(name) ? [name] : folders.map((folder) => join(folder, name))
    const found = paths.find((path) => existsSync(path))
    if (found !== undefined) return found
  }
  return undefined
}

function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'])
}
