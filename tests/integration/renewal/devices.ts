import type { CredentialFile } from '#shared/protocol/credentials.ts'
import type { Authority } from '../../../src/main/authority/authority.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import type {
  CredentialSlots,
  CredentialUpdateOptions,
} from '../../../src/simulator/credential-update.ts'
import { startDevice, type SimulatedDevice } from '../../../src/simulator/device.ts'

export const TENANT = 'acme'
const DAY_MS = 24 * 60 * 60 * 1000

/** A device that is in the field already, with the credential that it lives by. */
export interface FieldDevice {
  readonly device: SimulatedDevice
  readonly ledgerId: string
  readonly publicKey: string
  readonly seed: string
  readonly credentials: CredentialFile
}

export interface FieldDeviceOptions {
  readonly updates?: CredentialUpdateOptions | undefined
  readonly ttlMs?: number
  /** Without a heartbeat for so long it counts as offline. */
  readonly ttlSeconds?: number
}

/** Issues a credential for a new device's own key, and starts the device. */
export async function startFieldDevice(
  authority: Authority,
  url: string,
  deviceId: string,
  options: FieldDeviceOptions = {},
): Promise<FieldDevice> {
  const { publicKey, seed } = createNkey('user')
  const issued = await authority.issueUser({
    account: { tenant: TENANT },
    role: 'device',
    name: deviceId,
    deviceId,
    publicKey,
    ttlMs: options.ttlMs ?? 30 * DAY_MS,
    delivery: 'commissioning',
  })
  const credentials: CredentialFile = {
    device_id: deviceId,
    auth_type: 'jwt',
    tenant: TENANT,
    nats: { urls: [url], jwt: issued.jwt },
  }
  const device = startField(deviceId, credentials, seed, options)
  return { device, ledgerId: issued.ledgerId, publicKey, seed, credentials }
}

export function startField(
  deviceId: string,
  credentials: CredentialFile,
  seed: string,
  options: Pick<FieldDeviceOptions, 'updates' | 'ttlSeconds'> & {
    readonly next?: CredentialFile
  } = {},
): SimulatedDevice {
  const { updates, next, ttlSeconds } = options
  return startDevice({
    description: {
      deviceId,
      identity: { device_type: 'pump' },
      description: 'A pump',
      functions: [
        { name: 'ping', description: '', parameters: { type: 'object' }, run: () => 'pong' },
      ],
      events: [],
      status: {},
    },
    credentials,
    seed,
    backoff: { firstMs: 50, longestMs: 200 },
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(updates === undefined ? {} : { credentialUpdates: updates }),
    ...(next === undefined ? {} : { nextCredentials: next }),
  })
}

/** The storage of a device, as far as its credential is concerned. */
export class MemorySlots implements CredentialSlots {
  current: unknown
  next: unknown
  async saveNext(credentials: unknown): Promise<void> {
    this.next = credentials
  }
  async promoteNext(): Promise<void> {
    this.current = this.next
    this.next = undefined
  }
  async dropNext(): Promise<void> {
    this.next = undefined
  }
}
