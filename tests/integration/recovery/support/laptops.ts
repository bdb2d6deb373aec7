import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { createApp } from '../../../../src/main/app.ts'
import { decodeJwt } from '../../../../src/main/authority/jwt.ts'
import { forkSidecar } from '../../../../src/main/browser/fork-sidecar.ts'
import type { FileToSave } from '../../../../src/main/files/saved-file.ts'
import { profileAt } from '../../../../src/main/profile/profile.ts'
import {
  startCommissioningDevice,
  type CommissioningDevice,
} from '../../../../src/simulator/commissioning-device.ts'
import { createIdentity, hashPin } from '../../../../src/simulator/factory-identity.ts'

const SIDECAR = resolve(import.meta.dirname, '../../../../src/main/registry/sidecar.mjs')
const PART_CHARS = 1_000_000
const PIN = '4711-0815'
/** The least there is: these tests are not about bcrypt. */
const BCRYPT_COST = 4

export type Laptop = Awaited<ReturnType<Laptops['open']>>

/** Laptops with the whole app on them, each with a profile and a keychain of its own; and devices. */
export class Laptops {
  readonly folder: string
  readonly #endings: (() => Promise<void>)[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async begin(): Promise<Laptops> {
    return new Laptops(await mkdtemp(join(tmpdir(), 'muster-recovery-')))
  }

  /** Starts the app: with keys in memory, or with those in the vault file that the profile has. */
  async open(name: string, keys: { readonly passphrase: string } | 'memory' = 'memory') {
    const saved: FileToSave[] = []
    const app = await createApp({
      host: {
        kind: 'browser',
        version: '0.0.0',
        packaged: false,
        resourcesFolder: null,
        spawnRegistry: () => forkSidecar(SIDECAR),
        saveFile: async (file) => {
          saved.push(file)
          return { type: 'saved', path: file.name }
        },
        choosePath: null,
        dragFile: null,
      },
      profile: profileAt(join(this.folder, name)),
      demo: keys === 'memory',
      discoverOn: ['127.0.0.1'],
    })
    let isOpen = true
    const close = async () => {
      if (isOpen) await app.close()
      isOpen = false
    }
    this.#endings.push(close)
    const client = createRouterClient(app.router)
    for await (const { status } of await client.keychain.watch()) {
      if (status.state === 'open') break
      const isLocked = status.state === 'locked' && status.backend === 'vault'
      if (isLocked && keys !== 'memory') await client.keychain.unlock(keys)
    }
    const last = () => {
      const file = saved.at(-1)
      if (file === undefined) throw new Error('Nothing was saved.')
      return { ...file, bytes: Buffer.from(file.content) }
    }
    return { client, last, close }
  }

  /** A device of the tenant plant, commissioned and online. */
  async deviceOf(site: Laptop, deviceId: string): Promise<CommissioningDevice> {
    const device = await startCommissioningDevice({
      description: {
        deviceId,
        identity: { device_type: 'pump' },
        description: 'A pump',
        functions: [],
        events: [],
        status: {},
      },
      identity: createIdentity({
        deviceId,
        deviceType: 'pump',
        capabilities: [],
        pinHash: await hashPin(PIN, BCRYPT_COST),
        nowMs: Date.now(),
      }),
      folder: this.folder,
      runtime: { ttlSeconds: 5, backoff: { firstMs: 100, longestMs: 300 } },
    })
    this.#endings.push(() => device.stop())
    const { key } = await site.client.discovery.addAddress({ address: `127.0.0.1:${device.port}` })
    const { publicKey } = await site.client.commissioning.inspect({ key })
    await site.client.commissioning.start({ key, pin: PIN, tenant: 'plant', publicKey })
    await (await device.commissioned)?.whenState('online')
    return device
  }

  /** The key that signed what a device has. */
  async issuerOf({ deviceId }: CommissioningDevice): Promise<string> {
    const text = await readFile(join(this.folder, `${deviceId}.creds.json`), 'utf8')
    return decodeJwt((JSON.parse(text) as CredentialFile).nats.jwt).iss
  }

  async end(): Promise<void> {
    for (const end of this.#endings.splice(0).toReversed()) await end()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Sends a backup as the window does. */
export async function upload(site: Laptop, bytes: Buffer): Promise<string> {
  const id = randomUUID()
  const text = bytes.toString('base64')
  for (let part = 0; part * PART_CHARS < text.length; part += 1) {
    const base64 = text.slice(part * PART_CHARS, (part + 1) * PART_CHARS)
    await site.client.recovery.uploadBackup({ upload: id, part, base64 })
  }
  return id
}

export async function whenConnected(site: Laptop): Promise<void> {
  for await (const { mesh } of await site.client.mesh.watch()) if (mesh.state === 'connected') break
}

/** What a live view tells first. */
export async function snapshotOf<T>(stream: AsyncIterator<T>): Promise<T> {
  const { value } = await stream.next()
  await stream.return?.()
  return value as T
}
