import type { ExpirySummary, RenewalJob, RenewalUpdate } from '#shared/contract/renewal.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

export interface RenewalsState {
  /** By id, the newest first. */
  readonly jobs: ReadonlyMap<string, RenewalJob>
  readonly expiry: ExpirySummary
}

/** The renewals after `update`. */
export function reduceRenewals(
  state: RenewalsState | undefined,
  update: RenewalUpdate,
): RenewalsState | undefined {
  if (update.type === 'snapshot') {
    return { jobs: new Map(update.jobs.map((job) => [job.id, job])), expiry: update.expiry }
  }
  if (state === undefined) return undefined
  if (update.type === 'expiry') return { ...state, expiry: update.expiry }
  const { job } = update
  const jobs = state.jobs.has(job.id)
    ? new Map(state.jobs).set(job.id, job)
    : new Map([[job.id, job], ...state.jobs])
  return { ...state, jobs }
}

const source: LiveSource<RenewalUpdate, RenewalsState> = {
  key: [LIVE, 'renewals'],
  open: (client, signal) => client.renewal.watch(undefined, { signal }),
  reduce: reduceRenewals,
}

export function useRenewalsStream(): void {
  useStream(source)
}

/** Renewals and how much is about to expire; undefined until main told it. */
export function useRenewals(): RenewalsState | undefined {
  return useLive<RenewalsState>(source.key)
}

const toRenew = ({ expiry }: RenewalsState) => expiry.due + expiry.expired

/** How many credentials are past 80 % of their lifetime, or expired. */
export function useToRenewCount(): number {
  return useLive<RenewalsState, number>(source.key, toRenew) ?? 0
}
