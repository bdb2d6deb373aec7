import { BlockList, isIP, isIPv4 } from 'node:net'

/** A link as far as addresses on it are concerned. */
export interface AddressScope {
  readonly internal: boolean
  /** What follows `%` in a link-local IPv6 address: the interface's name, on Windows its number. */
  readonly zone: string
  /** The interface's own subnets. */
  readonly onLink: BlockList
}

/** Addresses whose rating is remembered; the list is looked at with every change of any device. */
const MAX_REMEMBERED = 4096

const UNUSABLE_V4 = blockListOf(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'])
// IPv4 in IPv6 clothes would get around the rules for IPv4. A list of its own, since a BlockList
// takes an IPv4 address for one in `::ffff:0:0/96`.
const UNUSABLE_V6 = blockListOf(['::/96', '::ffff:0:0/96', '64:ff9b::/96', 'ff00::/8'])
const LOOPBACK = blockListOf(['127.0.0.0/8', '::1/128'])
const LINK_LOCAL_V6 = blockListOf(['fe80::/10'])

/**
 * Picks where a device can be spoken to out of the addresses that it advertises on a link: IPv4
 * before IPv6, those on the link's own subnets first, link-local IPv6 last and with its zone.
 * Addresses of other subnets stay, since mDNS gateways advertise devices across VLANs; loopback
 * counts on the loopback interface only, or a device could make Muster talk to services of the
 * machine that it runs on.
 */
export function addressPicker(scope: AddressScope): (addresses: readonly string[]) => string[] {
  const remembered = new Map<string, Rated | null>()
  const rate = (address: string): Rated | null => {
    const known = remembered.get(address)
    if (known !== undefined) return known
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    const rated = isUsable(address, scope.internal) ? rateUsable(address, scope) : null
    remembered.set(address, rated)
    return rated
  }
  return (addresses) =>
    addresses
      .flatMap((address) => rate(address) ?? [])
      .sort((left, right) => left.rank - right.rank)
      .map(({ address }) => address)
}

interface Rated {
  readonly address: string
  readonly rank: number
}

function rateUsable(address: string, scope: AddressScope): Rated {
  if (holds(LINK_LOCAL_V6, address)) return { address: `${address}%${scope.zone}`, rank: 4 }
  return { address, rank: (isIPv4(address) ? 0 : 2) + (holds(scope.onLink, address) ? 0 : 1) }
}

function isUsable(address: string, internal: boolean): boolean {
  if (isIP(address) === 0) return false
  if (holds(LOOPBACK, address)) return internal
  return !holds(isIPv4(address) ? UNUSABLE_V4 : UNUSABLE_V6, address)
}

/** A list of subnets in CIDR notation, to test addresses against with `holds`. */
export function blockListOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [address = '', bits = ''] = subnet.split('/')
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return list
}

/** Whether `list` holds an address, whatever its zone. */
export function holds(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%')
  return isIP(bare) !== 0 && list.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6')
}
