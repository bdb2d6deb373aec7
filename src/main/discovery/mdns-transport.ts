import type { Packet } from 'dns-packet'
import type { Clock } from './clock.ts'
import type { DroppedDatagrams } from './datagram-gate.ts'
import { MdnsEndpoint } from './mdns-endpoint.ts'
import {
  planLinks,
  type InterfaceChoice,
  type NetworkInterfaces,
  type NetworkLink,
} from './network-links.ts'
import { TrafficLimit } from './traffic-limit.ts'
import { blockListOf, holds } from './usable-addresses.ts'

/** How often the machine's interfaces are looked at; Node tells no changes. */
const RESCAN_MS = 3000
/** An endpoint that failed is opened again after this time. */
const REOPEN_MS = 30_000
/** The clocks run apart by more than this when the machine slept. */
const SLEPT_MS = 15_000

export interface TransportOptions {
  readonly interfaces: InterfaceChoice
  readonly clock: Clock
  /** `os.networkInterfaces`. */
  readonly networkInterfaces: () => NetworkInterfaces
  readonly rescanMs?: number
}

export interface TransportEvents {
  /** An interface hears now, in one family or in another one too. */
  linkUp(link: NetworkLink): void
  /** An interface may lead to another network now, or the machine slept. */
  linkChanged(interfaceName: string): void
  /** An interface is gone. */
  linkDown(interfaceName: string): void
  response(interfaceName: string, packet: Packet): void
  healthChanged(): void
}

/** How one endpoint does. */
export interface LinkHealth {
  readonly name: string
  readonly address: string
  /** An error code such as `EADDRINUSE`, or null while it hears. */
  readonly error: string | null
  readonly dropped: DroppedDatagrams
  /** The last sender that is on none of our links. */
  readonly lastOffLink: string | null
}

interface Entry {
  readonly endpoint: MdnsEndpoint
  readonly openedAt: number
  wasJoined: boolean
}

/**
 * Keeps one mDNS endpoint open on each usable interface and family and follows the interfaces as
 * they come, go and change. An endpoint that fails is a fact of health; the others go on.
 */
export class MdnsTransport {
  readonly #options: TransportOptions
  readonly #events: TransportEvents
  readonly #limit: TrafficLimit
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new Set<Promise<void>>()
  #neighbours = blockListOf([])
  #plan = ''
  #cancelRescan: () => void = () => undefined
  #scannedAt = { now: 0, wallNow: 0 }
  #closed = false

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#options = options
    this.#events = events
    this.#limit = new TrafficLimit(options.clock)
  }

  start(): void {
    this.#scannedAt = this.#readClock()
    this.#scan()
  }

  /** Sends datagrams on an interface, in every family that is up there. */
  send(interfaceName: string, datagrams: readonly Buffer[]): void {
    for (const { endpoint } of this.#entries.values()) {
      if (endpoint.link.interfaceName === interfaceName) endpoint.send(datagrams)
    }
  }

  health(): LinkHealth[] {
    return [...this.#entries.values()].map(({ endpoint }) => ({
      name: endpoint.link.interfaceName,
      address: endpoint.link.address,
      error: endpoint.error,
      dropped: endpoint.dropped,
      lastOffLink: endpoint.lastOffLink,
    }))
  }

  /** Closes every socket; resolves when all are closed. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelRescan()
    for (const id of this.#entries.keys()) this.#closeEndpoint(id)
    await Promise.all(this.#closing)
  }

  #scan(): void {
    const { interfaces, networkInterfaces, clock } = this.#options
    // Sockets that outlived a sleep may have lost their groups: all are opened anew.
    const slept = this.#slept()
    const links = planLinks(networkInterfaces(), interfaces, process.platform)
    const plan = JSON.stringify(links)
    if (slept || plan !== this.#plan) this.#follow(links, slept)
    this.#plan = plan
    this.#reopenFailed()
    this.#cancelRescan = clock.setTimer(this.#options.rescanMs ?? RESCAN_MS, () => this.#scan())
  }

  #follow(links: readonly NetworkLink[], reopenAll: boolean): void {
    const namesBefore = new Set<string>()
    const wanted = new Map(links.map((link) => [idOf(link), link]))
    for (const [id, { endpoint }] of this.#entries) {
      namesBefore.add(endpoint.link.interfaceName)
      const same = JSON.stringify(endpoint.link) === JSON.stringify(wanted.get(id))
      if (same && !reopenAll) wanted.delete(id)
      else this.#closeEndpoint(id)
    }
    this.#neighbours = blockListOf(links.flatMap((link) => link.subnets))
    for (const link of wanted.values()) this.#open(link)
    const opened = new Set([...wanted.values()].map((link) => link.interfaceName))
    for (const name of namesBefore) {
      if (opened.has(name)) this.#events.linkChanged(name)
      else if (links.every((link) => link.interfaceName !== name)) this.#events.linkDown(name)
    }
    this.#events.healthChanged()
  }

  #reopenFailed(): void {
    const before = this.#options.clock.now() - REOPEN_MS
    for (const [id, { endpoint, openedAt }] of this.#entries) {
      if (!endpoint.failed || openedAt > before) continue
      this.#closeEndpoint(id)
      this.#open(endpoint.link)
    }
  }

  #open(link: NetworkLink): void {
    const neighbourhood = {
      clock: this.#options.clock,
      limit: this.#limit,
      isNeighbour: (address: string) => holds(this.#neighbours, address),
    }
    const endpoint = new MdnsEndpoint(link, neighbourhood, {
      response: (packet) => this.#events.response(link.interfaceName, packet),
      stateChanged: () => this.#stateChanged(entry),
    })
    const entry: Entry = { endpoint, openedAt: this.#options.clock.now(), wasJoined: false }
    this.#entries.set(idOf(link), entry)
  }

  #stateChanged(entry: Entry): void {
    if (this.#closed) return
    const { endpoint } = entry
    if (endpoint.joined && !entry.wasJoined) this.#events.linkUp(endpoint.link)
    entry.wasJoined = endpoint.joined
    this.#events.healthChanged()
  }

  #closeEndpoint(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    const closing = entry.endpoint.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  /** Whether the machine was asleep, or this process stopped, since the last scan. */
  #slept(): boolean {
    const before = this.#scannedAt
    this.#scannedAt = this.#readClock()
    const ran = this.#scannedAt.now - before.now
    const passed = this.#scannedAt.wallNow - before.wallNow
    return passed - ran > SLEPT_MS || ran > SLEPT_MS + (this.#options.rescanMs ?? RESCAN_MS)
  }

  #readClock() {
    const { clock } = this.#options
    return { now: clock.now(), wallNow: clock.wallNow() }
  }
}

function idOf({ interfaceName, family }: NetworkLink): string {
  return `${interfaceName} ${family}`
}
