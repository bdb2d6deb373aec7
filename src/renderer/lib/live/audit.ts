import type { AuditStatus } from '#shared/contract/audit.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

const source: LiveSource<{ type: 'snapshot'; status: AuditStatus }, AuditStatus> = {
  key: [LIVE, 'audit'],
  open: (client, signal) => client.audit.watch(undefined, { signal }),
  reduce: (_state, { status }) => status,
}

export function useAuditStream(): void {
  useStream(source)
}

/** How the audit log is; undefined until main told it. */
export function useAuditStatus(): AuditStatus | undefined {
  return useLive<AuditStatus>(source.key)
}
