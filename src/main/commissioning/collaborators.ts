import type { Settings } from '#shared/contract/settings.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'

/** What commissioning needs of the rest of the app, in its own words; `createApp` wires it. */

/** A device that discovery shows. */
export interface DeviceEndpoint {
  /** Names it in calls. */
  readonly key: string
  /** As its TXT record or its first `/info` said. */
  readonly deviceId: string
  /** IP literals or names, IPv4 first. */
  readonly addresses: readonly string[]
  readonly port: number
  /** Another host claims the same device id. */
  readonly conflict: boolean
}

export interface DeviceDirectory {
  endpointOf(key: string): DeviceEndpoint | undefined
  /** Hears that nothing answered there, so that a device which left without a word leaves the list. */
  reconfirm?(key: string): void
}

export interface CredentialOrder {
  readonly tenant: string
  readonly deviceId: string
  /** The device's own key; null to have one created, whose seed is then in the file. */
  readonly publicKey: string | null
  /** For the ledger: which device this is in the words of the person. */
  readonly name: string
  readonly validDays: number
  /** Until then the device must have connected. */
  readonly pendingUntil: Date
}

export interface IssuedCredential {
  /** Names it in the ledger. */
  readonly id: string
  readonly publicKey: string
  /** A secret; goes to the device and nowhere else. */
  readonly file: CredentialFile
}

/** A credential in the ledger whose device has not connected with it yet. */
export interface PendingCredential {
  readonly id: string
  readonly tenant: string
  readonly deviceId: string
  readonly publicKey: string
  readonly pendingUntil: Date
}

export interface CredentialIssuer {
  issue(order: CredentialOrder): Promise<IssuedCredential>
  /** Strikes it from the ledger and revokes it on the mesh. Safe to call twice. */
  withdraw(id: string): Promise<void>
  /** Its device has connected: it counts from now on. */
  confirm(id: string): void | Promise<void>
  pending(): readonly PendingCredential[]
}

export interface PresenceProof {
  /** Resolves once a connection that authenticated with this user key is on the mesh. */
  waitForKey(tenant: string, publicKey: string, signal: AbortSignal): Promise<void>
}

/** What the registry knows of who is online. */
export interface FleetPresence {
  /** Resolves once the registry reports the device online, at once where it is. */
  whenOnline(tenant: string, deviceId: string, signal: AbortSignal): Promise<void>
}

export interface CommissioningSettings {
  get(): Pick<Settings, 'pendingDeadlineMinutes' | 'credentialDays'>
}
