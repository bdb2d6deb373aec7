import { toMusterError, type MusterError } from '#shared/errors.ts'

/** One named step of a procedure that touches the world, with what takes it back. */
export interface Step<Context> {
  readonly name: string
  /** Does the step; may read and write the context that the steps share. */
  run(context: Context, signal: AbortSignal): Promise<void>
  /** Takes the step back after a later one failed. Must be safe when `run` only half finished. */
  undo?(context: Context): Promise<void>
}

export type StepState =
  | 'waiting'
  | 'running'
  | 'done'
  | 'failed'
  | 'undoing'
  | 'undone'
  | 'undo-failed'

/** What the runner reports each time a step changes state. */
export interface StepReport {
  readonly step: string
  readonly state: StepState
  /** Milliseconds that the step ran, once it ended. */
  readonly durationMs?: number
  readonly error?: MusterError
}

export interface RunStepsOptions {
  readonly signal: AbortSignal
  report(report: StepReport): void
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

/**
 * Runs steps in order. When one fails or the signal aborts, what was done is undone in reverse
 * order, the failed step first, and the failure is thrown. An undo that fails is reported and does
 * not stop the others.
 * @throws MusterError of the step that failed.
 */
export async function runSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  options: RunStepsOptions,
): Promise<void> {
  const now = options.now ?? (() => performance.now())
  const begun: Step<Context>[] = []
  for (const step of steps) {
    begun.push(step)
    const startedAt = now()
    options.report({ step: step.name, state: 'running' })
    try {
      options.signal.throwIfAborted()
      await step.run(context, options.signal)
      options.report({ step: step.name, state: 'done', durationMs: now() - startedAt })
    } catch (thrown) {
      const error = toMusterError(thrown)
      options.report({ step: step.name, state: 'failed', durationMs: now() - startedAt, error })
      await undoAll(begun.toReversed(), context, options, now)
      throw error
    }
  }
}

async function undoAll<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  options: RunStepsOptions,
  now: () => number,
): Promise<void> {
  for (const step of steps) {
    if (step.undo === undefined) continue
    const startedAt = now()
    options.report({ step: step.name, state: 'undoing' })
    try {
      await step.undo(context)
      options.report({ step: step.name, state: 'undone', durationMs: now() - startedAt })
    } catch (thrown) {
      options.report({
        step: step.name,
        state: 'undo-failed',
        durationMs: now() - startedAt,
        error: toMusterError(thrown),
      })
    }
  }
}
