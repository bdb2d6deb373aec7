import { createSocket, type Socket } from 'node:dgram'
import type { Packet } from 'dns-packet'
import makeMdns, { type MulticastDNS } from 'multicast-dns'
import type { Clock } from './clock.ts'
import { DatagramGate, type DroppedDatagrams } from './datagram-gate.ts'
import type { NetworkLink } from './network-links.ts'
import type { TrafficLimit } from './traffic-limit.ts'
import { blockListOf } from './usable-addresses.ts'

/** RFC 6762, section 3. */
const MDNS_PORT = 5353
const GROUPS = { IPv4: '224.0.0.251', IPv6: 'ff02::fb' } as const

/** What could not be sent is sent again after this, then twice as late each time. */
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 8000
/** Hundreds of devices answer one question within 100 ms; the usual 208 KiB hold 270 of them. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024

export interface EndpointEvents {
  /** A checked and decoded response. */
  response(packet: Packet): void
  /** The endpoint joined its group, or met another error than before. */
  stateChanged(): void
}

/** What all endpoints share. */
export interface Neighbourhood {
  readonly clock: Clock
  readonly limit: TrafficLimit
  /** Whether an address belongs to any of this machine's links. */
  readonly isNeighbour: (address: string) => boolean
}

/**
 * One multicast-dns instance on one interface and family. It never throws: what goes wrong is its
 * `error`. multicast-dns retries joining by itself; after a fatal error the endpoint is `failed`
 * and has to be opened anew.
 */
export class MdnsEndpoint {
  readonly link: NetworkLink
  readonly #clock: Clock
  readonly #events: EndpointEvents
  readonly #gate: DatagramGate
  readonly #socket: Socket
  readonly #mdns: MulticastDNS
  #joined = false
  #failed = false
  #closed = false
  #error: string | null = null
  #retryMs = FIRST_RETRY_MS
  #cancelRetry: (() => void) | null = null

  constructor(link: NetworkLink, neighbourhood: Neighbourhood, events: EndpointEvents) {
    this.link = link
    this.#clock = neighbourhood.clock
    this.#events = events
    const { limit, isNeighbour } = neighbourhood
    const onLink = blockListOf(link.subnets)
    this.#gate = new DatagramGate({ port: MDNS_PORT, zone: link.zone, onLink, limit, isNeighbour })
    this.#socket = openSocket(link)
    this.#gate.guard(this.#socket)
    this.#mdns = makeMdns({ ...optionsOf(link), port: MDNS_PORT, socket: this.#socket })
    this.#listen()
  }

  /** Error code of the last thing that went wrong and has not gone right since, or null. */
  get error(): string | null {
    return this.#error
  }

  /** It hears and may ask. */
  get joined(): boolean {
    return this.#joined && !this.#failed
  }

  /** It will not work again. */
  get failed(): boolean {
    return this.#failed
  }

  get dropped(): DroppedDatagrams {
    return this.#gate.dropped
  }

  get lastOffLink(): string | null {
    return this.#gate.lastOffLink
  }

  /**
   * Sends datagrams to the group, if it has joined it. When that fails they are sent again a
   * little later, unless others are sent first: a new IPv6 address may not be used for a second or
   * two, and the schedule would wait up to an hour.
   */
  send(datagrams: readonly Buffer[]): void {
    if (!this.joined || this.#closed) return
    this.#cancelRetry?.()
    this.#cancelRetry = null
    const { family, zone } = this.link
    const group = family === 'IPv4' ? GROUPS.IPv4 : `${GROUPS.IPv6}%${zone}`
    for (const datagram of datagrams) {
      this.#socket.send(datagram, MDNS_PORT, group, (error) => {
        if (error) this.#retryLater(datagrams)
        else this.#retryMs = FIRST_RETRY_MS
        this.#setError(codeOf(error))
      })
    }
  }

  /** Leaves the group and closes the socket. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRetry?.()
    await new Promise<void>((resolve) => {
      try {
        this.#mdns.destroy(resolve)
      } catch {
        // The socket closed itself after an error.
        resolve()
      }
    })
  }

  #listen(): void {
    this.#mdns.on('response', (packet) => {
      if (!this.#closed) this.#events.response(packet)
    })
    this.#mdns.on('error', (error) => this.#fail(error))
    // Also emitted for what dns-packet cannot decode; that has no error code.
    this.#mdns.on('warning', (error) => {
      if (!this.#joined && codeOf(error) !== null) this.#setError(codeOf(error))
    })
    this.#mdns.on('networkInterface', () => {
      this.#joined = true
      this.#error = null
      // The group is joined inside the `listening` event; sending is possible once it is over.
      queueMicrotask(() => this.#notify())
    })
  }

  #retryLater(datagrams: readonly Buffer[]): void {
    if (this.#cancelRetry || this.#closed) return
    this.#cancelRetry = this.#clock.setTimer(this.#retryMs, () => {
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
      this.send(datagrams)
    })
  }

  #fail(error: Error): void {
    this.#failed = true
    this.#setError(codeOf(error) ?? 'UNKNOWN')
  }

  #setError(code: string | null): void {
    if (this.#error === code) return
    this.#error = code
    this.#notify()
  }

  #notify(): void {
    if (!this.#closed) this.#events.stateChanged()
  }
}

function openSocket({ family }: NetworkLink): Socket {
  // Other mDNS software on this machine has the port open too.
  const socket =
    family === 'IPv4'
      ? createSocket({ type: 'udp4', reuseAddr: true })
      : createSocket({ type: 'udp6', reuseAddr: true, ipv6Only: true })
  socket.once('listening', () => {
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
    } catch {
      // The system's own size has to do.
    }
  })
  return socket
}

/**
 * Bound to the wildcard, since a socket bound to the interface's address hears no multicasts on
 * Linux and macOS; the group is joined, and questions leave, on the interface.
 */
function optionsOf({ family, address, zone }: NetworkLink) {
  return family === 'IPv4'
    ? ({ type: 'udp4', ip: GROUPS.IPv4, interface: address, bind: '0.0.0.0' } as const)
    : ({ type: 'udp6', ip: GROUPS.IPv6, interface: `::%${zone}`, bind: '::' } as const)
}

function codeOf(error: Error | null): string | null {
  if (error === null) return null
  return 'code' in error && typeof error.code === 'string' ? error.code : null
}
