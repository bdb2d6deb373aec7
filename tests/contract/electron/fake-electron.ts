import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { fork } from 'node:child_process'
import type * as Electron from 'electron'

// A fake of the `electron` module for machines that can't fetch its binary. It may only contain
// members that exist in electron.d.ts: each part is checked against the real type, where an
// unknown member is an error, and it records what the host asked for.

export interface Recorded {
  readonly calls: string[]
  schemes: Electron.CustomScheme[]
  protocolHandler?: (request: Request) => Response | Promise<Response>
  permissionRequest?: Parameters<Electron.Session['setPermissionRequestHandler']>[0]
  permissionCheck?: Parameters<Electron.Session['setPermissionCheckHandler']>[0]
  devicePermission?: Parameters<Electron.Session['setDevicePermissionHandler']>[0]
  displayMedia?: Parameters<Electron.Session['setDisplayMediaRequestHandler']>[0]
  bluetoothPairing?: Parameters<Electron.Session['setBluetoothPairingHandler']>[0]
  beforeRequest?: (
    details: { url: string; resourceType: string },
    decide: (response: Electron.CallbackResponse) => void,
  ) => void
  spellChecker?: boolean
  windowOptions: Electron.BrowserWindowConstructorOptions[]
  loadedUrls: string[]
  menu?: unknown
  readonly openDialogs: Electron.OpenDialogOptions[]
}

export const recorded: Recorded = {
  calls: [],
  schemes: [],
  windowOptions: [],
  loadedUrls: [],
  openDialogs: [],
}

const appEvents = new EventEmitter()
const appPart = {
  isPackaged: false,
  getVersion: () => '0.0.0-contract',
  setPath: (name: string) => void recorded.calls.push(`setPath ${name}`),
  requestSingleInstanceLock: () => {
    recorded.calls.push('requestSingleInstanceLock')
    return process.env['FAKE_SECOND_INSTANCE'] === undefined
  },
  enableSandbox: () => void recorded.calls.push('enableSandbox'),
  whenReady: async () => void recorded.calls.push('whenReady'),
  quit: () => {
    recorded.calls.push('quit')
    let prevented = false
    appEvents.emit('before-quit', { preventDefault: () => (prevented = true) })
    if (!prevented) appEvents.emit('fake-ended')
  },
  exit: (code?: number) => {
    recorded.calls.push(`exit ${code}`)
    appEvents.emit('fake-ended')
  },
} satisfies Partial<Electron.App>
export const app = Object.assign(appEvents, appPart)

const sessionEvents = new EventEmitter()
const sessionPart = {
  setPermissionRequestHandler: (handler) => void (recorded.permissionRequest = handler),
  setPermissionCheckHandler: (handler) => void (recorded.permissionCheck = handler),
  setDevicePermissionHandler: (handler) => void (recorded.devicePermission = handler),
  setDisplayMediaRequestHandler: (handler) => void (recorded.displayMedia = handler),
  setBluetoothPairingHandler: (handler) => void (recorded.bluetoothPairing = handler),
  setSpellCheckerEnabled: (enable: boolean) => void (recorded.spellChecker = enable),
} satisfies Partial<Electron.Session>
const webRequest = {
  onBeforeRequest: (listener: unknown) =>
    void (recorded.beforeRequest = listener as Recorded['beforeRequest'] & {}),
} satisfies Partial<Record<keyof Electron.WebRequest, unknown>>
export const defaultSession = Object.assign(sessionEvents, sessionPart, { webRequest })
export const session = { defaultSession } satisfies Partial<
  Record<keyof typeof Electron.session, unknown>
>

export const protocol = {
  registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => {
    recorded.calls.push('registerSchemesAsPrivileged')
    recorded.schemes = schemes
  },
  handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>) => {
    recorded.calls.push(`handle ${scheme}`)
    recorded.protocolHandler = handler
  },
} satisfies Partial<Record<keyof Electron.Protocol, unknown>>

export const ipcMain = Object.assign(new EventEmitter(), {} satisfies Partial<Electron.IpcMain>)

export class FakeContents extends EventEmitter {
  readonly mainFrame = { origin: 'app://muster' } satisfies Partial<Electron.WebFrameMain>
  readonly posted: { channel: string; ports: unknown[] }[] = []
  openHandler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0] | undefined
  setWindowOpenHandler(handler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0]): void {
    this.openHandler = handler
  }
  postMessage(channel: string, _message: unknown, ports: unknown[] = []): void {
    this.posted.push({ channel, ports })
  }
  getURL(): string {
    return 'app://muster/index.html'
  }
}

const windows: BrowserWindow[] = []
export class BrowserWindow extends EventEmitter {
  readonly webContents = new FakeContents()
  static getAllWindows(): BrowserWindow[] {
    return windows
  }
  static getFocusedWindow(): BrowserWindow | null {
    return windows[0] ?? null
  }
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super()
    recorded.windowOptions.push(options)
    windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  async loadURL(url: string): Promise<void> {
    recorded.loadedUrls.push(url)
  }
  show(): void {
    recorded.calls.push('show')
  }
  focus(): void {
    recorded.calls.push('focus')
  }
  isMinimized(): boolean {
    return false
  }
  restore(): void {
    recorded.calls.push('restore')
  }
}

export class MessageChannelMain {
  readonly port1
  readonly port2
  constructor() {
    const { port1, port2 } = new MessageChannel()
    // Electron's MessagePortMain has `on`, not `addEventListener`, and hands out an event.
    this.port1 = mainPort(port1)
    this.port2 = port2
  }
}

function mainPort(port: MessagePort) {
  const events = new EventEmitter()
  port.on('message', (data) => events.emit('message', { data, ports: [] }))
  port.on('close', () => events.emit('close'))
  return Object.assign(events, {
    postMessage: (message: unknown) => port.postMessage(message),
    start: () => port.start(),
    close: () => port.close(),
  } satisfies Partial<Electron.MessagePortMain>)
}

export const utilityProcess = {
  fork: (entry: string) => {
    const child = fork(entry, [], { stdio: 'ignore' })
    return Object.assign(new EventEmitter(), {
      get pid() {
        return child.pid
      },
      postMessage: (message: unknown) => void child.send(message as object),
      kill: () => child.kill(),
      on: (name: string, listener: (value: unknown) => void) => void child.on(name, listener),
      once: (name: string, listener: (value: unknown) => void) => void child.once(name, listener),
    })
  },
} satisfies Partial<Record<keyof typeof Electron.utilityProcess, unknown>>

export const dialog = {
  showErrorBox: (title: string, content: string) => {
    recorded.calls.push('showErrorBox')
    process.stderr.write(`${title}: ${content}\n`)
  },
  showOpenDialog: async (...given: unknown[]) => {
    recorded.openDialogs.push(given.at(-1) as Electron.OpenDialogOptions)
    return { canceled: false, filePaths: ['/chosen'] }
  },
} satisfies Partial<Electron.Dialog>

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: unknown) => void (recorded.menu = menu),
} satisfies Partial<Record<keyof typeof Electron.Menu, unknown>>

export const nativeTheme = { shouldUseDarkColors: true } satisfies Partial<Electron.NativeTheme>
