/** The window's own scheme: a standard, secure origin that no other program can listen on. */
export const APP_SCHEME = 'app'
export const APP_ORIGIN = `${APP_SCHEME}://muster`
export const APP_URL = `${APP_ORIGIN}/index.html`

/** Whether a URL is a page of ours. */
export function isAppUrl(url: string): boolean {
  return (
    URL.canParse(url) &&
    new URL(url).protocol === `${APP_SCHEME}:` &&
    new URL(url).host === 'muster'
  )
}
