import type { ToSidecar } from './sidecar-messages.ts'

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
