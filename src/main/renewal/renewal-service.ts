import { randomUUID } from 'node:crypto'
import type {
  ExpiryCalendar,
  ExpiryFilter,
  ExpiringCredential,
  NoMeshReason,
  RenewalItem,
  RenewalItemState,
  RenewalJob,
  RenewalOrder,
  RenewalPlan,
  RenewalSelection,
  RenewalUpdate,
} from '#shared/contract/renewal.ts'
import { toMusterError } from '#shared/errors.ts'
import { Pace } from '../events/pace.ts'
import { pause } from '../steps/pause.ts'
import { calendarOf } from './calendar.ts'
import type { ExpiryMonitor } from './expiry-monitor.ts'
import type { ExpiryStore, InForce } from './expiry-store.ts'
import { newJobFolder } from './file-delivery.ts'
import { JobRunner } from './job-runner.ts'
import { LateArrivals } from './late-arrivals.ts'
import type { DeviceView } from './mesh-delivery.ts'
import type { RenewalTools } from './renew-one.ts'
import { appEnds, jobUnknown, nothingToRenew } from './renewal-errors.ts'
import { candidatesOf, planOf, selectionOf, type Candidate } from './renewal-plan.ts'
import type { RenewalProcedures } from './renewal-procedure.ts'
import { endNotice, reportOf, type EndNotice } from './renewal-report.ts'
import { credentialOf, itemOf, jobOf } from './renewal-view.ts'
import { orderedByTenant, startTimes } from './schedule.ts'
import type { NewItem } from './renewal-store.ts'

/** Least time between two updates of the window. */
const TELL_PAUSE_MS = 100
/** Jobs that the window is told of. */
const SHOWN_JOBS = 20
const MINUTE_MS = 60_000

export interface RenewalServiceOptions extends RenewalTools {
  readonly expiry: ExpiryStore
  readonly monitor: ExpiryMonitor
  readonly devices: Pick<DeviceView, 'isOnline'>
  readonly whenReady: (signal: AbortSignal) => Promise<void>
  readonly procedures: RenewalProcedures
  /** Tells the person of a renewal that ended while nobody may have looked. */
  readonly notify?: (notice: EndNotice) => void
  readonly random?: () => number
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

type Page = { readonly offset: number; readonly limit: number }

/** What expires when, and its renewal. */
export class RenewalService {
  readonly #options: RenewalServiceOptions
  readonly #runner: JobRunner
  readonly #late: LateArrivals
  readonly #listeners = new Set<(update: RenewalUpdate) => void>()
  readonly #closing = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  readonly #changed = new Set<string>()
  readonly #pace = new Pace(TELL_PAUSE_MS, () => this.#tell())
  readonly #startJob: (jobId: string, signal: AbortSignal) => Promise<unknown>
  readonly #unsubscribe: () => void

