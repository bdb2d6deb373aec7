import type { Selector } from '#shared/protocol/selectors.ts'
import type { CredentialSummary, DeviceAddress, FleetUpdate } from '#shared/contract/fleet.ts'

/** Where the fleet comes from: the registry sidecar of the local mesh, or a remote registry. */
export interface FleetSource {
  /**
   * Hears the fleet as the registry has it: a snapshot at once, then changes. A further snapshot
   * replaces everything. States are `online` and `offline` only.
   */
  subscribe(listener: (update: FleetUpdate) => void): () => void
  /** The registry's record, as parsed JSON or as its text; null where there is none. */
  record(address: DeviceAddress, signal: AbortSignal): Promise<unknown>
  /** The online devices that a selector addresses, of one tenant or of all, up to a number. */
  select(
    selector: Selector,
    selectorText: string,
    tenant: string | null,
    most: number,
    signal: AbortSignal,
  ): Promise<readonly DeviceAddress[]>
  /** Takes an offline device off the list. */
  forget(address: DeviceAddress): Promise<void>
}

/** What the fleet needs of the authority's ledger. */
export interface CredentialLedger {
  /** Devices that hold a credential with which they have not connected yet. */
  pendingDevices(): readonly PendingDevice[]
  credentialsOf(address: DeviceAddress): CredentialSummary[]
  /** Hears that something in the ledger changed. */
  subscribe(listener: () => void): () => void
}

export interface PendingDevice {
  readonly tenant: string
  readonly deviceId: string
  readonly issuedAt: Date
}
