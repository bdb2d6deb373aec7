import type { IncomingMessage } from 'node:http'

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Whether a request was made to us by name of a loopback host. A page of another site that
 * rebinds its DNS name to 127.0.0.1 still sends its own name. The port is free, since an SSH
 * tunnel may end at another one.
 */
export function hasLoopbackHost(request: IncomingMessage): boolean {
  const host = request.headers.host
  if (host === undefined) return false
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+)(?::[0-9]{1,5})?$/.exec(host)
  return match?.[1] !== undefined && LOOPBACK_HOSTS.has(match[1].toLowerCase())
}

/**
 * Whether a request comes from a page that we served: its Origin is the very host it asked.
 * Another page on this machine, whatever its port, has another Origin.
 */
export function hasOwnOrigin(request: IncomingMessage): boolean {
  const { host, origin } = request.headers
  return host !== undefined && origin === `http://${host}`
}

/** The value of one cookie; undefined where it is absent. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const prefix = `${name}=`
  return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length)
}
