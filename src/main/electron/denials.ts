import type { App, Session, WebContents } from 'electron'
import type { Logger } from '../log/logger.ts'
import { isAppUrl } from './app-origin.ts'

/** Permissions of the window: it may write to the clipboard (copy buttons), nothing else. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write'

type NarrowSession = Pick<
  Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setBluetoothPairingHandler'
  | 'setSpellCheckerEnabled'
  | 'webRequest'
  | 'on'
>

/**
 * Denies a session everything that a window of ours never needs: permissions, devices, downloads
 * and every request that is not for the app's own files. What main does on the network, it does
 * itself.
 */
export function denyInSession(session: NarrowSession, log: Logger): void {
  session.setPermissionRequestHandler((contents, permission, decide) => {
    decide(permission === ALLOWED_PERMISSION && isAppUrl(contents.getURL()))
  })
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === ALLOWED_PERMISSION && isAppUrl(origin),
  )
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, decide) => decide(null))
  session.setBluetoothPairingHandler((_details, decide) => decide({ confirmed: false }))
  // The spell checker would fetch its dictionaries from the internet.
  session.setSpellCheckerEnabled(false)
  session.webRequest.onBeforeRequest((details, decide) => {
    const allowed = isAppUrl(details.url) || details.url.startsWith('devtools:')
    if (!allowed)
      log.warn('The window asked for something outside the app; refused', {
        type: details.resourceType,
      })
    decide({ cancel: !allowed })
  })
  session.on('will-download', (event) => event.preventDefault())
}

/** Denies every web contents, present and future, to navigate away, open windows or embed. */
export function denyInContents(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_event, contents) => denyNavigation(contents))
}

function denyNavigation(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => {
    if (!isAppUrl(event.url)) event.preventDefault()
  })
  contents.on('will-frame-navigate', (event) => {
    if (!isAppUrl(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isAppUrl(event.url)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
}
