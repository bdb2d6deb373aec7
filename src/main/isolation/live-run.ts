import type { Problem } from '#shared/contract/common.ts'
import type { CellState, IsolationUpdate, ProofRun } from '#shared/contract/isolation.ts'
import type { ProvenTenant } from './collaborators.ts'

/** Cells that changed are told of together. */
const COALESCE_MS = 100

/** A proof under way as the window shows it. */
export class LiveRun {
  readonly #tell: (update: IsolationUpdate) => void
  readonly #cells: CellState[][]
  readonly #changed = new Map<string, { attacker: number; victim: number }>()
  #timer: NodeJS.Timeout | undefined
  #run: Omit<ProofRun, 'cells'>

  constructor(
    id: string,
    startedAt: Date,
    tenants: readonly ProvenTenant[],
    tell: (update: IsolationUpdate) => void,
  ) {
    this.#tell = tell
    this.#cells = tenants.map((_attacker, row) =>
      tenants.map((_victim, column) => (row === column ? 'self' : 'waiting')),
    )
    this.#run = {
      id,
      state: 'preparing',
      startedAt: startedAt.toISOString(),
      tenants: tenants.map(({ name, isolation }) => ({ name, isolation })),
      done: 0,
      total: tenants.length * (tenants.length - 1),
      crossed: 0,
      problem: null,
      reportId: null,
    }
  }

  get state(): ProofRun {
    return { ...this.#run, cells: this.#cells.map((row) => [...row]) }
  }

  get isOver(): boolean {
    return ['done', 'cancelled', 'failed'].includes(this.#run.state)
  }

  /** A new state of the whole; the caller tells it. */
  become(
    state: ProofRun['state'],
    outcome: { readonly problem?: Problem | null; readonly reportId?: string } = {},
  ): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#changed.clear()
    this.#run = { ...this.#run, ...outcome, state }
  }

  /** A pair's new state. */
  mark(attacker: number, victim: number, state: CellState): void {
    const row = this.#cells[attacker]
    if (row === undefined) return
    row[victim] = state
    if (state !== 'running') {
      const { done, crossed } = this.#run
      this.#run = {
        ...this.#run,
        done: done + 1,
        crossed: crossed + (state === 'failed' ? 1 : 0),
      }
    }
    this.#changed.set(`${attacker} ${victim}`, { attacker, victim })
    this.#timer ??= setTimeout(() => this.#tellChanges(), COALESCE_MS)
  }

  #tellChanges(): void {
    this.#timer = undefined
    const cells = [...this.#changed.values()].map(({ attacker, victim }) => ({
      attacker,
      victim,
      state: this.#cells[attacker]?.[victim] ?? 'waiting',
    }))
    this.#changed.clear()
    const { id: runId, done, crossed } = this.#run
    this.#tell({ type: 'progress', runId, done, crossed, cells })
  }
}
