import type {
  AccountDifference,
  AccountVersion,
  ManagedMesh,
  NewManagedMesh,
  ResolverReport,
  RollbackPlan,
} from '#shared/contract/resolver.ts'
import type { ContractImplementer } from './implementer.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about servers elsewhere, what they have of our accounts, and their history. */
export interface ResolverCalls {
  look(signal: AbortSignal): Promise<ResolverReport>
  repair(
    account: string,
    repair: 'push' | 'adopt' | 'delete',
    signal: AbortSignal,
  ): Promise<ResolverReport>
  versions(account: string): AccountVersion[]
  diff(account: string, from: number | null, to: number): AccountDifference[]
  planRollback(account: string, version: number): RollbackPlan
  rollBack(account: string, version: number, signal: AbortSignal): Promise<AccountVersion[]>
  managed(): ManagedMesh[]
  addManaged(order: NewManagedMesh): Promise<ManagedMesh>
  configuration(id: string): Promise<string>
  writeConfiguration(id: string): Promise<void>
}

export function resolverRouter(os: ContractImplementer['resolver'], resolver: ResolverCalls) {
  return {
    look: os.look.handler(({ signal }) => resolver.look(signal ?? NEVER)),
    // Not with the caller's signal: a window that closes must not leave half a repair.
    repair: os.repair.handler(({ input: { account, repair } }) =>
      resolver.repair(account, repair, NEVER),
    ),
    history: os.history.handler(({ input }) => resolver.versions(input.account)),
    diff: os.diff.handler(({ input: { account, from, to } }) => resolver.diff(account, from, to)),
    planRollback: os.planRollback.handler(({ input: { account, version } }) =>
      resolver.planRollback(account, version),
    ),
    rollback: os.rollback.handler(({ input: { account, version } }) =>
      resolver.rollBack(account, version, NEVER),
    ),
    managed: os.managed.handler(() => resolver.managed()),
    addManaged: os.addManaged.handler(({ input }) => resolver.addManaged(input)),
    configuration: os.configuration.handler(async ({ input }) => ({
      text: await resolver.configuration(input.id),
    })),
    writeConfiguration: os.writeConfiguration.handler(async ({ input }) => {
      await resolver.writeConfiguration(input.id)
      return null
    }),
  }
}
