import type { BrowserWindowConstructorOptions } from 'electron'

const DEFAULT_WIDTH = 1280
const DEFAULT_HEIGHT = 800
const MIN_WIDTH = 860
const MIN_HEIGHT = 560

/**
 * Options of the window. Several are Electron's defaults today; they are written down so that a
 * change of defaults changes nothing here, and so that the contract test can hold them.
 */
export function windowOptions(
  preload: string,
  packaged: boolean,
  dark: boolean,
): BrowserWindowConstructorOptions {
  return {
    title: 'Muster',
    width: DEFAULT_WIDTH,
    height: DEFAULT_HEIGHT,
    minWidth: MIN_WIDTH,
    minHeight: MIN_HEIGHT,
    show: false,
    // What is seen before the first paint, so that a dark desktop is not flashed at.
    backgroundColor: dark ? '#141517' : '#ffffff',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      safeDialogs: true,
      devTools: !packaged,
    },
  }
}
