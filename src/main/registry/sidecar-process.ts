import type { ToSidecar } from './sidecar-messages.ts'

/**
 * Arguments for the Node that runs a registry. V8 lets the space for young objects grow to 128 MB
 * under load, of which a registry that keeps devices for days has nothing; 100,000 devices of 2 KB
 * take 100 MB less with these.
 */
export const SIDECAR_NODE_ARGUMENTS: readonly string[] = ['--max-semi-space-size=8']

export interface SidecarExit {
  readonly code: number | null
  readonly signal: string | null
}

/** A started sidecar as the supervisor sees it; each host brings its own way to start one. */
export interface SidecarProcess {
  /** Undefined until it has started, or where it could not be. */
  readonly pid: number | undefined
  /** A message to a process that has gone is dropped; `onExit` tells. */
  send(message: ToSidecar): void
  /** Messages as they come; the supervisor checks them. */
  onMessage(listener: (message: unknown) => void): void
  /** Called once, also where it could not be started. */
  onExit(listener: (exit: SidecarExit) => void): void
  /** Ends it without warning. */
  kill(): void
}
