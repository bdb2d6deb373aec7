import type { IpcMain, IpcMainEvent, MessagePortMain, WebContents } from 'electron'
import type { Logger } from '../log/logger.ts'
import { APP_ORIGIN } from './app-origin.ts'

/** The only channel of the window: the preload asks once a page load for its port. */
export const CONNECT_CHANNEL = 'muster:connect'

export interface PortPair {
  readonly port1: MessagePortMain
  readonly port2: MessagePortMain
}

export interface WindowPortOptions {
  readonly ipcMain: Pick<IpcMain, 'on'>
  /** Makes a pair of ports: `new MessageChannelMain()`. */
  createPorts(): PortPair
  /** The contents of our windows that are open now. */
  windows(): readonly WebContents[]
  /** Serves the contract on main's end of a port. */
  serve(port: MessagePortMain): void
  readonly log: Logger
}

/**
 * Gives each window one port to main. The asker must be the main frame of one of our windows and
 * show our own origin; a window that loads again gets a new port and the old one is closed.
 */
export function connectWindows(options: WindowPortOptions): void {
  const ports = new Map<WebContents, MessagePortMain>()
  options.ipcMain.on(CONNECT_CHANNEL, (event) => {
    if (!isOurWindow(event, options.windows())) {
      options.log.warn('Something that is not a window of Muster asked for a port; refused')
      return
    }
    const contents = event.sender
    if (!ports.has(contents)) contents.once('destroyed', () => closePort(ports, contents))
    closePort(ports, contents)
    const { port1, port2 } = options.createPorts()
    ports.set(contents, port1)
    options.serve(port1)
    port1.start()
    contents.postMessage(CONNECT_CHANNEL, null, [port2])
  })
}

function closePort(ports: Map<WebContents, MessagePortMain>, contents: WebContents): void {
  ports.get(contents)?.close()
  ports.delete(contents)
}

function isOurWindow(event: IpcMainEvent, windows: readonly WebContents[]): boolean {
  const frame = event.senderFrame
  return (
    frame !== null &&
    windows.includes(event.sender) &&
    frame === event.sender.mainFrame &&
    frame.origin === APP_ORIGIN
  )
}
