import type {
  ConnectedNow,
  CredentialCounts,
  CredentialDetails,
  CredentialFilter,
  CredentialOrder,
  CredentialPage,
  CredentialsUpdate,
  Revocation,
  RevocationImpact,
  RevocationsUpdate,
  RevocationTarget,
} from '#shared/contract/credentials.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about the ledger of credentials, and their withdrawal. */
export interface CredentialsCalls {
  page(
    filter: CredentialFilter,
    order: CredentialOrder,
    offset: number,
    limit: number,
  ): CredentialPage
  counts(filter: CredentialFilter): CredentialCounts
  ids(filter: CredentialFilter): string[]
  details(id: string): CredentialDetails
  connections(id: string, signal: AbortSignal): Promise<ConnectedNow>
  impact(target: RevocationTarget, signal: AbortSignal): Promise<RevocationImpact>
  revoke(target: RevocationTarget, reason: string): Revocation[]
  cancel(id: string): Promise<Revocation>
  retry(id: string): Revocation
  subscribe(listener: (update: CredentialsUpdate) => void): () => void
  subscribeRevocations(listener: (update: RevocationsUpdate) => void): () => void
}

export function credentialsRouter(
  os: ContractImplementer['credentials'],
  credentials: CredentialsCalls,
) {
  return {
    page: os.page.handler(({ input: { filter, order, offset, limit } }) =>
      credentials.page(filter, order, offset, limit),
    ),
    counts: os.counts.handler(({ input }) => credentials.counts(input)),
    ids: os.ids.handler(({ input }) => credentials.ids(input)),
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => credentials.subscribe(listener), signal ?? NEVER),
    ),
    details: os.details.handler(({ input }) => credentials.details(input.id)),
    connections: os.connections.handler(({ input, signal }) =>
      credentials.connections(input.id, signal ?? NEVER),
    ),
    impact: os.impact.handler(({ input, signal }) => credentials.impact(input, signal ?? NEVER)),
    revoke: os.revoke.handler(({ input }) => credentials.revoke(input.target, input.reason)),
    cancel: os.cancel.handler(({ input }) => credentials.cancel(input.id)),
    retry: os.retry.handler(({ input }) => credentials.retry(input.id)),
    revocations: os.revocations.handler(({ signal }) =>
      streamOf((listener) => credentials.subscribeRevocations(listener), signal ?? NEVER),
    ),
  }
}
