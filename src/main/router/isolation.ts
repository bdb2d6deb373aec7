import type { SavedFile } from '#shared/contract/common.ts'
import type {
  IsolationUpdate,
  ProbeDescription,
  ProbeId,
  ProofRun,
  ReportVerification,
  SignedReport,
} from '#shared/contract/isolation.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks of the isolation proof. */
export interface IsolationCalls {
  probes(): ProbeDescription[]
  subscribe(listener: (update: IsolationUpdate) => void): () => void
  start(order: { tenants: readonly string[]; probes: readonly ProbeId[] }): ProofRun
  cancel(id: string): void
  report(id: string): SignedReport
  sign(id: string): Promise<SignedReport>
  remove(id: string): void
  exportReport(id: string, format: 'html' | 'json'): Promise<SavedFile>
  verify(text: string): ReportVerification
}

export function isolationRouter(os: ContractImplementer['isolation'], isolation: IsolationCalls) {
  return {
    probes: os.probes.handler(() => isolation.probes()),
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => isolation.subscribe(listener), signal ?? NEVER),
    ),
    start: os.start.handler(({ input }) => isolation.start(input)),
    cancel: os.cancel.handler(({ input }) => {
      isolation.cancel(input.id)
      return null
    }),
    report: os.report.handler(({ input }) => isolation.report(input.id)),
    sign: os.sign.handler(({ input }) => isolation.sign(input.id)),
    remove: os.remove.handler(({ input }) => {
      isolation.remove(input.id)
      return null
    }),
    exportReport: os.exportReport.handler(({ input }) =>
      isolation.exportReport(input.id, input.format),
    ),
    verify: os.verify.handler(({ input }) => isolation.verify(input.text)),
  }
}
