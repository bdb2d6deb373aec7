/** Names one device across tenants. */
export interface DeviceKey {
  readonly tenant: string
  readonly deviceId: string
}

/**
 * A device as a store keeps it. The record (protocol.md, "Registration") comes in two parts, since
 * the status changes often and the rest hardly ever: `document` is the JSON text of the record
 * without its `status`, `status` the JSON text of that. `joinRecord` makes one of both.
 */
export interface StoredDevice extends DeviceKey {
  readonly document: string
  readonly status: string
  /** When the present state began, in milliseconds since 1970. */
  readonly sinceEpochMs: number
  /** Last heartbeat known when this was written; the registry itself tracks it in memory. */
  readonly lastSeenEpochMs: number | null
  /** Null while the device is online. */
  readonly offlineAtEpochMs: number | null
  /** What is known of its coming and going, as `presenceText` makes it; a store may forget it. */
  readonly presence?: string | null
  /** Of the record, for stores that put it under a lease; given with what is written. */
  readonly ttlSeconds?: number
}

/**
 * A device to be written, as it is at that moment. It goes on changing: a store takes what it needs of
 * it before it waits for anything.
 */
export interface DeviceToStore extends StoredDevice {
  /** Bytes of the whole record, as `joinRecord` makes it. */
  recordBytes(): number
  /** Writes them into `target`, and returns where they end there. */
  writeRecord(target: Buffer, at: number): number
}

/** A change to one device: the whole, all but the document, or its end. */
export type StoreChange =
  | { readonly kind: 'put'; readonly device: DeviceToStore }
  | { readonly kind: 'update'; readonly device: DeviceToStore }
  | { readonly kind: 'remove'; readonly device: DeviceKey }

/** How a store wants to be written. */
export interface StorePace {
  /** Registrations are written this long after the first came; 0 takes what came in the same turn. */
  readonly registrationsAfterMs: number
  /** Changes of a status that come within this time are one. */
  readonly statusAfterMs: number
  /** Most changes in one call of `write`. */
  readonly maxBatch: number
  /** Calls of `write` under way at once; no device is in two of them. */
  readonly maxInFlight: number
  /** A registration is confirmed to its device only once it is written. */
  readonly confirmsWritten: boolean
}

/**
 * Where devices outlive the process. Reads happen at start only; after that the registry answers
 * from memory and hands over batches of changes.
 */
export interface RegistryStore {
  /** Every device, in pages. */
  load(signal: AbortSignal): AsyncIterable<readonly StoredDevice[]>
  readonly pace: StorePace
  /**
   * Applies the changes. `update` promises that the document is the one put before.
   * @returns those that met a device that somebody else has changed, to be tried again once it is
   *   known what they did
   * @throws when the store can't take them, or not all; the registry tries them all again, which
   *   does no harm
   */
  write(changes: readonly StoreChange[], signal: AbortSignal): Promise<readonly StoreChange[]>
  close(): Promise<void>
}

/** The whole record as JSON text. `document` is a JSON object with at least one member. */
export function joinRecord(document: string, status: string): string {
  return `${document.slice(0, -1)},"status":${status}}`
}
