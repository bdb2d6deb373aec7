import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatPin } from '#shared/protocol/pin.ts'
import {
  startCommissioningDevice,
  type CommissioningDevice,
  type CommissioningDeviceOptions,
} from '../../src/simulator/commissioning-device.ts'
import type { CommissioningFaults } from '../../src/simulator/commissioning-faults.ts'
import type { CredentialUpdateFault } from '../../src/simulator/credential-update.ts'
import { describeDevices, type DeviceKind } from '../../src/simulator/devices/catalog.ts'
import {
  createIdentity,
  hashPin,
  type FactoryIdentity,
} from '../../src/simulator/factory-identity.ts'
import { openMdnsResponder, type MdnsResponder } from '../../src/simulator/mdns-responder.ts'

/** Ten seconds between two reports of a device become half a second. */
const SPEED = 20
const BCRYPT_COST = 6
const TTL_SECONDS = 6

export interface Unboxing {
  readonly kind: DeviceKind
  /** Eight digits. */
  readonly pin?: string
  /** False for a device that has no key of its own. */
  readonly reportsKey?: boolean
  /** False for a device that mDNS does not show. */
  readonly advertised?: boolean
  readonly faults?: CommissioningFaults
  /** Takes new credentials over the mesh, or fails at it. */
  readonly updatesCredentials?: boolean | CredentialUpdateFault
  /** Seconds without a heartbeat after which it counts as offline. */
  readonly ttlSeconds?: number
  /** Keeps identity and credentials, as a device's own disk does. */
  readonly folder?: string
}

/** A simulated device as it comes out of its box, with what its label says. */
export interface LabelledDevice {
  readonly id: string
  /** As the label shows it, `1234-5678`. */
  readonly pin: string
  readonly wrongPin: string
  readonly identity: FactoryIdentity
  readonly device: CommissioningDevice
}

/** As odd as a real one, so that finding it anywhere says where it came from. */
function wrongPinFor(pin: string): string {
  const wrong = `0${pin.split('').toReversed().join('').slice(0, -1)}`
  return wrong === pin ? '09283746' : wrong
}

/** The simulated devices of one test, on the loopback link; all end with the test. */
export class Devices {
  readonly #devices: CommissioningDevice[] = []
  readonly #boxes = new Map<string, CommissioningDeviceOptions>()
  readonly #responders: MdnsResponder[] = []
  #shared: Promise<MdnsResponder> | undefined

  /** Unboxes a device with an id that no other test uses. */
  async unbox(options: Unboxing): Promise<LabelledDevice> {
    const { kind, pin = '02468135', reportsKey = true, advertised = true, faults, folder } = options
    const { updatesCredentials, ttlSeconds = TTL_SECONDS } = options
    const id = `${kind}-${randomBytes(3).toString('hex')}`
    const description = describeDevices([{ kind, deviceId: id }], { speed: SPEED }).get(id)
    if (description === undefined) throw new Error(`The catalog does not describe ${kind}.`)
    const identity = createIdentity({
      deviceId: id,
      deviceType: kind,
      capabilities: description.functions.map(({ name }) => name),
      pinHash: await hashPin(pin, BCRYPT_COST),
      nowMs: Date.now(),
    })
    const box: CommissioningDeviceOptions = {
      description,
      identity,
      reportsKey,
      runtime: { ttlSeconds, commandQueue: {} },
      ...(faults === undefined ? {} : { faults }),
      ...(folder === undefined ? {} : { folder }),
      ...(updatesCredentials === undefined ? {} : { updatesCredentials }),
      ...(advertised ? { responder: await this.#responder(faults) } : {}),
    }
    const device = await startCommissioningDevice(box)
    this.#devices.push(device)
    this.#boxes.set(id, box)
    return { id, pin: formatPin(pin), wrongPin: formatPin(wrongPinFor(pin)), identity, device }
  }

  /** Switches a device on again that was stopped; it remembers what its folder holds. */
  async switchOn({ id }: LabelledDevice): Promise<void> {
    const box = this.#boxes.get(id)
    if (box === undefined) throw new Error(`${id} was never unboxed here.`)
    this.#devices.push(await startCommissioningDevice(box))
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.stop()))
    await Promise.all(this.#responders.map((responder) => responder.close()))
  }

  // A hostile device is alone in its packets: browsers may drop a packet with its name in it.
  #responder(faults: CommissioningFaults | undefined): Promise<MdnsResponder> {
    if (faults?.hostileText === true) return this.#openResponder()
    this.#shared ??= this.#openResponder()
    return this.#shared
  }

  async #openResponder(): Promise<MdnsResponder> {
    const responder = await openMdnsResponder()
    this.#responders.push(responder)
    return responder
  }
}

/** What the credential says that a device keeps in its folder. */
export async function credentialClaims(folder: string, id: string): Promise<{ name: string }> {
  const file = await readFile(join(folder, `${id}.creds.json`), 'utf8')
  const { nats } = JSON.parse(file) as { nats: { jwt: string } }
  const claims = Buffer.from(nats.jwt.split('.')[1] ?? '', 'base64url').toString('utf8')
  return JSON.parse(claims) as { name: string }
}