  constructor(options: RenewalServiceOptions) {
    this.#options = options
    const onChange = (jobId: string) => this.#onChange(jobId)
    this.#runner = new JobRunner({
      ...options,
      pause: options.pause ?? pause,
      onChange,
      onEnded: ({ job_id, sequence }, state) => {
        if (state === 'written' || state === 'rolled-back') this.#late.take(job_id, sequence)
      },
    })
    this.#late = new LateArrivals({ ...options, onChange })
    this.#startJob = options.procedures.register((jobId, signal) => this.#runner.run(jobId, signal))
    this.#unsubscribe = options.monitor.subscribe((expiry) =>
      this.#emit({ type: 'expiry', expiry }),
    )
  }

  /** What expires on which day, from today in the zone of the person. */
  calendar(query: {
    readonly tenant: string | null
    readonly days: number
    readonly utcOffsetMinutes: number
  }): ExpiryCalendar {
    return calendarOf(this.#options.expiry, query, this.#options.now())
  }

  list(query: { readonly filter: ExpiryFilter } & Page): {
    rows: ExpiringCredential[]
    total: number
  } {
    const { expiry, store, now } = this.#options
    const at = now()
    const { rows, total } = expiry.page(query.filter, at, query)
    const underWay = store.underWay(rows.map(({ id }) => id))
    return { rows: rows.map((row) => this.#shown(row, at, underWay)), total }
  }

  /** How a selection could be renewed. Changes nothing. */
  async plan(selection: RenewalSelection, signal: AbortSignal): Promise<RenewalPlan> {
    const { candidates, underWay } = await this.#candidates(selection, signal)
    return planOf(candidates, underWay)
  }

  /**
   * Begins to renew; what becomes of it is told by `subscribe`.
   * @throws RejectedError `RENEWAL_NOTHING`, `RENEWAL_FOLDER`.
   */
  async start(order: RenewalOrder, signal: AbortSignal): Promise<RenewalJob> {
    const { store, now, random = Math.random } = this.#options
    const { candidates } = await this.#candidates(order.selection, signal)
    const id = randomUUID()
    const at = now()
    const overMesh = candidates.filter(({ noMesh }) => noMesh === undefined)
    const others = candidates.filter(({ noMesh }) => noMesh !== undefined && fits(noMesh, order))
    if (overMesh.length + others.length === 0) throw nothingToRenew()
    const withFiles = order.others === 'file' && others.length > 0
    const folder = withFiles ? await newJobFolder(order.folder ?? '', id, at) : null
    const times = startTimes(overMesh.length, {
      startMs: at.getTime(),
      spreadMs: order.spreadMinutes * MINUTE_MS,
      random: order.spreadMinutes === 0 ? () => 0 : random,
    })
    const otherWay = order.others === 'commission' ? 'commission' : 'file'
    store.add(
      {
        id,
        at_once: order.atOnce,
        spread_minutes: order.spreadMinutes,
        valid_days: order.validDays,
        folder,
        started_at: at.getTime(),
      },
      [
        ...orderedByTenant(overMesh).map((one, index) =>
          newItem(one, 'mesh', times[index] ?? at.getTime()),
        ),
        ...others.map((one) => newItem(one, otherWay, at.getTime())),
      ],
    )
    this.#run(id)
    this.#onChange(id)
    return this.#job(id)
  }

  /** Lets nothing more begin; what is under way is finished. @throws RejectedError `RENEWAL_UNKNOWN`. */
  cancel(jobId: string): RenewalJob {
    this.#runner.cancel(jobId)
    this.#onChange(jobId)
    return this.#job(jobId)
  }

  /** @throws RejectedError `RENEWAL_UNKNOWN`. */
  items(
    query: { readonly jobId: string; readonly states: readonly RenewalItemState[] | null } & Page,
  ): { rows: RenewalItem[]; total: number } {
    this.#job(query.jobId)
    const { rows, total } = this.#options.store.page(query.jobId, query.states, query)
    return { rows: rows.map(itemOf), total }
  }

  /** The whole outcome as text. @throws RejectedError `RENEWAL_UNKNOWN`. */
  report(jobId: string): string {
    const { store } = this.#options
    const everything = { offset: 0, limit: Number.MAX_SAFE_INTEGER }
    return reportOf(this.#job(jobId), store.page(jobId, null, everything).rows.map(itemOf))
  }

  /** Hears jobs and numbers at once, then each change. */
  readonly subscribe = (listener: (update: RenewalUpdate) => void): (() => void) => {
    const { store, monitor } = this.#options
    this.#listeners.add(listener)
    listener({
      type: 'snapshot',
      jobs: store
        .jobs()
        .slice(0, SHOWN_JOBS)
        .map(({ id }) => this.#job(id)),
      expiry: monitor.summary,
    })
    return () => void this.#listeners.delete(listener)
  }

  /** Goes on with what an earlier run left. To be called once the keychain is open. */
  resume(): void {
    for (const { id, ended_at } of this.#options.store.jobs()) {
      if (ended_at === null) this.#run(id)
    }
    this.#late.refresh()
  }

  /** Stops everything where it is; the next start goes on. */
  async close(): Promise<void> {
    this.#closing.abort(appEnds())
    this.#unsubscribe()
    await Promise.all(this.#running.values())
    this.#options.monitor.close()
    this.#late.close()
    this.#pace.close()
    this.#listeners.clear()
  }

  #run(jobId: string): void {
    if (this.#running.has(jobId) || this.#closing.signal.aborted) return
    const ended = this.#startJob(jobId, this.#closing.signal)
      .then(() => this.#notifyEnd(jobId))
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return
        this.#options.log.error('A renewal can not go on before the next start', {
          jobId,
          error: toMusterError(error),
        })
      })
      .then(() => void this.#running.delete(jobId))
    this.#running.set(jobId, ended)
  }

  async #candidates(
    selection: RenewalSelection,
    signal: AbortSignal,
  ): Promise<{ readonly candidates: readonly Candidate[]; readonly underWay: number }> {
    const { expiry, store, deliveries, now } = this.#options
    const rows = selectionOf(expiry, selection, now())
    const busy = store.underWay(rows.map(({ id }) => id))
    const free = rows.filter(({ id }) => !busy.has(id))
    const candidates = await candidatesOf(free, deliveries.mesh, now(), signal)
    return { candidates, underWay: busy.size }
  }

  #shown(row: InForce, now: Date, underWay: ReadonlySet<string>): ExpiringCredential {
    const { devices, store } = this.#options
    const { id, tenant, deviceId } = row
    const isDevice = tenant !== null && deviceId !== null
    return {
      ...credentialOf(row, now),
      online: isDevice ? devices.isOnline(tenant, deviceId) : null,
      renewal: underWay.has(id) ? 'under-way' : store.hasFile(id, now) ? 'file-waits' : null,
    }
  }

  #job(id: string): RenewalJob {
    const { store } = this.#options
    const job = store.job(id)
    if (job === undefined) throw jobUnknown()
    return jobOf(job, store.counts(id), store.nextWaiting(id))
  }

  #notifyEnd(jobId: string): void {
    this.#late.refresh()
    const notice = endNotice(this.#job(jobId))
    if (notice !== undefined) this.#options.notify?.(notice)
  }

  #onChange(jobId: string): void {
    if (this.#closing.signal.aborted) return
    this.#changed.add(jobId)
    this.#options.monitor.changed()
    this.#pace.request()
  }

  #tell(): void {
    for (const id of this.#changed) this.#emit({ type: 'job', job: this.#job(id) })
    this.#changed.clear()
  }

  #emit(update: RenewalUpdate): void {
    for (const listener of this.#listeners) listener(update)
  }
}

/** Whether what is not reached over the mesh goes the way that was chosen; only devices are commissioned. */
function fits(noMesh: NoMeshReason, { others }: RenewalOrder): boolean {
  return others === 'file' || (others === 'commission' && noMesh !== 'no-device')
}

function newItem(row: Candidate, delivery: NewItem['delivery'], startsAt: number): NewItem {
  return {
    ledger_id: row.id,
    public_key: row.publicKey,
    delivery,
    account: row.account,
    role: row.role,
    tenant: row.tenant,
    device_id: row.deviceId,
    name: row.name,
    starts_at: startsAt,
  }
}
