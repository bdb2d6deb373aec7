import type {
  CellState,
  IsolationUpdate,
  ProofRun,
  ReportSummary,
} from '#shared/contract/isolation.ts'
import { LIVE, useLive } from '../../../lib/live/use-live.ts'
import { useStream, type LiveSource } from '../../../lib/live/use-stream.ts'

export interface IsolationState {
  /** The proof under way, or the last one since the app started. */
  readonly run: ProofRun | null
  /** The newest first. */
  readonly reports: readonly ReportSummary[]
}

/** The state after an update; news about another run than the one that is shown are of no use. */
export function reduceIsolation(
  state: IsolationState | undefined,
  update: IsolationUpdate,
): IsolationState | undefined {
  if (update.type === 'snapshot') return { run: update.run, reports: update.reports }
  if (state?.run?.id !== update.runId) return state
  const cells: CellState[][] = [...state.run.cells]
  for (const { attacker, victim, state: cell } of update.cells) {
    const row = cells[attacker]
    if (row !== undefined) cells[attacker] = row.with(victim, cell)
  }
  const { done, crossed } = update
  return { ...state, run: { ...state.run, done, crossed, cells } }
}

const source: LiveSource<IsolationUpdate, IsolationState> = {
  key: [LIVE, 'isolation'],
  open: (client, signal) => client.isolation.watch(undefined, { signal }),
  reduce: reduceIsolation,
}

/** Proof and reports, for as long as the screen is there; undefined until main told them. */
export function useIsolation(): IsolationState | undefined {
  useStream(source)
  return useLive<IsolationState>(source.key)
}
