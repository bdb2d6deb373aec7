import { join } from 'node:path'
import { RPCHandler } from '@orpc/server/message-port'
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  session,
  utilityProcess,
  type MessagePortMain,
} from 'electron'
import { toMusterError } from '#shared/errors.ts'
import { createApp, type App } from '../app.ts'
import { startBrowserServer } from '../browser/server.ts'
import { readStartOptions, type StartOptions } from '../options.ts'
import { loadStaticFiles, type StaticFiles } from '../web/static-files.ts'
import { APP_URL } from './app-origin.ts'
import { registerAppScheme, serveApp } from './app-protocol.ts'
import { denyInContents, denyInSession } from './denials.ts'
import { menuTemplate } from './menu.ts'
import { ownArguments } from './own-arguments.ts'
import { dragFrom } from './file-drag.ts'
import { chooseByDialog } from './path-dialog.ts'
import { saveByDialog } from './save-dialog.ts'
import { spawnUtilitySidecar } from './utility-sidecar.ts'
import { connectWindows } from './window-port.ts'
import { windowOptions } from './window.ts'

// The Electron host: the same app behind one MessagePort a window. Everything here is host
// business; what Muster does stands in `createApp`.

const RENDERER_FOLDER = join(import.meta.dirname, '..', 'renderer')
const PRELOAD = join(import.meta.dirname, '..', 'preload', 'index.cjs')

async function main(): Promise<void> {
  const options = readStartOptions(ownArguments(process.argv))
  // Electron's own files (cookies, caches) go into the profile too, so that two profiles share
  // nothing; the single-instance lock is taken on that folder.
  app.setPath('userData', join(options.profile.folder, 'window'))
  if (!app.requestSingleInstanceLock()) return app.quit()
  app.enableSandbox()
  registerAppScheme(protocol)
  denyInContents(app)
  await app.whenReady()
  const files = await loadStaticFiles(RENDERER_FOLDER)
  const muster = await startMuster(options)
  denyInSession(session.defaultSession, muster.log.part('window'))
  serveApp(protocol, files)
  serveWindows(muster)
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, app.isPackaged)))
  const stopServing = options.serve ? await serveBrowser(muster, files, options) : undefined
  app.on('second-instance', showWindow)
  app.on('activate', showWindow)
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  endInOrder(muster, stopServing)
  showWindow()
}

function startMuster(options: StartOptions): Promise<App> {
  return createApp({
    host: {
      kind: 'electron',
      version: app.getVersion(),
      packaged: app.isPackaged,
      resourcesFolder: app.isPackaged ? process.resourcesPath : null,
      spawnRegistry: () =>
        spawnUtilitySidecar(utilityProcess, join(import.meta.dirname, 'registry.js')),
      saveFile: (file) => saveByDialog({ dialog, window: frontWindow }, file),
      dragFile: dragFrom({ app, window: frontWindow }),
      choosePath: chooseByDialog({ dialog, window: frontWindow }),
    },
    profile: options.profile,
    demo: options.demo,
    discoverOn: options.discoverOn,
  })
}

function serveWindows(muster: App): void {
  const handler = new RPCHandler(muster.router)
  connectWindows({
    ipcMain,
    createPorts: () => new MessageChannelMain(),
    windows: () => BrowserWindow.getAllWindows().map((window) => window.webContents),
    serve: (port: MessagePortMain) => handler.upgrade(port),
    log: muster.log.part('window'),
  })
}

function frontWindow(): BrowserWindow | undefined {
  return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
}

/** Shows the window, or opens one where none is open. */
function showWindow(): void {
  const open = BrowserWindow.getAllWindows()[0]
  if (open !== undefined) {
    if (open.isMinimized()) open.restore()
    return open.focus()
  }
  const window = new BrowserWindow(
    windowOptions(PRELOAD, app.isPackaged, nativeTheme.shouldUseDarkColors),
  )
  window.once('ready-to-show', () => window.show())
  void window.loadURL(APP_URL)
}

/** Serves the browser host beside the window, for scripts and the demo. */
async function serveBrowser(
  muster: App,
  files: StaticFiles,
  options: StartOptions,
): Promise<() => Promise<void>> {
  const server = await startBrowserServer({
    router: muster.router,
    files,
    port: options.port,
    log: muster.log.part('browser'),
  })
  const url = server.mintUrl()
  process.stdout.write(
    `${options.json ? JSON.stringify({ type: 'ready', url, pid: process.pid }) : `Open ${url}`}\n`,
  )
  return () => server.close()
}

/** Closes the services before the process ends, however it is asked to. */
function endInOrder(muster: App, stopServing: (() => Promise<void>) | undefined): void {
  let closed = false
  app.on('before-quit', (event) => {
    if (closed) return
    event.preventDefault()
    const closing = Promise.resolve(stopServing?.()).then(() => muster.close())
    void closing.finally(() => {
      closed = true
      app.quit()
    })
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.quit())
}

main().catch((thrown: unknown) => {
  const error = toMusterError(thrown)
  dialog.showErrorBox('Muster could not start', `${error.message}\n\n${error.advice}`)
  app.exit(1)
})
