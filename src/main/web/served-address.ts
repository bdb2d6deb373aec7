import { RejectedError, TransientError } from '#shared/errors.ts'
import {
  bindAddressOf,
  listNetworkAddresses,
  LOOPBACK,
  urlHost,
} from '../mesh/network-addresses.ts'

const HTTPS_PORT = 443

/** An address as it is kept: `https://host:port` and nothing more. @throws RejectedError `ENROLL_URL`. */
export function packageUrl(text: string): string {
  const url = URL.parse(text.trim())
  const bare = url !== null && url.pathname === '/' && url.search === '' && url.hash === ''
  if (url === null || !bare || url.protocol !== 'https:' || url.username !== '') {
    throw serverUrlInvalid(text)
  }
  return `https://${url.hostname}:${portOf(url)}`
}

/** The host of such an address, an IPv6 one without its brackets. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/u, '$1')
}

/** The address of this computer that a URL means. @throws RejectedError `ENROLL_URL`. */
export async function listenAt(url: string): Promise<{ host: string; port: number }> {
  const host = await bindAddressOf({ kind: 'network', address: hostOf(url), tls: true })
  if (host === undefined) throw serverUrlInvalid(url)
  return { host, port: portOf(new URL(url)) }
}

/** Addresses of this computer at which something could be fetched, those of the network first. */
export function servedAddresses(port: number): { url: string; loopback: boolean }[] {
  const own = listNetworkAddresses().map(({ address }) => ({ address, loopback: false }))
  return [...own, { address: LOOPBACK, loopback: true }].map(({ address, loopback }) => ({
    url: `https://${urlHost(address)}:${port}`,
    loopback,
  }))
}

function portOf(url: URL): number {
  return url.port === '' ? HTTPS_PORT : Number(url.port)
}

export function serverUrlInvalid(url: string): RejectedError {
  return new RejectedError({
    code: 'ENROLL_URL',
    message: `${url} is not an address under which packages could be fetched from this computer.`,
    advice:
      'Use https://ADDRESS:PORT with an address or name of this computer, such as one of those offered.',
    details: { url },
  })
}

export function serverUrlLoopback(url: string): RejectedError {
  return new RejectedError({
    code: 'ENROLL_LOOPBACK',
    message: `${url} leads whoever uses it to their own computer, not to this one.`,
    advice:
      'Choose an address of this computer in the network, or say that the receiving side is this very computer.',
    details: { url },
  })
}

export function portTaken(url: string, why: string, cause: unknown): TransientError {
  return new TransientError({
    code: 'ENROLL_NOT_SERVED',
    message: `Packages can not be fetched at ${url}: ${why}.`,
    advice: 'Choose another port, or end what uses this one.',
    details: { url },
    cause,
  })
}
