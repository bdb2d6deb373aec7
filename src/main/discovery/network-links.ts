import type { NetworkInterfaceInfo } from 'node:os'

/** Which interfaces to listen on: all that lead somewhere, or these names or addresses. */
export type InterfaceChoice = 'all' | readonly string[]

type AddressFamily = 'IPv4' | 'IPv6'

/** One interface and family to open a socket for. */
export interface NetworkLink {
  readonly interfaceName: string
  readonly family: AddressFamily
  /** The interface's own address: of IPv6 the link-local one, where it has one. */
  readonly address: string
  /** What follows `%` in link-local IPv6 addresses. */
  readonly zone: string
  readonly internal: boolean
  /** Subnets of the interface in both families, as CIDR. */
  readonly subnets: readonly string[]
}

/** What `os.networkInterfaces()` returns. */
export type NetworkInterfaces = Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>

/**
 * Apple's peer-to-peer Wi-Fi and tunnels: no device of ours is behind them, and asking on awdl
 * keeps the radio busy.
 */
const NOT_A_LAN_ON_MACOS = /^(?:awdl|llw|utun|ipsec|gif|stf|anpi)\d/

/**
 * The links to open, one for each interface and family, in the order of the interfaces. IPv6 needs
 * a link-local address, unless the choice names an address.
 */
export function planLinks(
  interfaces: NetworkInterfaces,
  choice: InterfaceChoice,
  platform: NodeJS.Platform,
): NetworkLink[] {
  return Object.entries(interfaces).flatMap(([interfaceName, infos = []]) =>
    (['IPv4', 'IPv6'] as const).flatMap((family) => {
      const own = infos.filter((info) => info.family === family)
      const chosen = chooseAddress(interfaceName, own, choice, platform)
      if (!chosen) return []
      const zone = platform === 'win32' ? String(scopeOf(infos)) : interfaceName
      const subnets = infos.flatMap((info) => info.cidr ?? [])
      const { address, internal } = chosen
      return [{ interfaceName, family, address, zone, internal, subnets }]
    }),
  )
}

function chooseAddress(
  name: string,
  own: readonly NetworkInterfaceInfo[],
  choice: InterfaceChoice,
  platform: NodeJS.Platform,
): NetworkInterfaceInfo | undefined {
  const joinable = own.find((info) => info.family === 'IPv4' || info.address.startsWith('fe80:'))
  if (choice !== 'all') {
    const named = own.find((info) => choice.includes(info.address))
    return named ?? (choice.includes(name) ? joinable : undefined)
  }
  if (platform === 'darwin' && NOT_A_LAN_ON_MACOS.test(name)) return undefined
  return joinable?.internal ? undefined : joinable
}

/** The interface's number; only the infos of IPv6 addresses carry it. */
function scopeOf(infos: readonly NetworkInterfaceInfo[]): number {
  return infos.find((info) => info.family === 'IPv6' && info.scopeid > 0)?.scopeid ?? 0
}
