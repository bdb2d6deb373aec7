import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Batch, BatchCheck, BatchRequest, TenantSettings } from '#shared/contract/tenants.ts'
import { ConflictError, RejectedError, toMusterError } from '#shared/errors.ts'
import type { MeshEndpoints } from '../authority/device-credentials.ts'
import type { Ledger } from '../authority/ledger.ts'
import type { TenantAccounts } from '../authority/tenant-accounts.ts'
import type { Logger } from '../log/logger.ts'
import type { Procedure, Procedures, UnfinishedProcedure } from '../steps/procedures.ts'
import { isCredentialName, parseTenantList, type ParsedList } from './batch-list.ts'
import { BatchPlans, type BatchPlan } from './batch-plans.ts'
import { BATCH_SUBJECT, tenantBatch, type BatchIssuer, type BatchState } from './batch-procedure.ts'
import { CredentialFolder } from './credential-folder.ts'
import { wantedOf } from './tenant-settings.ts'

const SAMPLE_TENANTS = 5
const SAMPLE_CREDENTIALS = 3
const PROBLEMS_SHOWN = 200

export interface TenantBatchesOptions {
  readonly database: DatabaseSync
  readonly accounts: TenantAccounts
  readonly issuer: BatchIssuer
  readonly ledger: Ledger
  readonly procedures: Procedures
  /** Where devices find the mesh. @throws MusterError where there is none. */
  readonly endpoints: () => MeshEndpoints
  /** Names and states of the tenants that there are. */
  readonly tenants: () => readonly { readonly name: string; readonly state: string }[]
  /** Settings that a request names. */
  readonly settings: (source: BatchRequest['settings']) => TenantSettings | undefined
  readonly log: Logger
  readonly now: () => Date
}

type Listener = (update: { type: 'snapshot'; batch: Batch | null }) => void

/** What a batch came to, once it ended; kept until the next one begins. */
interface Ended {
  readonly plan: BatchPlan
  readonly state: 'done' | 'discarded'
  readonly at: Date
  readonly written: number
}

/** Batches of tenants: checked line by line, then made with progress, stopped, resumed or given up. */
export class TenantBatches {
  readonly #options: TenantBatchesOptions
  readonly #plans: BatchPlans
  readonly #procedure: Procedure<BatchState>
  readonly #listeners = new Set<Listener>()
  #stop: AbortController | undefined
  #running: Promise<void> = Promise.resolve()
  #ended: Ended | undefined
  #state: BatchState | undefined

