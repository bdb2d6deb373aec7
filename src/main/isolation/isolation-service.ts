import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { SavedFile } from '#shared/contract/common.ts'
import type {
  IsolationUpdate,
  ProbeDescription,
  ProbeId,
  ProofRun,
  ReportVerification,
  SignedReport,
} from '#shared/contract/isolation.ts'
import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { Logger } from '../log/logger.ts'
import type {
  IsolationAuthority,
  IsolationMesh,
  ProvenTenant,
  SystemWitness,
} from './collaborators.ts'
import { LiveRun } from './live-run.ts'
import { performProof } from './perform-proof.ts'
import { BARRIER_TIMEOUT_MS } from './probe-connection.ts'
import { descriptionOf, PROBES, probesOf } from './probes.ts'
import { proofCancelled, proofRunning, tooFewTenants } from './problems.ts'
import { reportHtml } from './report-html.ts'
import { statementOf } from './report-signature.ts'
import { ReportStore } from './report-store.ts'
import { verifyReport } from './verify-report.ts'

/** Less than the credentials of a proof live. */
const PROOF_TIMEOUT_MS = 8 * 60_000

export interface IsolationServiceOptions {
  /** With ISOLATION_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly authority: IsolationAuthority
  readonly mesh: IsolationMesh
  readonly witness: SystemWitness
  readonly saveFile: SaveFile
  /** Of Muster, for the reports. */
  readonly version: string
  readonly log: Logger
  readonly now?: () => Date
  /** Milliseconds that the server may take to answer a ping. */
  readonly barrierTimeoutMs?: number
}

/** Proves, with real connections, that tenants are isolated, and keeps the signed reports. */
export class IsolationService {
  readonly #options: IsolationServiceOptions
  readonly #now: () => Date
  readonly #store: ReportStore
  readonly #listeners = new Set<(update: IsolationUpdate) => void>()
  readonly #closing = new AbortController()
  #live: LiveRun | undefined
  #cancel = new AbortController()
  #working: Promise<void> = Promise.resolve()

  constructor(options: IsolationServiceOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
    this.#store = new ReportStore(options.database)
  }

  probes(): ProbeDescription[] {
    return PROBES.map(descriptionOf)
  }

