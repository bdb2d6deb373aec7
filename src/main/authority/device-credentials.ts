import type { CredentialFile } from '#shared/protocol/credentials.ts'
import type { Authority } from './authority.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const WITHDRAW_TIMEOUT_MS = 10_000

/** Where devices find the mesh, as it stands in their credentials. */
export interface MeshEndpoints {
  readonly urls: readonly string[]
  /** Certificate authority of the mesh, where it is not one that systems know. */
  readonly caPem?: string
}

export interface DeviceCredentialOrder {
  readonly tenant: string
  readonly deviceId: string
  /** The device's own key (U…); null where it has none and gets one, seed included. */
  readonly publicKey: string | null
  readonly name: string
  readonly pendingUntil: Date
  readonly validDays: number
}

/** A credential to hand to a device. `file` is secret. */
export interface DeviceCredential {
  readonly id: string
  readonly publicKey: string
  readonly file: CredentialFile
}

/** A credential whose device has not connected with it yet. */
export interface PendingDeviceCredential {
  readonly id: string
  readonly tenant: string
  readonly deviceId: string
  readonly publicKey: string
  readonly pendingUntil: Date
}

export interface DeviceCredentialsOptions {
  readonly authority: Authority
  readonly endpoints: () => MeshEndpoints
}

/** Device credentials as commissioning needs them: files that are ready to send. */
export class DeviceCredentials {
  readonly #authority: Authority
  readonly #endpoints: () => MeshEndpoints

  constructor(options: DeviceCredentialsOptions) {
    this.#authority = options.authority
    this.#endpoints = options.endpoints
  }

  /** Issues a credential that counts as pending. @throws see `issueUsers` in user-issue.ts. */
  async issue(order: DeviceCredentialOrder): Promise<DeviceCredential> {
    const { urls, caPem } = this.#endpoints()
    const user = await this.#authority.issueUser({
      account: { tenant: order.tenant },
      role: 'device',
      name: order.name,
      deviceId: order.deviceId,
      ...(order.publicKey === null ? {} : { publicKey: order.publicKey }),
      ttlMs: order.validDays * DAY_MS,
      pendingUntil: order.pendingUntil,
      delivery: 'commissioning',
    })
    const file: CredentialFile = {
      device_id: order.deviceId,
      auth_type: 'jwt',
      tenant: order.tenant,
      nats: {
        urls,
        jwt: user.jwt,
        ...(user.seed === undefined ? {} : { nkey_seed: user.seed }),
        ...(caPem === undefined ? {} : { tls: { ca_pem: caPem } }),
      },
    }
    return { id: user.ledgerId, publicKey: user.publicKey, file }
  }

  /**
   * Strikes and revokes what a device did not take. One that it has connected with before stays: issuing returned it once
   * more, and it is what the device works with. Safe to call twice. @throws `PUSH_FAILED`.
   */
  async withdraw(id: string): Promise<void> {
    if (this.#authority.ledger.entry(id)?.state === 'active') return
    await this.#authority.strike(
      id,
      'The device did not take it.',
      AbortSignal.timeout(WITHDRAW_TIMEOUT_MS),
    )
  }

  /** Notes that the device connected with its credential. */
  confirm(id: string): Promise<void> {
    this.#authority.ledger.confirmConnected(id)
    return Promise.resolve()
  }

  /** Commissioned credentials whose devices have not connected yet; renewals are not for us to watch. */
  pending(): readonly PendingDeviceCredential[] {
    return this.#authority.ledger
      .pending()
      .flatMap(({ id, tenant, deviceId, publicKey, pendingUntil, delivery }) =>
        tenant === null ||
        deviceId === null ||
        pendingUntil === null ||
        delivery !== 'commissioning'
          ? []
          : { id, tenant, deviceId, publicKey, pendingUntil },
      )
  }
}
