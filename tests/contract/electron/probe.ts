import { once } from 'node:events'
import './hooks.ts'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { MessagePort } from 'node:worker_threads'
import type { Client } from '../../../scripts/lib/contract-client.ts'
import {
  app,
  BrowserWindow,
  defaultSession,
  FakeContents,
  ipcMain,
  recorded,
} from './fake-electron.ts'

// Runs the built main bundle against the fake and prints what it set and denied as one JSON line.
const bundle = process.env['MUSTER_MAIN_BUNDLE'] ?? ''
const ended = once(app, 'fake-ended')
await import(bundle)
if (process.env['FAKE_SECOND_INSTANCE'] !== undefined) {
  await ended
  print({ calls: recorded.calls, windows: recorded.windowOptions.length })
} else {
  while (recorded.loadedUrls.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  print({ ...(await observe()), calls: recorded.calls })
  app.quit()
  await ended
}
process.exit(0)

function print(value: unknown): void {
  process.stdout.write(`PROBE ${JSON.stringify(value)}\n`)
}

async function observe() {
  const window = BrowserWindow.getAllWindows()[0]
  if (window === undefined) throw new Error('No window was opened.')
  const contents = window.webContents
  return {
    schemes: recorded.schemes,
    windowOptions: recorded.windowOptions[0],
    loadedUrl: recorded.loadedUrls[0],
    spellChecker: recorded.spellChecker,
    permissions: observePermissions(contents),
    requests: observeRequests(),
    navigation: observeNavigation(contents),
    protocol: await observeProtocol(),
    ports: await observePorts(contents),
    download: prevented((event) => defaultSession.emit('will-download', event)),
  }
}

function observePermissions(contents: FakeContents) {
  const asked = [
    'media',
    'geolocation',
    'notifications',
    'clipboard-read',
    'hid',
    'usb',
    'serial',
    'local-network-access',
    'openExternal',
    'clipboard-sanitized-write',
  ]
  const granted: string[] = []
  const checked: string[] = []
  for (const permission of asked) {
    const decide = (yes: boolean) => void (yes && granted.push(permission))
    recorded.permissionRequest?.(contents as never, permission as never, decide, {} as never)
    if (
      recorded.permissionCheck?.(
        contents as never,
        permission as never,
        'app://muster',
        {} as never,
      )
    )
      checked.push(permission)
  }
  let display: unknown = 'undecided'
  recorded.displayMedia?.({} as never, (streams) => void (display = streams))
  let pairing: unknown = 'undecided'
  recorded.bluetoothPairing?.({} as never, (response) => void (pairing = response))
  return { granted, checked, device: recorded.devicePermission?.({} as never), display, pairing }
}

function observeRequests() {
  const urls = [
    'app://muster/assets/x.js',
    'https://example.com/',
    'http://127.0.0.1:1/',
    'ws://127.0.0.1:1/',
    'file:///etc/passwd',
    'app://other/index.html',
  ]
  return urls.filter((url) => {
    let cancelled: boolean | undefined
    recorded.beforeRequest?.(
      { url, resourceType: 'xhr' },
      (response) => void (cancelled = response.cancel),
    )
    return cancelled === false
  })
}

function observeNavigation(contents: FakeContents) {
  const allowed = (name: string, url: string) =>
    !prevented((event) => contents.emit(name, { ...event, url }))
  return {
    windowOpen: contents.openHandler?.({ url: 'https://example.com/' } as never),
    webview: prevented((event) => contents.emit('will-attach-webview', event)),
    away: ['will-navigate', 'will-frame-navigate', 'will-redirect'].filter((name) =>
      allowed(name, 'https://example.com/'),
    ),
    toFile: allowed('will-navigate', 'file:///etc/passwd'),
    toOwn: allowed('will-navigate', 'app://muster/index.html'),
  }
}

function prevented(emit: (event: { preventDefault(): void }) => void): boolean {
  let done = false
  emit({ preventDefault: () => void (done = true) })
  return done
}

async function observeProtocol() {
  const get = async (url: string, method = 'GET') => {
    const response = await recorded.protocolHandler?.(new Request(url, { method }))
    return { status: response?.status, headers: Object.fromEntries(response?.headers ?? []) }
  }
  return {
    index: await get('app://muster/index.html'),
    traversal: (await get('app://muster/%2e%2e/%2e%2e/package.json')).status,
    otherHost: (await get('app://other/index.html')).status,
    post: (await get('app://muster/index.html', 'POST')).status,
  }
}

async function observePorts(contents: FakeContents) {
  const ask = (event: object) => ipcMain.emit('muster:connect', event)
  const count = () => contents.posted.length
  ask({ sender: contents, senderFrame: { origin: 'app://muster' } })
  const fromSubframe = count()
  ask({ sender: contents, senderFrame: null })
  const fromGoneFrame = count()
  const stranger = new FakeContents()
  ask({ sender: stranger, senderFrame: stranger.mainFrame })
  const fromStranger = stranger.posted.length
  Object.assign(contents.mainFrame, { origin: 'https://example.com' })
  ask({ sender: contents, senderFrame: contents.mainFrame })
  const fromForeignOrigin = count()
  Object.assign(contents.mainFrame, { origin: 'app://muster' })
  ask({ sender: contents, senderFrame: contents.mainFrame })
  const first = contents.posted[0]?.ports[0] as MessagePort
  const firstClosed = once(first, 'close')
  ask({ sender: contents, senderFrame: contents.mainFrame })
  await firstClosed
  const second = contents.posted[1]?.ports[0] as MessagePort
  const client: Client = createORPCClient(new RPCLink({ port: second }))
  second.start()
  const { host, version } = await client.app.info()
  const { dialog } = await client.paths.ways()
  const { path } = await client.paths.choose({ kind: 'folder', startAt: '' })
  return {
    fromSubframe,
    fromGoneFrame,
    fromStranger,
    fromForeignOrigin,
    second: count(),
    host,
    version,
    dialog,
    path,
    asked: recorded.openDialogs,
  }
}
