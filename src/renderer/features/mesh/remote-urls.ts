const SCHEMES: ReadonlySet<string> = new Set(['nats:', 'tls:', 'ws:', 'wss:'])
const MAX_URLS = 16

/** The addresses that stand in a text, one in each line or set apart by commas. */
export function urlsOf(text: string): string[] {
  return text
    .split(/[\s,]+/u)
    .map((url) => url.trim())
    .filter((url) => url !== '')
}

/** What is wrong with the addresses of a mesh; null where nothing is. */
export function urlComplaint(urls: readonly string[]): string | null {
  if (urls.length === 0) return 'Give at least one address.'
  if (urls.length > MAX_URLS) return `Give at most ${MAX_URLS} addresses.`
  // A URL is shown and logged; what is secret comes from the credentials file only.
  if (urls.some(hasSecret)) return 'Leave user names and passwords out of the addresses.'
  const wrong = urls.find((url) => !isMeshUrl(url))
  if (wrong === undefined) return null
  return `${wrong} is not an address like tls://host:4222.`
}

function isMeshUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return SCHEMES.has(protocol) && hostname !== ''
}

function hasSecret(text: string): boolean {
  if (!URL.canParse(text)) return text.includes('@')
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}
