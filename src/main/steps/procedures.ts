import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Problem } from '#shared/contract/common.ts'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { Logger } from '../log/logger.ts'
import {
  alreadyRunning,
  closing,
  pastReturn,
  procedureGone,
  stopped,
  unfinishedOn,
  unknownProcedure,
} from './procedure-errors.ts'
import { ProcedureJournal, type JournalEntry } from './procedure-journal.ts'
import type { ProcedureBoundary, ProcedureContext, ProcedureKind } from './procedure.ts'

export interface ProceduresOptions {
  /** With PROCEDURE_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly log: Logger
  readonly now?: () => Date
  /** Hears of every moment at which a crash would matter. For tests, which end the process there. */
  readonly atBoundary?: (boundary: ProcedureBoundary) => void
}

/** An unfinished procedure as the person sees it. */
export interface UnfinishedProcedure {
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly title: string
  readonly running: boolean
  readonly direction: 'forward' | 'back'
  readonly beganAt: Date
  readonly changedAt: Date
  readonly steps: readonly {
    readonly name: string
    readonly state: 'waiting' | 'begun' | 'done'
  }[]
  /** What the person has to do before it goes on; null where it does not wait. */
  readonly waitsFor: string | null
  /** Why it stopped; null where the app was ended meanwhile. */
  readonly problem: Problem | null
  readonly canResume: boolean
  readonly canRollBack: boolean
}

/** How one kind of procedure is started and taken up. */
export interface Procedure<State> {
  /**
   * Runs it from the beginning; resolves with the state after the last step, or where it has to wait for the person.
   * @throws ConflictError `PROCEDURE_UNFINISHED` where one on the same subject is; what the steps throw.
   */
  start(state: State, signal: AbortSignal): Promise<State>
  /** Takes up an unfinished one of this kind on that subject, joins one that runs, or starts. */
  startOrResume(state: State, signal: AbortSignal): Promise<State>
  /**
   * Writes one into the journal without running it, to be taken up as its kind decides: for what must not be
   * forgotten. Nothing where one on the same subject is there.
   */
  note(state: State): void
  /** The state of an unfinished one of this kind on that subject. */
  unfinished(subject: string): { readonly id: string; readonly state: State } | undefined
}

/** What taking up procedures after a start came to. */
export interface TakenUp {
  readonly id: string
  readonly title: string
  readonly outcome: 'done' | 'rolled-back' | 'failed'
  readonly error?: MusterError
}

// The state is typed by the kind alone; the runner only hands it on.
type AnyKind = ProcedureKind<unknown>

/** Runs procedures with a journal, and takes up those that a crash or a failure left unfinished. */
export class Procedures {
  readonly #journal: ProcedureJournal
  readonly #log: Logger
  readonly #atBoundary: (boundary: ProcedureBoundary) => void
  readonly #kinds = new Map<string, AnyKind>()
  readonly #running = new Map<string, Promise<unknown>>()
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()

  constructor(options: ProceduresOptions) {
    this.#journal = new ProcedureJournal(options.database, options.now ?? (() => new Date()))
    this.#log = options.log.part('procedures')
    this.#atBoundary = options.atBoundary ?? (() => undefined)
  }

