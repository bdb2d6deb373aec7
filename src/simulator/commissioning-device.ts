import type { ServerResponse } from 'node:http'
import { ConflictError, messageOf, RejectedError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { pause, systemClock, type Clock } from './clock.ts'
import { answerWithFault, HOSTILE_TEXT, type CommissioningFaults } from './commissioning-faults.ts'
import { CommissioningServer, failure, type CommissioningAnswer } from './commissioning-server.ts'
import { wireTime, type DeviceDescription } from './description.ts'
import { publicKeyOf } from './device-key.ts'
import type { CredentialUpdateFault } from './credential-update.ts'
import { startDevice, type DeviceOptions, type SimulatedDevice } from './device.ts'
import { DeviceStorage, type FactoryIdentity } from './factory-identity.ts'
import type { MdnsResponder } from './mdns-responder.ts'
import { PinCheck } from './pin-check.ts'
import { readCredentials } from './read-credentials.ts'

export interface CommissioningDeviceOptions {
  /** What the device is once it was commissioned. */
  readonly description: DeviceDescription
  readonly identity: FactoryIdentity
  readonly dialect?: DialectName
  /** Where HTTP listens, and the address of the advertisement; loopback unless told. */
  readonly host?: string
  /** Any free port unless told. */
  readonly port?: number
  /** Advertises the device; without one it can only be reached by its address. */
  readonly responder?: MdnsResponder
  /** False for a device that tells no key, and so has to be given one. */
  readonly reportsKey?: boolean
  /** Folder that keeps identity and credentials over a restart. */
  readonly folder?: string
  readonly clock?: Clock
  readonly faults?: CommissioningFaults
  /** Whether the device that it becomes offers `updateCredentials`, and what goes wrong then. */
  readonly updatesCredentials?: boolean | CredentialUpdateFault
  /** Goes to the device that it becomes. */
  readonly runtime?: Pick<
    DeviceOptions,
    'ttlSeconds' | 'startupJitterMs' | 'backoff' | 'commandQueue' | 'onState'
  >
}

/**
 * Starts a device as it comes out of its box: HTTP on its port, advertised over mDNS. One whose
 * folder says that it was commissioned before goes straight online.
 * @throws RejectedError `IDENTITY_MALFORMED` or `CREDENTIALS_MALFORMED` where the folder holds
 * something else; ConflictError `PORT_IN_USE`.
 */
export async function startCommissioningDevice(
  options: CommissioningDeviceOptions,
): Promise<CommissioningDevice> {
  const storage = options.folder === undefined ? undefined : new DeviceStorage(options.folder)
  const deviceId = options.description.deviceId
  const stored = await storage?.loadIdentity(deviceId)
  const identity = stored ?? options.identity
  if (stored === undefined) await storage?.saveIdentity(identity)
  const device = new CommissioningDevice(options, identity, storage)
  await device.open()
  return device
}

/** A device that waits to be commissioned, and what becomes of it. */
export class CommissioningDevice {
  readonly deviceId: string
  /** Resolves once credentials were taken; with undefined where a fault keeps it off line. */
  readonly commissioned: Promise<SimulatedDevice | undefined>
  readonly #options: CommissioningDeviceOptions
  readonly #storage: DeviceStorage | undefined
  readonly #clock: Clock
  readonly #server: CommissioningServer
  readonly #pinCheck: PinCheck
  readonly #stopping = new AbortController()
  #settle: (device: SimulatedDevice | undefined) => void = () => undefined
  #identity: FactoryIdentity
  #faults: CommissioningFaults
  #withdraw: () => Promise<void> = () => Promise.resolve()
  #port = 0
  #isTaking = false
  #device: SimulatedDevice | undefined

  constructor(
    options: CommissioningDeviceOptions,
    identity: FactoryIdentity,
    storage: DeviceStorage | undefined,
  ) {
    this.#options = options
    this.#identity = identity
    this.#storage = storage
    this.deviceId = options.description.deviceId
    this.#clock = options.clock ?? systemClock
    this.#faults = options.faults ?? {}
    this.#pinCheck = new PinCheck(identity.provisioning.pin_hash, this.#clock)
    this.#server = new CommissioningServer({
      info: (response) => this.#onInfo(response),
      commission: (body, response) => this.#onCommission(body, response),
    })
    this.commissioned = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  get port(): number {
    return this.#port
  }

  /** `http://HOST:PORT`, without a slash at the end. */
  get url(): string {
    return `http://${this.#host}:${this.#port}`
  }

  get state(): 'uncommissioned' | 'commissioned' {
    return this.#isCommissioned ? 'commissioned' : 'uncommissioned'
  }

  get #isCommissioned(): boolean {
    return this.#identity.provisioning.commissioned
  }

  /** The public key (`U…`) that a label would carry. */
  get publicKey(): string {
    return this.#identity.nkey.public_key
  }

  /** The running device, once it was commissioned. */
  get device(): SimulatedDevice | undefined {
    return this.#device
  }

  /** Changes what goes wrong from now on. */
  setFaults(faults: CommissioningFaults): void {
    this.#faults = faults
  }

  /** Opens the port and advertises, or goes online where it was commissioned before. */
  async open(): Promise<void> {
    this.#port = await this.#listen()
    if (this.state === 'uncommissioned') {
      this.#advertise()
      return
    }
    const credentials = await this.#storage?.loadCredentials(this.deviceId)
    const next = await this.#storage?.loadNextCredentials(this.deviceId)
    this.#start(
      readCredentials(credentials),
      next === undefined ? undefined : readCredentials(next),
    )
  }

  /** Stops whatever it is by now. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#withdraw(), this.#server.close(), this.#device?.stop()])
  }

  get #host(): string {
    return this.#options.host ?? '127.0.0.1'
  }

  async #listen(): Promise<number> {
    try {
      return await this.#server.listen(this.#host, this.#options.port ?? 0)
    } catch (cause) {
      throw new ConflictError({
        code: 'PORT_IN_USE',
        message: `The simulated device can't listen on its port: ${messageOf(cause)}.`,
        advice: 'Take another port, or none to have one chosen.',
        cause,
      })
    }
  }

  #advertise(): void {
    const { responder, dialect = 'device-connect' } = this.#options
    if (responder === undefined) return
    this.#withdraw = responder.advertise({
      instance: this.#faults.hostileText === true ? HOSTILE_TEXT : this.deviceId,
      type: dialectOf(dialect).mdnsService,
      port: this.#port,
      address: this.#host,
      txt: {
        device_id: this.deviceId,
        device_type: this.#deviceType,
        state: 'uncommissioned',
        ...this.#faults.txt,
      },
    })
  }

  get #deviceType(): string {
    return this.#faults.hostileText === true ? HOSTILE_TEXT : this.#identity.device_type
  }

  async #onInfo(response: ServerResponse): Promise<CommissioningAnswer | 'answered'> {
    const { info, infoDelayMs = 0, infoDeviceId, infoNkey, redirectTo } = this.#faults
    await pause(this.#clock, infoDelayMs, this.#stopping.signal)
    if (this.#faults.commission === 'refused') this.#server.refuse()
    if (info !== undefined) {
      answerWithFault(info, response, redirectTo)
      return 'answered'
    }
    const key = infoNkey ?? (this.#options.reportsKey === false ? undefined : this.publicKey)
    return {
      status: 200,
      body: {
        device_id: infoDeviceId ?? this.deviceId,
        device_type: this.#deviceType,
        capabilities: [
          ...this.#identity.capabilities,
          ...(this.#faults.hostileText === true ? [HOSTILE_TEXT] : []),
        ],
        state: this.state,
        ...(key === undefined ? {} : { nkey_public: key }),
      },
    }
  }

  async #onCommission(
    body: JsonObject | undefined,
    response: ServerResponse,
  ): Promise<CommissioningAnswer | 'answered'> {
    const { commission, commissionDelayMs = 0, redirectTo } = this.#faults
    await pause(this.#clock, commissionDelayMs, this.#stopping.signal)
    if (commission === 'dies-before-taking' || this.#stopping.signal.aborted) {
      response.destroy()
      return 'answered'
    }
    const isAboutTaking = commission === 'dies-after-taking' || commission === 'never-online'
    if (commission !== undefined && commission !== 'refused' && !isAboutTaking) {
      answerWithFault(commission, response, redirectTo)
      return 'answered'
    }
    const answer = await this.#commission(body)
    if (commission !== 'dies-after-taking' || answer.status !== 200) return answer
    response.destroy()
    return 'answered'
  }

  async #commission(body: JsonObject | undefined): Promise<CommissioningAnswer> {
    if (body === undefined) return failure(500, 'Invalid JSON')
    if (this.#isCommissioned) return failure(401, 'Device already commissioned')
    const complaint = await this.#pinCheck.check(body['pin'])
    if (complaint !== undefined) return failure(401, complaint)
    const given = body['credentials']
    if (!isJsonObject(given) || Object.keys(given).length === 0) {
      return failure(400, 'No credentials provided')
    }
    // Two right PINs at the same time: the first one has won.
    if (this.#isCommissioned || this.#isTaking) return failure(401, 'Device already commissioned')
    this.#isTaking = true
    try {
      const credentials = this.#checkCredentials(given)
      await this.#storage?.saveCredentials(this.deviceId, given)
      await this.#markCommissioned()
      await this.#withdraw()
      this.#start(credentials)
    } catch (error) {
      return failure(500, messageOf(error))
    } finally {
      this.#isTaking = false
    }
    const message = 'Device commissioned successfully'
    return { status: 200, body: { success: true, device_id: this.deviceId, message } }
  }

  /** A device notices credentials that it could never log in with, and stays as it was. */
  #checkCredentials(given: JsonObject): CredentialFile {
    const credentials = readCredentials(given)
    const { jwt, nkey_seed } = credentials.nats
    if (credentials.device_id !== this.deviceId) throw unusable('they are for another device')
    if (jwt === '') return credentials
    const holdsKey = this.#options.reportsKey !== false
    if (nkey_seed === undefined && !holdsKey) throw unusable('they hold no key')
    const key = nkey_seed === undefined ? this.publicKey : publicKeyOf(nkey_seed)
    if (subjectOf(jwt) !== key) throw unusable('they are for another key')
    return credentials
  }

  async #markCommissioned(): Promise<void> {
    const { provisioning } = this.#identity
    const marked = {
      ...this.#identity,
      provisioning: {
        ...provisioning,
        commissioned: true,
        commissioned_at: wireTime(this.#clock.now()),
      },
    }
    await this.#storage?.saveIdentity(marked)
    this.#identity = marked
  }

  #start(credentials: CredentialFile, next?: CredentialFile): void {
    if (this.#faults.commission === 'never-online' || this.#stopping.signal.aborted) {
      this.#settle(undefined)
      return
    }
    const { dialect, clock, runtime, updatesCredentials = false } = this.#options
    const slots = this.#storage?.slotsOf(this.deviceId)
    this.#device = startDevice({
      ...runtime,
      description: this.#description,
      credentials,
      seed: this.#identity.nkey.seed,
      ...(updatesCredentials === false
        ? {}
        : {
            credentialUpdates: {
              ...(slots === undefined ? {} : { slots }),
              ...(updatesCredentials === true ? {} : { fault: updatesCredentials }),
            },
          }),
      ...(next === undefined ? {} : { nextCredentials: next }),
      ...(dialect === undefined ? {} : { dialect }),
      ...(clock === undefined ? {} : { clock }),
    })
    this.#settle(this.#device)
  }

  get #description(): DeviceDescription {
    const { description } = this.#options
    if (this.#faults.hostileText !== true) return description
    const identity = {
      ...description.identity,
      device_type: HOSTILE_TEXT,
      manufacturer: HOSTILE_TEXT,
    }
    return { ...description, identity, description: HOSTILE_TEXT }
  }
}

/** The key that a user JWT was issued for; undefined where it is no JWT. */
function subjectOf(jwt: string): unknown {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'),
    )
    return isJsonObject(claims) ? claims['sub'] : undefined
  } catch {
    return undefined
  }
}

function unusable(why: string): RejectedError {
  return new RejectedError({
    code: 'CREDENTIALS_UNUSABLE',
    message: `The device can't use these credentials: ${why}.`,
    advice: 'Issue credentials for this device and its key.',
  })
}
