import type { RemoteInfo, Socket } from 'node:dgram'
import type { BlockList } from 'node:net'
import { checkDatagram } from './datagram-check.ts'
import type { TrafficLimit } from './traffic-limit.ts'
import { blockListOf, holds } from './usable-addresses.ts'

/** Datagrams that were dropped before decoding, by reason. Queries are not counted. */
export interface DroppedDatagrams {
  /** Not sent from the mDNS port (RFC 6762, section 6). */
  readonly wrongPort: number
  /** From an address that is on none of our links: routed in, or a device in a wrong subnet. */
  readonly offLink: number
  readonly overLimit: number
  readonly malformed: number
}

const NO_DROPS: DroppedDatagrams = { wrongPort: 0, offLink: 0, overLimit: 0, malformed: 0 }
const LINK_LOCAL = blockListOf(['169.254.0.0/16', 'fe80::/10'])
const RESPONSE_BIT = 0x80

export interface GateOptions {
  readonly port: number
  readonly zone: string
  readonly onLink: BlockList
  /** Whether an address belongs to any of this machine's links. */
  readonly isNeighbour: (address: string) => boolean
  readonly limit: TrafficLimit
}

/**
 * Decides for each datagram on a link's socket whether it may be decoded. Only responses may; they
 * have to come from the link itself. That is also what tells links apart: on Linux every socket on
 * the port hears the multicasts of all interfaces (IP_MULTICAST_ALL).
 */
export class DatagramGate {
  readonly #options: GateOptions
  #dropped = NO_DROPS
  #lastOffLink: string | null = null

  constructor(options: GateOptions) {
    this.#options = options
  }

  get dropped(): DroppedDatagrams {
    return this.#dropped
  }

  /** The last address that was heard and is on none of our links. */
  get lastOffLink(): string | null {
    return this.#lastOffLink
  }

  admits(datagram: Buffer, from: RemoteInfo): boolean {
    const isResponse = ((datagram[2] ?? 0) & RESPONSE_BIT) !== 0
    if (!isResponse) return false
    const zone = from.address.split('%')[1]
    if (zone !== undefined && zone !== this.#options.zone) return false
    if (!holds(this.#options.onLink, from.address) && !holds(LINK_LOCAL, from.address)) {
      if (this.#options.isNeighbour(from.address)) return false
      this.#lastOffLink = from.address
      return this.#drop('offLink')
    }
    if (from.port !== this.#options.port) return this.#drop('wrongPort')
    const { limit } = this.#options
    if (!limit.admit(from.address, datagram.length)) return this.#drop('overLimit')
    return checkDatagram(datagram) === 'response' || this.#drop('malformed')
  }

  /** Lets a socket emit only those messages that the gate admits, whoever listens. */
  guard(socket: Socket): void {
    const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean
    const guarded = (event: string, ...values: unknown[]): boolean => {
      const [datagram, from] = values as [Buffer, RemoteInfo]
      return event === 'message' && !this.admits(datagram, from) ? false : emit(event, ...values)
    }
    socket.emit = guarded as Socket['emit']
  }

  #drop(reason: keyof DroppedDatagrams): false {
    this.#dropped = { ...this.#dropped, [reason]: this.#dropped[reason] + 1 }
    return false
  }
}
