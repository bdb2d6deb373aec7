import type {
  ExpiryCalendar,
  ExpiryFilter,
  ExpiringCredential,
  RenewalItem,
  RenewalItemState,
  RenewalJob,
  RenewalOrder,
  RenewalPlan,
  RenewalSelection,
  RenewalUpdate,
} from '#shared/contract/renewal.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about what expires, and its renewal. */
export interface RenewalCalls {
  calendar(query: { tenant: string | null; days: number; utcOffsetMinutes: number }): ExpiryCalendar
  list(query: { filter: ExpiryFilter; offset: number; limit: number }): {
    rows: ExpiringCredential[]
    total: number
  }
  plan(selection: RenewalSelection, signal: AbortSignal): Promise<RenewalPlan>
  start(order: RenewalOrder, signal: AbortSignal): Promise<RenewalJob>
  cancel(jobId: string): RenewalJob
  items(query: {
    jobId: string
    states: RenewalItemState[] | null
    offset: number
    limit: number
  }): { rows: RenewalItem[]; total: number }
  report(jobId: string): string
  subscribe(listener: (update: RenewalUpdate) => void): () => void
}

export function renewalRouter(os: ContractImplementer['renewal'], renewal: RenewalCalls) {
  return {
    calendar: os.calendar.handler(({ input }) => renewal.calendar(input)),
    list: os.list.handler(({ input }) => renewal.list(input)),
    plan: os.plan.handler(({ input, signal }) => renewal.plan(input.selection, signal ?? NEVER)),
    start: os.start.handler(({ input, signal }) => renewal.start(input, signal ?? NEVER)),
    cancel: os.cancel.handler(({ input }) => renewal.cancel(input.jobId)),
    items: os.items.handler(({ input }) => renewal.items(input)),
    report: os.report.handler(({ input }) => ({ text: renewal.report(input.jobId) })),
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => renewal.subscribe(listener), signal ?? NEVER),
    ),
  }
}
