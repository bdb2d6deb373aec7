import { isIPv4, isIPv6 } from 'node:net'
import { RejectedError } from '#shared/errors.ts'

/** Where a device's HTTP server is. IPv6 without brackets, link-local with its zone. */
export interface DeviceAddress {
  readonly host: string
  readonly port: number
}

/** protocol.md, "Commissioning". */
const DEFAULT_PORT = 5540
const HTTP_PORT = 80
const MAX_HOST_LENGTH = 253
const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.(?!-)[A-Za-z0-9_-]{1,63})*\.?$/

/**
 * Reads what a person typed: `host`, `host:port`, an IPv6 address with or without brackets, or an
 * http URL (whose port is 80 where it names none).
 * @throws RejectedError `ADDRESS_MALFORMED`
 */
export function parseDeviceAddress(typed: string): DeviceAddress {
  const text = typed.trim()
  const address = text.includes('://') ? parseUrl(text) : parsePlain(text, DEFAULT_PORT)
  if (address) return address
  throw new RejectedError({
    code: 'ADDRESS_MALFORMED',
    message: 'This is not an address of a device. Nothing was asked.',
    advice:
      'Type an IP address or a host name, with a port where it is not 5540: 192.168.1.20, pump.local:5541 or [fe80::1%eth0]:5540.',
  })
}

function parseUrl(text: string): DeviceAddress | null {
  const match = /^http:\/\/([^/?#@]+)(?:[/?#]|$)/i.exec(text)
  return match?.[1] === undefined ? null : parsePlain(match[1], HTTP_PORT)
}

function parsePlain(text: string, defaultPort: number): DeviceAddress | null {
  if (isIPv6(text)) return { host: text.toLowerCase(), port: defaultPort }
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d{1,5}))?$/.exec(text)
  const { v6, name, port } = match?.groups ?? {}
  const number = port === undefined ? defaultPort : Number(port)
  if (number < 1 || number > 65_535) return null
  if (v6 !== undefined) return isIPv6(v6) ? { host: v6.toLowerCase(), port: number } : null
  return name !== undefined && isHost(name) ? { host: name.toLowerCase(), port: number } : null
}

function isHost(name: string): boolean {
  // `192.168.1` would be taken for another address than the one that was meant.
  if (/^[\d.]+$/.test(name)) return isIPv4(name)
  return name.length <= MAX_HOST_LENGTH && HOST_NAME.test(name)
}

/** `host:port`, IPv6 in brackets. */
export function formatDeviceAddress({ host, port }: DeviceAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