  /** The proof under way, or the last one, and the reports; then each change. */
  subscribe(listener: (update: IsolationUpdate) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#snapshot())
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Begins a proof; `subscribe` tells how it goes on. One at a time.
   * @throws ConflictError `PROOF_RUNNING`; RejectedError `PROOF_TOO_FEW_TENANTS`; what
   *   `IsolationMesh.proofServer` throws.
   */
  start(order: { tenants: readonly string[]; probes: readonly ProbeId[] }): ProofRun {
    if (this.#live !== undefined && !this.#live.isOver) throw proofRunning()
    const tenants = this.#tenantsOf(order.tenants)
    const { mesh, barrierTimeoutMs = BARRIER_TIMEOUT_MS } = this.#options
    const server = mesh.proofServer()
    const startedAt = this.#now()
    const live = new LiveRun(randomUUID(), startedAt, tenants, (update) => this.#tell(update))
    this.#live = live
    this.#cancel = new AbortController()
    const signal = AbortSignal.any([
      this.#cancel.signal,
      this.#closing.signal,
      AbortSignal.timeout(PROOF_TIMEOUT_MS),
    ])
    this.#announce()
    this.#working = this.#work(live, async () =>
      performProof(
        { ...this.#options, now: this.#now, barrierTimeoutMs },
        { id: live.state.id, startedAt, tenants, probes: probesOf(order.probes), server, signal },
        {
          began: () => {
            live.become('running')
            this.#announce()
          },
          pair: (attacker, victim, state) => live.mark(attacker, victim, state),
          ending: () => {
            live.become('ending')
            this.#announce()
          },
        },
      ),
    )
    return live.state
  }

  /** Ends the proof under way; what was seen by then becomes a report that proves nothing. */
  cancel(id: string): void {
    if (this.#live?.state.id === id) this.#cancel.abort(proofCancelled())
  }

  /** @throws RejectedError `REPORT_UNKNOWN`. */
  report(id: string): SignedReport {
    return this.#store.report(id)
  }

  /**
   * Signs a report that could not be signed at its end.
   * @throws RejectedError `REPORT_UNKNOWN`, `OPERATOR_KEYS_MISSING`; what the keychain throws.
   */
  async sign(id: string): Promise<SignedReport> {
    const found = this.#store.report(id)
    if (found.signature !== null) return found
    const signed = await this.#sign(found)
    this.#store.save(signed)
    this.#announce()
    return signed
  }

  /** @throws RejectedError `REPORT_UNKNOWN`. */
  remove(id: string): void {
    this.#store.remove(id)
    this.#announce()
  }

  /** @throws RejectedError `REPORT_UNKNOWN`, `FILE_NOT_WRITTEN`. */
  exportReport(id: string, format: 'html' | 'json'): Promise<SavedFile> {
    const signed = this.#store.report(id)
    const name = `isolation-${signed.report.endedAt.slice(0, 16).replaceAll(/[T:]/gu, '-')}.${format}`
    return this.#options.saveFile(
      format === 'html'
        ? { name, mediaType: 'text/html; charset=utf-8', content: reportHtml(signed) }
        : {
            name,
            mediaType: 'application/json',
            content: `${JSON.stringify(signed, undefined, 2)}\n`,
          },
    )
  }

  /** Checks a report's file. @throws RejectedError `REPORT_UNREADABLE`. */
  verify(text: string): ReportVerification {
    return verifyReport(text, [...this.#options.authority.operatorKeys(), ...this.#store.signers()])
  }

  /** Cancels the proof under way and waits until everything of it is put away. */
  async close(): Promise<void> {
    this.#closing.abort(proofCancelled())
    await this.#working
    this.#listeners.clear()
  }

  async #work(live: LiveRun, perform: () => ReturnType<typeof performProof>): Promise<void> {
    const { log } = this.#options
    try {
      const report = await perform()
      const unsigned: SignedReport = { report, signature: null }
      this.#store.save(unsigned)
      const problem = await this.#sign(unsigned).then(
        (signed) => {
          this.#store.save(signed)
          return report.problem
        },
        (error: unknown) => problemOf(toMusterError(error)),
      )
      const state = report.ended === 'cancelled' ? 'cancelled' : 'done'
      live.become(state, { problem, reportId: report.id })
      log.info('isolation proof', {
        verdict: report.verdict,
        ended: report.ended,
        ...report.counts,
      })
    } catch (thrown) {
      const error = toMusterError(thrown)
      const cancelled = error.code === 'PROOF_CANCELLED'
      live.become(cancelled ? 'cancelled' : 'failed', { problem: problemOf(error) })
      if (!cancelled) log.warn('an isolation proof could not be made', { error })
    }
    this.#announce()
  }

  async #sign({ report }: SignedReport): Promise<SignedReport> {
    const signedAt = this.#now().toISOString()
    const { key, signature } = await this.#options.authority.signStatement(
      statementOf(report, signedAt),
      { subject: `isolation report ${report.id}`, reason: 'The report on an isolation proof.' },
    )
    return { report, signature: { algorithm: 'ed25519', key, signedAt, signature } }
  }

  #tenantsOf(names: readonly string[]): ProvenTenant[] {
    const chosen = new Set(names)
    const tenants = this.#options.authority.tenants().filter(({ name }) => chosen.has(name))
    if (tenants.length < 2) throw tooFewTenants()
    return tenants
  }

  #snapshot(): IsolationUpdate {
    return {
      type: 'snapshot',
      run: this.#live?.state ?? null,
      reports: this.#store.summaries(),
    }
  }

  #announce(): void {
    this.#tell(this.#snapshot())
  }

  #tell(update: IsolationUpdate): void {
    for (const listener of this.#listeners) listener(update)
  }
}
