import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import type { MeshReach, NetworkAddress } from '#shared/contract/mesh.ts'
import { RejectedError } from '#shared/errors.ts'

/** `os.networkInterfaces`, or what a test puts in its place. */
export type Interfaces = () => Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

export const LOOPBACK = '127.0.0.1'

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/u

/**
 * The addresses under which devices may reach this computer, IPv4 first. Link-local IPv6 addresses
 * are left out: they mean something else on every interface.
 */
export function listNetworkAddresses(interfaces: Interfaces = networkInterfaces): NetworkAddress[] {
  const all = Object.entries(interfaces()).flatMap(([interfaceName, infos]) =>
    (infos ?? [])
      .filter(({ internal, address }) => !internal && !/^fe[89ab]/iu.test(address))
      .map(({ address, family }) => ({ address, family, interfaceName })),
  )
  return all.sort((left, right) => left.family.localeCompare(right.family))
}

/**
 * Where the server has to listen for a reach: loopback, the address, or the address of this computer
 * that a host name stands for. undefined where this computer does not have it now. Never all
 * interfaces: a laptop carries its mesh into many networks.
 */
export async function bindAddressOf(
  reach: MeshReach,
  interfaces: Interfaces = networkInterfaces,
): Promise<string | undefined> {
  if (reach.kind === 'loopback') return LOOPBACK
  const own = ownAddresses(interfaces)
  if (isIP(reach.address) !== 0) {
    return own.has(reach.address) ? reach.address : undefined
  }
  const found = await lookup(reach.address, { all: true }).catch(() => [])
  return found.find(({ address }) => own.has(address))?.address
}

/**
 * Checks that an address can stand in credentials.
 * @throws RejectedError `ADDRESS_INVALID`.
 */
export function requireAddress(address: string): void {
  const family = isIP(address)
  const everywhere = address === '0.0.0.0' || /^[0:]+$/u.test(address)
  if (family !== 0 ? !everywhere : HOST_NAME.test(address) && !/^[\d.]+$/u.test(address)) return
  throw new RejectedError({
    code: 'ADDRESS_INVALID',
    message:
      'This is neither an IP address of this computer nor a host name that devices could connect to.',
    advice: 'Choose one of the addresses of this computer.',
  })
}

/** `host` as it stands in a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function ownAddresses(interfaces: Interfaces): ReadonlySet<string> {
  const infos = Object.values(interfaces()).flatMap((some) => some ?? [])
  return new Set([LOOPBACK, '::1', ...infos.map(({ address }) => address)])
}
