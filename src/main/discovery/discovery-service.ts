import { networkInterfaces } from 'node:os'
import type { Packet } from 'dns-packet'
import type {
  DiscoveredDevice,
  DiscoveryHealth,
  DiscoveryUpdate,
} from '#shared/contract/discovery.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import type { Logger } from '../log/logger.ts'
import { systemClock, type Clock } from './clock.ts'
import { parseDeviceAddress } from './device-address.ts'
import { DeviceFeed } from './device-feed.ts'
import { describeTyped, DeviceList, isSamePlace } from './device-list.ts'
import { foldName, labelsOf } from './dns-names.ts'
import { LinkBrowser } from './link-browser.ts'
import { MdnsTransport, type LinkHealth } from './mdns-transport.ts'
import type { InterfaceChoice, NetworkInterfaces, NetworkLink } from './network-links.ts'
import { encodeQuery } from './query-message.ts'
import type { IgnoredInstance } from './sightings.ts'
import { TypedAddresses, type ProbeDevice } from './typed-addresses.ts'
import { addressPicker, blockListOf } from './usable-addresses.ts'

export interface DiscoveryOptions {
  readonly dialect: Pick<Dialect, 'mdnsService'>
  /** `all` but loopback, or the names or addresses of interfaces. */
  readonly interfaces: InterfaceChoice
  readonly log: Logger
  /** Asks a device that a person added by address who it is. */
  readonly probe: ProbeDevice
  readonly clock?: Clock
  /** From 0 up to 1. */
  readonly random?: () => number
  readonly networkInterfaces?: () => NetworkInterfaces
  readonly rescanMs?: number
}

/** Facts for whoever asks why a device does not show. */
export interface DiscoveryDiagnostics {
  readonly links: readonly LinkHealth[]
  /** What advertises the service and is not shown, at most 50 of them. */
  readonly ignored: readonly IgnoredInstance[]
  /** Records that were not taken in for want of room. */
  readonly turnedAway: number
}

interface Link {
  readonly browser: LinkBrowser
  pick: (addresses: readonly string[]) => string[]
}

const MAX_IGNORED_SHOWN = 50

/**
 * The devices that wait on the networks of this machine: found by mDNS on every interface, or added
 * by address. They appear and disappear by themselves; listeners get a snapshot, then changes.
 */
