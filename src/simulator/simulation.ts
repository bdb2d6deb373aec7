import { startCommissioningDevice, type CommissioningDevice } from './commissioning-device.ts'
import type { CredentialUpdateFault } from './credential-update.ts'
import type { DeviceDescription } from './description.ts'
import { describeDevices, type DeviceKind } from './devices/catalog.ts'
import { startDevice, type SimulatedDevice } from './device.ts'
import { createIdentity, hashPin } from './factory-identity.ts'
import { openMdnsResponder, type MdnsResponder } from './mdns-responder.ts'
import type { SimulatorPlan, SimulatorReport } from './plan.ts'
import { readCredentials } from './read-credentials.ts'

export interface Simulation {
  /** Says goodbye everywhere and closes everything. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts everything in a plan and reports `ready` once every device is under way: ports open,
 * announced, connecting. What was started is stopped again where one can't be.
 * @throws MusterError of what is wrong in the plan or of a port that is taken.
 */
export async function startSimulation(
  plan: SimulatorPlan,
  report: (message: SimulatorReport) => void,
): Promise<Simulation> {
  const started = new StartedDevices(plan, report)
  try {
    await started.start()
  } catch (error) {
    await started.stop()
    throw error
  }
  return started
}

class StartedDevices implements Simulation {
  readonly #plan: SimulatorPlan
  readonly #report: (message: SimulatorReport) => void
  readonly #running: SimulatedDevice[] = []
  readonly #waiting: { readonly kind: DeviceKind; readonly device: CommissioningDevice }[] = []
  readonly #responders: MdnsResponder[] = []

  constructor(plan: SimulatorPlan, report: (message: SimulatorReport) => void) {
    this.#plan = plan
    this.#report = report
  }

  async start(): Promise<void> {
    const { fleet, uncommissioned, speed, seed } = this.#plan
    const members = fleet.map((it) => ({ ...it, credentials: readCredentials(it.credentials) }))
    const descriptions = describeDevices(
      [
        ...members.map(({ kind, credentials }) => ({ kind, deviceId: credentials.device_id })),
        ...uncommissioned,
      ],
      { speed, seed },
    )
    await this.#startWaiting(descriptions)
    for (const member of members) {
      const description = descriptions.get(member.credentials.device_id)
      if (description !== undefined) this.#startMember(member, description)
    }
    this.#reportReady(members)
  }

  async stop(): Promise<void> {
    await Promise.all([
      ...this.#running.map((device) => device.stop()),
      ...this.#waiting.map(({ device }) => device.stop()),
    ])
    await Promise.all(this.#responders.map((responder) => responder.close()))
  }

  async #openResponder(): Promise<MdnsResponder> {
    const responder = await openMdnsResponder({
      interfaceAddress: this.#plan.mdnsInterface,
      port: this.#plan.mdnsPort,
      onWarning: (message) => this.#report({ type: 'warning', message }),
    })
    this.#responders.push(responder)
    return responder
  }

  async #startWaiting(descriptions: ReadonlyMap<string, DeviceDescription>): Promise<void> {
    // A fleet of test devices often has one PIN; its hash is worth a third of a second.
    const hashes = new Map<string, Promise<string>>()
    let shared: Promise<MdnsResponder> | undefined
    for (const wanted of this.#plan.uncommissioned) {
      const { deviceId, pin, bcryptCost } = wanted
      const key = `${pin} ${bcryptCost ?? ''}`
      const pinHash = hashes.get(key) ?? hashPin(pin, bcryptCost)
      hashes.set(key, pinHash)
      const description = descriptions.get(deviceId)
      if (description === undefined) continue
      // A hostile device is alone in its packets: some browsers drop a packet with its name in it.
      const ownPackets = wanted.faults?.hostileText === true
      const responder =
        wanted.advertised === false
          ? undefined
          : await (ownPackets ? this.#openResponder() : (shared ??= this.#openResponder()))
      const device = await this.#unbox(wanted, description, await pinHash, responder)
      this.#waiting.push({ kind: wanted.kind, device })
    }
  }

  async #unbox(
    wanted: SimulatorPlan['uncommissioned'][number],
    description: DeviceDescription,
    pinHash: string,
    responder: MdnsResponder | undefined,
  ): Promise<CommissioningDevice> {
    const { deviceId, host, port, reportsKey, folder, faults, updatesCredentials } = wanted
    const device = await startCommissioningDevice({
      description,
      identity: createIdentity({
        deviceId,
        deviceType: wanted.kind,
        capabilities: description.functions.map((it) => it.name),
        pinHash,
        nowMs: Date.now(),
      }),
      dialect: this.#plan.dialect,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(reportsKey === undefined ? {} : { reportsKey }),
      ...(folder === undefined ? {} : { folder }),
      ...(faults === undefined ? {} : { faults }),
      ...(updatesCredentials === undefined ? {} : { updatesCredentials }),
      ...(responder === undefined ? {} : { responder }),
      runtime: this.#runtimeOf(deviceId),
    })
    void device.commissioned.then(() => this.#report({ type: 'commissioned', deviceId }))
    return device
  }

  #startMember(
    member: {
      readonly credentials: ReturnType<typeof readCredentials>
      readonly seed?: string
      readonly updatesCredentials?: boolean | CredentialUpdateFault
    },
    description: DeviceDescription,
  ): void {
    const { credentials, seed, updatesCredentials = false } = member
    this.#running.push(
      startDevice({
        description,
        credentials,
        ...(seed === undefined ? {} : { seed }),
        ...(updatesCredentials === false
          ? {}
          : {
              credentialUpdates: updatesCredentials === true ? {} : { fault: updatesCredentials },
            }),
        dialect: this.#plan.dialect,
        ...this.#runtimeOf(credentials.device_id),
      }),
    )
  }

  #runtimeOf(deviceId: string) {
    const { ttlSeconds, startupJitterMs } = this.#plan
    return {
      ttlSeconds,
      startupJitterMs,
      commandQueue: {},
      onState: (state: string) => this.#report({ type: 'state', deviceId, state }),
    }
  }

  #reportReady(
    members: readonly {
      readonly kind: DeviceKind
      readonly credentials: ReturnType<typeof readCredentials>
    }[],
  ): void {
    this.#report({
      type: 'ready',
      devices: [
        ...members.map(({ kind, credentials }) => ({ deviceId: credentials.device_id, kind })),
        ...this.#waiting.map(({ kind, device }) => ({
          deviceId: device.deviceId,
          kind,
          port: device.port,
          publicKey: device.publicKey,
        })),
      ],
    })
  }
}
