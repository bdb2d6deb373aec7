import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import { hash } from 'bcryptjs'
import { RejectedError } from '#shared/errors.ts'
import { isJsonObject, parseJsonObject } from '#shared/protocol/json-rpc.ts'
import { normalizePin } from '#shared/protocol/pin.ts'
import type { CredentialSlots } from './credential-update.ts'
import { wireTime } from './description.ts'
import { publicKeyOf } from './device-key.ts'

/** What the field's devices use; small hardware needs seconds for it. */
const DEFAULT_BCRYPT_COST = 12

/**
 * The identity file `D.identity.json` that is burned onto a device (protocol.md, "Commissioning").
 * `provisioning.pin` stands in the file of the reference device only; this device needs the hash
 * alone.
 */
export interface FactoryIdentity {
  readonly device_id: string
  readonly device_type: string
  readonly capabilities: readonly string[]
  readonly nkey: { readonly public_key: string; readonly seed: string }
  readonly provisioning: {
    readonly pin?: string
    readonly pin_hash: string
    readonly commissioned: boolean
    readonly created_at: string
    readonly commissioned_at?: string
  }
}

export interface CreateIdentityOptions {
  readonly deviceId: string
  readonly deviceType: string
  readonly capabilities: readonly string[]
  /** From `hashPin`. */
  readonly pinHash: string
  readonly nowMs: number
}

/** Makes the identity of a device that leaves the factory, with a key of its own. */
export function createIdentity(options: CreateIdentityOptions): FactoryIdentity {
  const seed = Buffer.from(createUser().getSeed()).toString()
  return {
    device_id: options.deviceId,
    device_type: options.deviceType,
    capabilities: options.capabilities,
    nkey: { public_key: publicKeyOf(seed), seed },
    provisioning: {
      pin_hash: options.pinHash,
      commissioned: false,
      created_at: wireTime(options.nowMs),
    },
  }
}

/**
 * The bcrypt hash of a PIN. `cost` is the logarithm of the rounds; 12, which takes this machine's
 * JavaScript a third of a second, unless told.
 * @throws RejectedError `PIN_MALFORMED`
 */
export async function hashPin(pin: string, cost = DEFAULT_BCRYPT_COST): Promise<string> {
  return hash(normalizePin(pin), cost)
}

/** Where a device keeps what outlives a restart; files are for their owner only (0600). */
export class DeviceStorage {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async saveIdentity(identity: FactoryIdentity): Promise<void> {
    await this.#save(`${identity.device_id}.identity.json`, identity)
  }

  async saveCredentials(deviceId: string, credentials: unknown): Promise<void> {
    await this.#save(`${deviceId}.creds.json`, credentials)
  }

  /**
   * The stored identity; undefined on a device that never ran.
   * @throws RejectedError `IDENTITY_MALFORMED`
   */
  async loadIdentity(deviceId: string): Promise<FactoryIdentity | undefined> {
    const text = await this.#load(`${deviceId}.identity.json`)
    return text === undefined ? undefined : parseIdentity(text)
  }

  /** The stored credential file, parsed and not yet checked. */
  async loadCredentials(deviceId: string): Promise<unknown> {
    const text = await this.#load(`${deviceId}.creds.json`)
    return text === undefined ? undefined : parseJsonObject(text)
  }

  /** A credential that is tried, beside the one in use; undefined where none is. */
  async loadNextCredentials(deviceId: string): Promise<unknown> {
    const text = await this.#load(`${deviceId}.creds.next.json`)
    return text === undefined ? undefined : parseJsonObject(text)
  }

  /** Where a device keeps what `updateCredentials` gives it (docs/extensions/update-credentials.md). */
  slotsOf(deviceId: string): CredentialSlots {
    const next = `${deviceId}.creds.next.json`
    return {
      saveNext: (credentials) => this.#save(next, credentials),
      promoteNext: () =>
        rename(join(this.#folder, next), join(this.#folder, `${deviceId}.creds.json`)),
      dropNext: () => rm(join(this.#folder, next), { force: true }),
    }
  }

  async #save(name: string, content: unknown): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = join(this.#folder, name)
    // Written aside and renamed, so that a cut of the power leaves the old file or the new.
    await writeFile(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
    await chmod(`${path}.new`, 0o600)
    await rename(`${path}.new`, path)
  }

  async #load(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}

function parseIdentity(text: string): FactoryIdentity {
  const value = parseJsonObject(text)
  const provisioning = value?.['provisioning']
  const nkey = value?.['nkey']
  const complete =
    isJsonObject(provisioning) &&
    typeof provisioning['pin_hash'] === 'string' &&
    isJsonObject(nkey) &&
    typeof nkey['public_key'] === 'string' &&
    typeof nkey['seed'] === 'string'
  if (complete) return value as unknown as FactoryIdentity
  throw new RejectedError({
    code: 'IDENTITY_MALFORMED',
    message: 'The identity file of the device lacks its PIN hash or its key.',
    advice: 'Provision the device again.',
  })
}