  /** Makes a kind known; all of them before the first is taken up. */
  register<State>(kind: ProcedureKind<State>): Procedure<State> {
    this.#kinds.set(kind.kind, kind)
    const find = (subject: string) => {
      const entry = this.#journal.entryOn(subject)
      return entry?.kind === kind.kind ? entry : undefined
    }
    return {
      start: (state, signal) => this.#start(kind, state, signal),
      startOrResume: async (state, signal) => {
        const entry = find(kind.subject(state))
        if (entry === undefined) return this.#start(kind, state, signal)
        const running = this.#running.get(entry.id)
        return kind.state.parse(await (running ?? this.#forward(entry.id, signal)))
      },
      note: (state) => {
        if (this.#journal.entryOn(kind.subject(state)) !== undefined) return
        this.#add(kind, state)
        this.#announce()
      },
      unfinished: (subject) => {
        const entry = find(subject)
        return entry === undefined
          ? undefined
          : { id: entry.id, state: kind.state.parse(entry.state) }
      },
    }
  }

  /** What has begun and not ended, the oldest first; those that run now among them. */
  unfinished(): UnfinishedProcedure[] {
    return this.#journal.entries().map((entry) => this.#summaryOf(entry))
  }

  /** Calls `listener` after each step; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Goes on with an unfinished procedure from where it stopped; what it waited for counts as done.
   * @throws ConflictError `PROCEDURE_RUNNING`; RejectedError `PROCEDURE_GONE`, `PROCEDURE_UNKNOWN`;
   *   what the steps throw.
   */
  async resume(id: string, signal: AbortSignal): Promise<void> {
    await this.#forward(id, signal, true)
  }

  /**
   * Forgets an unfinished procedure of this kind without doing or undoing anything more: for whoever
   * removes what it was working on. Nothing where there is none.
   * @throws ConflictError `PROCEDURE_RUNNING`
   */
  abandon(subject: string, kind: string): void {
    const entry = this.#journal.entryOn(subject)
    if (entry?.kind !== kind) return
    if (this.#running.has(entry.id)) throw alreadyRunning()
    this.#journal.remove(entry.id)
    this.#log.info('a procedure was given up', { kind, subject })
    this.#announce()
  }

  /**
   * Takes an unfinished procedure back, the last step first.
   * @throws as `resume`, and RejectedError `PROCEDURE_PAST_RETURN` after a final step began.
   */
  async rollBack(id: string, signal: AbortSignal): Promise<void> {
    await this.#exclusively(id, (kind) => this.#back(id, kind, this.#until(signal)))
  }

  /**
   * Takes up what was left unfinished, as its kind decides; due once keychain or mesh are there. What
   * waits for the person stays. Never throws: what fails stays unfinished with its problem.
   */
  async takeUp(available: 'keychain' | 'mesh', signal: AbortSignal): Promise<TakenUp[]> {
    const outcomes: TakenUp[] = []
    for (const entry of this.#journal.entries()) {
      const kind = this.#kinds.get(entry.kind)
      if (kind === undefined || this.#running.has(entry.id) || signal.aborted) continue
      // One that was taken up before may have carried this one through.
      if (this.#journal.entry(entry.id) === undefined) continue
      if (kind.needs === 'mesh' && available !== 'mesh') continue
      const undo = kind.atStart === 'roll-back' && mayRollBack(kind, entry)
      const back = entry.direction === 'back' || undo
      if (!back && kind.atStart === 'ask') continue
      const title = kind.describe(kind.state.parse(entry.state))
      try {
        if (back) await this.rollBack(entry.id, signal)
        else await this.#forward(entry.id, signal)
        if (this.#journal.entry(entry.id) !== undefined) continue
        outcomes.push({ id: entry.id, title, outcome: back ? 'rolled-back' : 'done' })
      } catch (thrown) {
        const error = toMusterError(thrown)
        this.#log.warn('an interrupted procedure could not be taken up', { title, error })
        outcomes.push({ id: entry.id, title, outcome: 'failed', error })
      }
    }
    return outcomes
  }

  async #start<State>(
    kind: ProcedureKind<State>,
    state: State,
    signal: AbortSignal,
  ): Promise<State> {
    const subject = kind.subject(state)
    const entry = this.#journal.entryOn(subject)
    if (entry !== undefined) throw unfinishedOn(this.#summaryOf(entry))
    const id = this.#add(kind, state)
    return kind.state.parse(await this.#forward(id, signal))
  }

  #add<State>(kind: ProcedureKind<State>, state: State): string {
    const id = randomUUID()
    const subject = kind.subject(state)
    this.#journal.add({ id, kind: kind.kind, subject, state: kind.state.parse(state) })
    return id
  }

  async #forward(id: string, until: AbortSignal, confirmed = false): Promise<unknown> {
    const signal = this.#until(until)
    return this.#exclusively(id, async (kind) => {
      this.#journal.change(id, { direction: 'forward', problem: null })
      let { state, done, current } = this.#entry(id)
      let mayPass = confirmed
      for (const step of kind.steps) {
        if (done.includes(step.name)) continue
        // One that had begun was waited for before.
        const waits = current === step.name ? undefined : step.waitsFor?.(kind.state.parse(state))
        if (waits !== undefined && !mayPass) return state
        if (waits !== undefined) mayPass = false
        try {
          if (signal.aborted) throw stopped(signal.reason)
          this.#begin(id, step.name, step.final === true)
          this.#reached(kind, step.name, 'forward', 'begun')
          state = await step.run(
            kind.state.parse(state),
            this.#context(id, kind, step.name, 'forward', signal),
          )
          this.#reached(kind, step.name, 'forward', 'acted')
        } catch (thrown) {
          const error = toMusterError(thrown)
          await this.#failed(id, kind, error)
          throw error
        }
        done = [...done, step.name]
        this.#journal.change(id, { state, done, current: null })
        this.#announce()
      }
      this.#end(id, kind, state, 'done')
      return state
    })
  }

  /** Stops what runs between two steps, to be taken up at the next start, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort(closing())
    await Promise.allSettled(this.#running.values())
  }

  async #back(id: string, kind: AnyKind, signal: AbortSignal): Promise<void> {
    const entry = this.#entry(id)
    if (!mayRollBack(kind, entry)) throw pastReturn(kind.describe(kind.state.parse(entry.state)))
    this.#journal.change(id, { direction: 'back' })
    let { state, done } = entry
    for (const step of kind.steps.toReversed()) {
      if (!done.includes(step.name) && entry.current !== step.name) continue
      try {
        this.#reached(kind, step.name, 'back', 'begun')
        const context = this.#context(id, kind, step.name, 'back', signal)
        if (step.undo !== undefined) state = await step.undo(kind.state.parse(state), context)
        this.#reached(kind, step.name, 'back', 'acted')
      } catch (thrown) {
        const error = toMusterError(thrown)
        this.#journal.change(id, { problem: problemOf(error) })
        throw error
      }
      done = done.filter((name) => name !== step.name)
      this.#journal.change(id, { state, done, current: null })
      this.#announce()
    }
    this.#end(id, kind, state, 'rolled-back')
  }

  /** After a failure: taken back at once, or left with its problem. Never hides the failure. */
  async #failed(id: string, kind: AnyKind, error: MusterError): Promise<void> {
    try {
      this.#journal.change(id, { problem: problemOf(error) })
    } catch (thrown) {
      // On a full disk neither can be written; the procedure stays where the journal last saw it.
      this.#log.warn('the failure of a procedure could not be noted', { error: thrown })
      return
    }
    const stays = kind.onFailure === 'keep' || this.#closing.signal.aborted
    if (stays || !mayRollBack(kind, this.#entry(id))) return
    try {
      // What failed may have been a cancellation; taking it back must not be cancelled with it.
      await this.#back(id, kind, new AbortController().signal)
    } catch (thrown) {
      this.#log.warn('a procedure that failed could not be taken back', {
        error: toMusterError(thrown),
      })
    }
  }

  async #exclusively<T>(id: string, work: (kind: AnyKind) => Promise<T>): Promise<T> {
    const kind = this.#kinds.get(this.#entry(id).kind)
    if (kind === undefined) throw unknownProcedure()
    if (this.#running.has(id)) throw alreadyRunning()
    const running = kind.exclusively === undefined ? work(kind) : kind.exclusively(() => work(kind))
    this.#running.set(id, running)
    this.#announce()
    try {
      return await running
    } finally {
      this.#running.delete(id)
      this.#announce()
    }
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }

  #begin(id: string, step: string, final: boolean): void {
    this.#journal.change(id, { current: step })
    // After a power cut the database must not know less than a keychain that forgot a key.
    if (final) this.#journal.makeDurable()
    this.#announce()
  }

  #end(id: string, kind: AnyKind, state: unknown, outcome: 'done' | 'rolled-back'): void {
    this.#journal.remove(id)
    this.#log.info('a procedure has ended', {
      title: kind.describe(kind.state.parse(state)),
      outcome,
    })
  }

  #context(
    id: string,
    kind: AnyKind,
    step: string,
    direction: 'forward' | 'back',
    signal: AbortSignal,
  ): ProcedureContext<unknown> {
    return {
      signal,
      save: (state) => {
        this.#journal.change(id, { state: kind.state.parse(state) })
        this.#reached(kind, step, direction, 'saved')
      },
    }
  }

  #reached(
    { kind }: AnyKind,
    step: string,
    direction: 'forward' | 'back',
    point: ProcedureBoundary['point'],
  ): void {
    this.#atBoundary({ kind, step, direction, point })
  }

  #entry(id: string): JournalEntry {
    const entry = this.#journal.entry(id)
    if (entry === undefined) throw procedureGone()
    return entry
  }

  #summaryOf(entry: JournalEntry): UnfinishedProcedure {
    const kind = this.#kinds.get(entry.kind)
    const running = this.#running.has(entry.id)
    const next = kind?.steps.find(({ name }) => !entry.done.includes(name))
    const waits = entry.direction === 'forward' && !running && entry.current === null
    const stateOf = (name: string) =>
      entry.done.includes(name) ? 'done' : entry.current === name ? 'begun' : 'waiting'
    return {
      id: entry.id,
      kind: entry.kind,
      subject: entry.subject,
      title: kind === undefined ? entry.kind : kind.describe(kind.state.parse(entry.state)),
      running,
      direction: entry.direction,
      beganAt: new Date(entry.begun_at),
      changedAt: new Date(entry.changed_at),
      steps: (kind?.steps ?? []).map(({ name }) => ({ name, state: stateOf(name) })),
      waitsFor:
        (waits ? next?.waitsFor?.(kind?.state.parse(entry.state) ?? entry.state) : null) ?? null,
      problem: entry.problem,
      canResume: kind !== undefined && !running,
      canRollBack: kind !== undefined && !running && mayRollBack(kind, entry),
    }
  }

  #announce(): void {
    for (const listener of this.#listeners) listener()
  }
}

function mayRollBack(kind: AnyKind, entry: JournalEntry): boolean {
  return !kind.steps.some(
    ({ final, name }) => final === true && (entry.done.includes(name) || entry.current === name),
  )
}
