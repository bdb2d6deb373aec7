import type { z } from 'zod'

/** What a step of a journaled procedure is handed. */
export interface ProcedureContext<State> {
  readonly signal: AbortSignal
  /**
   * Writes a changed state down at once. What a step decides (the public key it just made) has to be
   * on disk before it acts on it, so that a restart finds the very thing and does not make a second.
   */
  readonly save: (state: State) => void
}

/**
 * One step. The process may die before, within or after it without the journal knowing which, so `run`
 * must be safe to run again and `undo` safe where `run` never ran, half ran, or was undone already.
 */
export interface JournaledStep<State> {
  /** Stable: it stands in the journal, and the person reads it. */
  readonly name: string
  /** Does the step; returns the state that the next ones see. */
  run(state: State, context: ProcedureContext<State>): Promise<State>
  /** Takes it back. A step without leaves nothing behind that matters. */
  undo?(state: State, context: ProcedureContext<State>): Promise<State>
  /**
   * What the person has to do before this step, as a sentence; undefined where nothing is. The procedure
   * then stops before it, unfinished and without a problem, until the person resumes it.
   */
  waitsFor?(state: State): string | undefined
  /** Once this step has begun there is no way back, only forward. */
  readonly final?: boolean
}

/**
 * A procedure that touches several of keychain, server and database, as data: whatever moment the app
 * is killed at, the journal says which steps are done, and it is resumed or rolled back.
 */
export interface ProcedureKind<State> {
  /** Stable name such as `rotate-account-key`. */
  readonly kind: string
  /** Shape of the state in the database. Public keys and names; never anything secret. */
  readonly state: z.ZodType<State>
  readonly steps: readonly JournaledStep<State>[]
  /** What it works on, such as `tenant:acme`: there is one unfinished procedure per subject at most. */
  subject(state: State): string
  /** What the person reads: "Rotate the signing key of acme". */
  describe(state: State): string
  /** Without a mesh it can't go on; it is taken up when there is one. */
  readonly needs: 'keychain' | 'mesh'
  /** What becomes of one that a crash left behind; `ask` waits for the person. */
  readonly atStart: 'resume' | 'roll-back' | 'ask'
  /** What a step that fails leads to: `keep` leaves it unfinished, to be resumed or rolled back. */
  readonly onFailure: 'roll-back' | 'keep'
  /** Stands around every run, so that nothing else changes the same things meanwhile. */
  exclusively?<T>(work: () => Promise<T>): Promise<T>
}

/** A moment between the steps, at which a test may end the process. */
export interface ProcedureBoundary {
  readonly kind: string
  readonly step: string
  readonly direction: 'forward' | 'back'
  /**
   * `begun`: the journal knows that the step was begun, nothing else happened yet; `saved`: the step
   * wrote down what it decided; `acted`: the step is through and the journal does not know yet.
   */
  readonly point: 'begun' | 'saved' | 'acted'
}
