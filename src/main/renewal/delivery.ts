import type { MusterError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'

/** Who gets a new credential. */
export interface Recipient {
  readonly tenant: string | null
  readonly deviceId: string | null
  readonly publicKey: string
  readonly name: string
}

export interface DeliveryOrder {
  readonly jobId: string
  readonly recipient: Recipient
  /** Without a seed: the holder has its own. The JWT in it must not be logged or kept. */
  readonly file: CredentialFile
  /** Until then the holder has to be back. */
  readonly deadline: Date
}

/**
 * `taken`: the holder has it; `unknown`: nobody can tell, so it has to be looked for; `laid-down`: it
 * lies where somebody has to fetch it, maybe weeks later.
 */
export type DeliveryOutcome = 'taken' | 'unknown' | 'laid-down'

/** One way to hand a renewed credential over. */
export interface RenewalDelivery {
  /**
   * Looks whether it could be handed over now, before it is issued.
   * @throws MusterError why not.
   */
  check(recipient: Recipient, signal: AbortSignal): Promise<void>
  /** @throws MusterError where it is certain that nobody has it now. */
  deliver(order: DeliveryOrder, signal: AbortSignal): Promise<DeliveryOutcome>
  /**
   * Hears when the holder says by itself that it went back to its old credential, with its reason.
   * Returns how to stop that.
   */
  onRefused?(recipient: Recipient, listener: (error: MusterError) => void): () => void
}
