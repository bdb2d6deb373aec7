import type { AuditFilter, AuditPage, AuditStatus } from '#shared/contract/audit.ts'
import type { SavedFile } from '#shared/contract/common.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks of the audit log. */
export interface AuditCalls {
  subscribe(listener: (update: { type: 'snapshot'; status: AuditStatus }) => void): () => void
  list(query: { filter: AuditFilter; before: number | null; limit: number }): AuditPage
  verify(): Promise<AuditStatus>
  acknowledge(id: string, reason: string): Promise<AuditStatus>
  export(): Promise<SavedFile>
}

export function auditRouter(os: ContractImplementer['audit'], audit: AuditCalls) {
  return {
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => audit.subscribe(listener), signal ?? NEVER),
    ),
    list: os.list.handler(({ input }) => audit.list(input)),
    verify: os.verify.handler(() => audit.verify()),
    acknowledge: os.acknowledge.handler(({ input }) => audit.acknowledge(input.id, input.reason)),
    export: os.export.handler(() => audit.export()),
  }
}
