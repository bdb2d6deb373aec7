import type { Protocol } from 'electron'
import { SECURITY_HEADERS } from '../web/content-security-policy.ts'
import type { StaticFiles } from '../web/static-files.ts'
import { APP_SCHEME, isAppUrl } from './app-origin.ts'

/**
 * Registers the scheme as a web origin. Must run before the app is ready. Without `bypassCSP`,
 * without `supportFetchAPI` (which without CORS checks was a hole, CVE-2026-70604), with CORS.
 */
export function registerAppScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, corsEnabled: true } },
  ])
}

/** Serves the fixed table of the window's files to the window, and 404 to everything else. */
export function serveApp(protocol: Pick<Protocol, 'handle'>, files: StaticFiles): void {
  protocol.handle(APP_SCHEME, (request) => {
    const file =
      isAppUrl(request.url) && request.method === 'GET'
        ? files.get(new URL(request.url).pathname)
        : undefined
    if (file === undefined) return new Response(null, { status: 404, headers: SECURITY_HEADERS })
    return new Response(new Uint8Array(file.content), {
      headers: {
        ...SECURITY_HEADERS,
        'Content-Type': file.contentType,
        'Cache-Control': 'no-store',
      },
    })
  })
}
