import { RejectedError, TransientError } from '#shared/errors.ts'

const TOKEN = /^#token=([A-Za-z0-9_-]{16,128})$/

/**
 * Takes the one-time token out of the address, so that it stands in no history, bookmark or
 * screenshot, and returns it; null where there is none.
 */
export function takeToken(location: Location, history: History): string | null {
  const token = TOKEN.exec(location.hash)?.[1] ?? null
  if (token !== null) {
    history.replaceState(null, '', `${location.pathname}${location.search}`)
  }
  return token
}

/**
 * Begins anew with each link that is opened in a window where Muster is open already: the browser
 * changes the part behind the `#` only and loads nothing. To be called before there is a router,
 * which would take the token for the name of a screen.
 */
export function followLaterLinks(page: Window): void {
  page.addEventListener('popstate', (event) => {
    if (!TOKEN.test(page.location.hash)) return
    event.stopImmediatePropagation()
    page.location.reload()
  })
}

/**
 * Exchanges `token` for a session cookie; with null it asks whether the cookie at hand still holds.
 * @throws RejectedError `SESSION_REFUSED` when a new link is needed.
 * @throws TransientError `HOST_UNREACHABLE` when nobody answers.
 */
export async function ensureSession(token: string | null, signal: AbortSignal): Promise<void> {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(token === null ? {} : { token }),
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
  }).catch((error: unknown) => {
    throw hostUnreachable(error)
  })
  if (response.ok) return
  if (response.status === 401 || response.status === 403) {
    // A page that was loaded twice with one link still has the cookie of the first time.
    if (token !== null) return ensureSession(null, signal)
    throw new RejectedError({
      code: 'SESSION_REFUSED',
      message: 'This window has no valid session with Muster.',
      advice: 'Get a new link where Muster was started.',
    })
  }
  throw hostUnreachable(undefined)
}

function hostUnreachable(cause: unknown): TransientError {
  return new TransientError({
    code: 'HOST_UNREACHABLE',
    message: 'Muster does not answer at this address.',
    advice: 'Check that Muster still runs, and the tunnel where there is one.',
    cause,
  })
}