  constructor(options: TenantBatchesOptions) {
    this.#options = options
    this.#plans = new BatchPlans(options.database)
    this.#procedure = options.procedures.register(
      tenantBatch({
        accounts: options.accounts,
        issuer: options.issuer,
        ledger: options.ledger,
        plans: this.#plans,
        endpoints: options.endpoints,
        progress: (state) => {
          this.#state = state
          this.#announce()
        },
      }),
    )
    const open = this.#procedure.unfinished(BATCH_SUBJECT)?.state.plan
    this.#plans.keepOnly(open === undefined ? [] : [open])
  }

  /** Looks through a list without making anything. @throws RejectedError where the settings can't be used. */
  check(request: BatchRequest): BatchCheck {
    const parsed = this.#parse(request)
    return {
      tenants: parsed.tenants.length,
      credentials: parsed.tenants.reduce((sum, { credentials }) => sum + credentials.length, 0),
      sample: parsed.tenants.slice(0, SAMPLE_TENANTS).map(({ name, credentials }) => ({
        name,
        credentials: credentials.slice(0, SAMPLE_CREDENTIALS),
      })),
      problems: parsed.problems.slice(0, PROBLEMS_SHOWN),
      problemCount: parsed.problemCount,
    }
  }

  /**
   * Begins a batch; returns once its plan is written down, while it goes on.
   * @throws RejectedError `LIST_HAS_PROBLEMS`, `LIST_EMPTY`, `FOLDER_…`; ConflictError `BATCH_UNFINISHED`, `FILE_EXISTS`.
   */
  async start(request: BatchRequest): Promise<Batch> {
    if (this.#procedure.unfinished(BATCH_SUBJECT) !== undefined) throw unfinished()
    const parsed = this.#parse(request)
    if (parsed.problemCount > 0) throw hasProblems(parsed)
    if (parsed.tenants.length === 0) throw isEmpty()
    const folder = new CredentialFolder(request.folder)
    // Without a mesh nothing could stand in the files.
    this.#options.endpoints()
    await folder.requireWritable()
    for (const { name, credentials } of parsed.tenants) {
      for (const credential of credentials) await folder.requireAbsent(name, credential)
    }
    const plan = this.#planOf(request, parsed, folder)
    if (this.#procedure.unfinished(BATCH_SUBJECT) !== undefined) throw unfinished()
    this.#plans.add(plan)
    this.#ended = undefined
    this.#state = { plan: plan.id, reserved: [], written: 0 }
    const state = this.#state
    this.#run(plan, (signal) => this.#procedure.start(state, signal))
    return this.#batch() as Batch
  }

  /** Stops the one that runs, at its next step; what is there stays. */
  cancel(id: string): void {
    if (this.#procedure.unfinished(BATCH_SUBJECT)?.state.plan === id) this.#stop?.abort()
  }

  /** Goes on with one that was stopped, failed or interrupted. @throws RejectedError `BATCH_GONE`. */
  resume(id: string): void {
    const { state } = this.#open(id)
    const plan = this.#plans.get(id)
    this.#state = state
    this.#run(plan, (signal) => this.#procedure.startOrResume(state, signal))
  }

  /**
   * Gives up one that does not run: tenants that no server heard of go, with their keys; the others
   * stay, with the credentials that were written. @throws RejectedError `BATCH_GONE`.
   */
  async discard(id: string, signal: AbortSignal): Promise<void> {
    const open = this.#open(id)
    const plan = this.#plans.find(id)
    await this.#options.procedures.rollBack(open.id, signal)
    this.#end(plan, 'discarded', open.state.written)
  }

  /** Names of tenants that an unfinished batch will make: nobody else is to take them up. */
  holds(): ReadonlySet<string> {
    const open = this.#procedure.unfinished(BATCH_SUBJECT)
    const plan = open === undefined ? undefined : this.#plans.find(open.state.plan)
    return new Set(plan?.tenants.map(({ name }) => name))
  }

  /** What a batch came to, a line for each credential file. @throws RejectedError `BATCH_GONE`. */
  report(id: string): string {
    const batch = this.#batch()
    const plan = this.#ended?.plan.id === id ? this.#ended.plan : this.#plans.find(id)
    if (plan === undefined || batch === null) throw gone()
    const states = new Map(this.#options.tenants().map(({ name, state }) => [name, state]))
    const folder = new CredentialFolder(plan.folder)
    const lines = plan.tenants.flatMap(({ name, credentials }, index) => {
      const state = states.get(name) ?? 'not made'
      const written = index < this.#written()
      const files = credentials.map((credential) =>
        [name, state, credential, written ? folder.fileOf(name, credential) : 'not written'].join(
          '\t',
        ),
      )
      return files.length === 0 ? [[name, state, '', ''].join('\t')] : files
    })
    return [['tenant', 'state', 'credential', 'file'].join('\t'), ...lines].join('\n')
  }

  /** Calls `listener` with the batch now and after each change; returns how to stop that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', batch: this.#batch() })
    return () => void this.#listeners.delete(listener)
  }

  /** Stops what runs and waits for it; it can be resumed after the next start. */
  async close(): Promise<void> {
    this.#stop?.abort()
    await this.#running
    this.#listeners.clear()
  }

  #parse(request: BatchRequest): ParsedList {
    const { list, isolation, credentials, credentialName } = request
    if (!isCredentialName(credentialName)) {
      throw new RejectedError({
        code: 'CREDENTIAL_NAME',
        message: 'Windows reserves the name that the credentials are numbered with.',
        advice: 'Choose another one, such as device.',
      })
    }
    const taken = this.#options.tenants().map(({ name }) => name)
    return parseTenantList(list, { isolation, credentials, credentialName }, taken)
  }

  #planOf(request: BatchRequest, parsed: ParsedList, folder: CredentialFolder): BatchPlan {
    const settings = this.#options.settings(request.settings)
    const { accounts } = this.#options.accounts.book()
    const sharedIsThere = accounts.some(({ kind }) => kind === 'shared')
    // An account that is there keeps its settings, which count for others too.
    const keeps = (isolation: string) => isolation === 'shared' && sharedIsThere
    return {
      id: randomUUID(),
      begunAt: this.#options.now(),
      folder: folder.path,
      isolation: request.isolation,
      validDays: request.validDays,
      tenants: parsed.tenants.map(({ name, isolation, credentials }) => ({
        name,
        isolation,
        credentials: [...credentials],
        wanted: settings === undefined || keeps(isolation) ? null : wantedOf(settings, name),
      })),
    }
  }

  #run(plan: BatchPlan, work: (signal: AbortSignal) => Promise<BatchState>): void {
    const stop = new AbortController()
    this.#stop = stop
    this.#running = work(stop.signal)
      .then(
        () => this.#end(plan, 'done', plan.tenants.length),
        (thrown: unknown) => {
          // It stands in the journal with its problem, and in the window.
          this.#options.log.warn('a batch of tenants did not come to its end', {
            error: toMusterError(thrown),
          })
        },
      )
      .finally(() => {
        if (this.#stop === stop) this.#stop = undefined
        this.#announce()
      })
    this.#announce()
  }

  #end(plan: BatchPlan | undefined, state: Ended['state'], written: number): void {
    if (plan === undefined) return
    this.#ended = { plan, state, at: this.#options.now(), written }
    this.#plans.remove(plan.id)
    this.#announce()
  }

  #open(id: string): { readonly id: string; readonly state: BatchState } {
    const open = this.#procedure.unfinished(BATCH_SUBJECT)
    if (open?.state.plan !== id) throw gone()
    return open
  }

  #written(): number {
    return this.#ended?.written ?? this.#state?.written ?? this.#unfinished()?.written ?? 0
  }

  #unfinished(): BatchState | undefined {
    return this.#procedure.unfinished(BATCH_SUBJECT)?.state
  }

  #batch(): Batch | null {
    const open = this.#unfinished()
    if (open === undefined && this.#ended === undefined) return null
    const plan = open === undefined ? this.#ended?.plan : this.#plans.find(open.plan)
    if (plan === undefined) return null
    const summary = this.#options.procedures
      .unfinished()
      .find(({ subject }) => subject === BATCH_SUBJECT)
    const written =
      open === undefined
        ? (this.#ended?.written ?? 0)
        : this.#state?.plan === plan.id
          ? this.#state.written
          : open.written
    const ready = new Set(
      this.#options.tenants().flatMap(({ name, state }) => (state === 'ready' ? name : [])),
    )
    return {
      id: plan.id,
      state: open === undefined ? (this.#ended?.state ?? 'done') : stateOf(summary),
      step: summary?.steps.find(({ state }) => state !== 'done')?.name ?? '',
      folder: plan.folder,
      isolation: plan.isolation,
      tenants: plan.tenants.length,
      tenantsReady: plan.tenants.filter(({ name }) => ready.has(name)).length,
      credentials: countCredentials(plan, plan.tenants.length),
      credentialsWritten: countCredentials(plan, written),
      beganAt: plan.begunAt.toISOString(),
      endedAt: open === undefined ? (this.#ended?.at.toISOString() ?? null) : null,
      problem: summary?.problem ?? null,
    }
  }

  #announce(): void {
    const batch = this.#batch()
    for (const listener of this.#listeners) listener({ type: 'snapshot', batch })
  }
}

function countCredentials(plan: BatchPlan, tenants: number): number {
  return plan.tenants
    .slice(0, tenants)
    .reduce((sum, { credentials }) => sum + credentials.length, 0)
}

function stateOf(summary: UnfinishedProcedure | undefined): Batch['state'] {
  if (summary === undefined || summary.running) return 'running'
  if (summary.problem === null || summary.problem.code === 'APP_CLOSING') return 'interrupted'
  return summary.problem.code === 'CANCELLED' ? 'stopped' : 'failed'
}

function unfinished(): ConflictError {
  return new ConflictError({
    code: 'BATCH_UNFINISHED',
    message: 'A batch was begun and has not ended.',
    advice: 'Resume it, or discard the rest of it first.',
  })
}

function hasProblems({ problemCount, problems }: ParsedList): RejectedError {
  const [first] = problems
  return new RejectedError({
    code: 'LIST_HAS_PROBLEMS',
    message: `${problemCount} lines can not be used, so nothing was made. Line ${first?.line ?? 0}: ${first?.reason ?? ''}`,
    advice: 'Correct or remove those lines.',
    details: { problems: problemCount },
  })
}

function isEmpty(): RejectedError {
  return new RejectedError({
    code: 'LIST_EMPTY',
    message: 'There is no tenant in the list.',
    advice: 'Paste one name a line, or CSV.',
  })
}

function gone(): RejectedError {
  return new RejectedError({
    code: 'BATCH_GONE',
    message: 'This batch has ended meanwhile.',
    advice: 'Nothing is left to do.',
  })
}
