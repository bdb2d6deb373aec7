import type { OwnedDevice } from '../registry/identity-guard.ts'

/** All that is sent at once; one message holds so many. */
const MESSAGE_DEVICES = 2000
/** Additions are told at once; what was revoked or ran out may be told with the next full list. */
const WHOLE_AGAIN_MS = 60_000

/** What the ledger knows of credentials that devices hold. */
export interface DeviceCredentials {
  /** Those in force that were issued after this row, and the last row there is. */
  deviceNamesAfter(row: number): {
    readonly devices: readonly NamedDevice[]
    readonly lastRow: number
  }
  subscribe(listener: () => void): () => void
}

export interface NamedDevice {
  readonly tenant: string
  readonly deviceId: string
  /** The name in the credential. */
  readonly name: string
}

/** Tells a registry which ids belong to devices with a credential of their own. */
export class DeviceOwners {
  readonly #ledger: DeviceCredentials
  readonly #tell: (devices: readonly OwnedDevice[], replace: boolean) => void
  readonly #unsubscribe: () => void
  #lastRow = 0
  #wholeAgainAt = 0
  #isTelling = false

  constructor(
    ledger: DeviceCredentials,
    tell: (devices: readonly OwnedDevice[], replace: boolean) => void,
  ) {
    this.#ledger = ledger
    this.#tell = tell
    this.#unsubscribe = ledger.subscribe(() => this.#onLedger())
  }

  /** A registry serves that knows nothing yet. */
  begin(): void {
    this.#isTelling = true
    this.#tellWhole()
  }

  close(): void {
    this.#unsubscribe()
  }

  #onLedger(): void {
    if (!this.#isTelling) return
    if (performance.now() >= this.#wholeAgainAt) this.#tellWhole()
    else this.#tellAfter(this.#lastRow, false)
  }

  #tellWhole(): void {
    this.#wholeAgainAt = performance.now() + WHOLE_AGAIN_MS
    this.#tellAfter(0, true)
  }

  #tellAfter(row: number, replace: boolean): void {
    const { devices, lastRow } = this.#ledger.deviceNamesAfter(row)
    this.#lastRow = lastRow
    const owned = groupNames(devices)
    if (owned.length === 0 && !replace) return
    this.#tell(owned.slice(0, MESSAGE_DEVICES), replace)
    for (let from = MESSAGE_DEVICES; from < owned.length; from += MESSAGE_DEVICES) {
      this.#tell(owned.slice(from, from + MESSAGE_DEVICES), false)
    }
  }
}

/** One line a device, with all the names that its credentials have. */
function groupNames(devices: readonly NamedDevice[]): OwnedDevice[] {
  const byDevice = new Map<string, { tenant: string; deviceId: string; names: string[] }>()
  for (const { tenant, deviceId, name } of devices) {
    const key = `${tenant}.${deviceId}`
    const known = byDevice.get(key)
    if (known === undefined) byDevice.set(key, { tenant, deviceId, names: [name] })
    else if (!known.names.includes(name)) known.names.push(name)
  }
  return [...byDevice.values()]
}