export class DiscoveryService {
  readonly #options: DiscoveryOptions
  readonly #log: Logger
  readonly #clock: Clock
  readonly #service: string
  readonly #transport: MdnsTransport
  readonly #typed: TypedAddresses
  readonly #feed: DeviceFeed
  readonly #list = new DeviceList()
  readonly #links = new Map<string, Link>()
  #reported = ''

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#log = options.log.part('discovery')
    this.#clock = options.clock ?? systemClock()
    this.#service = foldName(options.dialect.mdnsService)
    const clock = this.#clock
    this.#feed = new DeviceFeed({
      clock,
      log: this.#log,
      build: () => this.#build(),
      health: () => this.health(),
    })
    this.#typed = new TypedAddresses({
      probe: options.probe,
      clock,
      onChange: () => this.#feed.touch(),
    })
    this.#transport = new MdnsTransport(
      {
        interfaces: options.interfaces,
        clock,
        networkInterfaces: options.networkInterfaces ?? networkInterfaces,
        ...(options.rescanMs === undefined ? {} : { rescanMs: options.rescanMs }),
      },
      {
        linkUp: (link) => this.#linkUp(link),
        linkChanged: (name) => this.#links.get(name)?.browser.restart(),
        linkDown: (name) => this.#linkDown(name),
        response: (name, packet) => this.#response(name, packet),
        healthChanged: () => this.#healthChanged(),
      },
    )
  }

  /** Begins to listen and to ask. */
  start(): void {
    this.#transport.start()
  }

  /** Ends everything it began; resolves when its sockets are closed. */
  async close(): Promise<void> {
    for (const { browser } of this.#links.values()) browser.close()
    this.#links.clear()
    this.#typed.close()
    this.#feed.close()
    await this.#transport.close()
  }

  /** The devices now, by device id. */
  devices(): readonly DiscoveredDevice[] {
    return this.#feed.devices()
  }

  /** The device with this key, while it is in the list. */
  device(key: string): DiscoveredDevice | undefined {
    return this.devices().find((device) => device.key === key)
  }

  /** Gives `listener` a snapshot at once, then changes, at most 20 times a second. */
  readonly subscribe = (listener: (update: DiscoveryUpdate) => void): (() => void) =>
    this.#feed.subscribe(listener)

  /** Asks all networks now, begins the schedule anew, and drops within 10 s what is gone. */
  refresh(): void {
    for (const { browser } of this.#links.values()) browser.refresh()
  }

  /** A device did not answer at its address: drops it within 10 s unless it answers mDNS. */
  reconfirm(key: string): void {
    for (const { interfaceName, instance } of this.#list.placesOf(key)) {
      this.#links.get(interfaceName)?.browser.reconfirm(instance)
    }
  }

  /**
   * Asks at an address (see `parseDeviceAddress`) and keeps what answers, until it is removed.
   * @throws RejectedError `ADDRESS_MALFORMED`, `TOO_MANY_ADDRESSES`, `DEVICE_ID_UNSAFE`
   * @throws MusterError whatever the probe throws.
   */
  async addAddress(typed: string, signal: AbortSignal): Promise<DiscoveredDevice> {
    const address = parseDeviceAddress(typed)
    const added = await this.#typed.add(address, signal)
    const devices = this.devices()
    return (
      devices.find((device) => device.key === added.key) ??
      // mDNS shows the same device at the same place: that entry stands for both.
      devices.find((device) => isSamePlace(device, added)) ??
      describeTyped(added)
    )
  }

  /** Forgets a device that was added by address; others are left alone. */
  removeAddress(key: string): void {
    this.#typed.remove(key)
  }

  /** The interfaces that are listened on, with what is wrong there. */
  health(): DiscoveryHealth {
    const interfaces = this.#transport
      .health()
      .map(({ name, address, error }) => ({ name, address, error }))
    return { interfaces }
  }

  diagnostics(): DiscoveryDiagnostics {
    const browsers = [...this.#links.values()].map(({ browser }) => browser)
    return {
      links: this.#transport.health(),
      ignored: browsers.flatMap((browser) => browser.ignored()).slice(0, MAX_IGNORED_SHOWN),
      turnedAway: browsers.reduce((sum, browser) => sum + browser.turnedAway, 0),
    }
  }

  #build(): DiscoveredDevice[] {
    const sightings = [...this.#links.values()].flatMap(({ browser, pick }) =>
      browser.sightings().map((sighting) => ({ ...sighting, addresses: pick(sighting.addresses) })),
    )
    return this.#list.build(sightings, this.#typed.list())
  }

  #linkUp(link: NetworkLink): void {
    const { interfaceName, internal, zone, subnets } = link
    const pick = addressPicker({ internal, zone, onLink: blockListOf(subnets) })
    const known = this.#links.get(interfaceName)
    const browser = known?.browser ?? this.#newBrowser(interfaceName)
    this.#links.set(interfaceName, { browser, pick })
    browser.start()
  }

  #newBrowser(interfaceName: string): LinkBrowser {
    const serviceLabels = labelsOf(this.#service)
    return new LinkBrowser({
      service: this.#service,
      interfaceName,
      clock: this.#clock,
      random: this.#options.random ?? Math.random,
      send: (query) => this.#transport.send(interfaceName, encodeQuery(query, serviceLabels)),
      onChange: () => this.#feed.touch(),
    })
  }

  #linkDown(interfaceName: string): void {
    this.#links.get(interfaceName)?.browser.close()
    this.#links.delete(interfaceName)
    this.#feed.touch()
  }

  #response(interfaceName: string, packet: Packet): void {
    this.#links.get(interfaceName)?.browser.receive(packet)
  }

  #healthChanged(): void {
    const { interfaces } = this.health()
    const text = JSON.stringify(interfaces)
    if (text === this.#reported) return
    this.#reported = text
    if (interfaces.some(({ error }) => error !== null)) {
      this.#log.warn('Discovery cannot use every interface.', { interfaces })
    } else this.#log.info('Discovery listens.', { interfaces })
    this.#feed.touch()
  }
}
