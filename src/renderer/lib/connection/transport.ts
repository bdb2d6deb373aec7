import type { ClientLink } from '@orpc/client'

/** Nothing goes along with a call but its input. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- how oRPC writes no context
export type CallContext = Record<never, never>

/** One live wire to main. It ends once and never comes back; a new one is opened instead. */
export interface Transport {
  readonly link: ClientLink<CallContext>
  /** Aborts when the wire is gone. */
  readonly gone: AbortSignal
  close(): void
}

/**
 * Opens a wire.
 * @throws RejectedError `SESSION_REFUSED` when trying again cannot help; anything else is retried.
 */
export type OpenTransport = (signal: AbortSignal) => Promise<Transport>
