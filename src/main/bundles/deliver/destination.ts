import type {
  BundleReceipt,
  DestinationChoice,
  HandOver,
  HandOverTicket,
} from '#shared/contract/bundles.ts'

/** A finished file on its way out: the sealed bundle, or what lies in the clear beside it. */
export interface OutgoingFile {
  readonly name: string
  readonly content: Uint8Array
  /** Permission bits, where the file system knows any. */
  readonly mode: number
}

export type DeliveredFile = BundleReceipt['files'][number]
export type DestinationFacts = BundleReceipt['destination']

export interface DeliveryProgress {
  readonly step: 'writing' | 'flushing' | 'reading-back' | 'waiting'
  readonly bytes: number
  readonly total: number
}

export interface DeliveryRun {
  readonly signal: AbortSignal
  readonly onProgress: (progress: DeliveryProgress) => void
}

/** Where a bundle goes: a folder, a removable drive, another computer. */
export interface Destination {
  /** What stands in the receipt. */
  readonly facts: DestinationFacts
  /** Of a removable drive: its id, by which it is found after a restart. */
  readonly driveId?: string
  /**
   * Whether so many bytes of these names would arrive: before anything is issued.
   * @throws MusterError with what to do about it.
   */
  check(
    need: { readonly bytes: number; readonly names: readonly string[] },
    signal: AbortSignal,
  ): Promise<void>
  /** All files or none: what was half written is gone when it throws. @throws MusterError. */
  deliver(files: readonly OutgoingFile[], run: DeliveryRun): Promise<DeliveredFile[]>
  /** Takes back what was delivered, where the record of it could not be written. */
  takeBack(files: readonly DeliveredFile[]): Promise<void>
  /**
   * Lets go of a drive once all is on it, where the person wants that.
   * @throws TransientError `DRIVE_NOT_EJECTED`.
   */
  readonly eject?: (signal: AbortSignal) => Promise<void>
  close(): Promise<void>
  /** Whether certainly nobody got any of it, though it was to be delivered. Absent: not known. */
  untouched?(): boolean
  /** Where the other side comes to fetch it. */
  readonly handOver?: {
    state(): HandOver
    onChange(listener: (state: HandOver) => void): void
    /** A code to fetch the file with; the one before is dead with it. Secret. */
    newTicket(file: string): HandOverTicket
  }
}

/** @throws MusterError where there is no such place. */
export type OpenDestination = (
  choice: DestinationChoice,
  signal: AbortSignal,
) => Promise<Destination>
