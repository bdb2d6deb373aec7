import { z } from 'zod'
import type { ProcedureContext, ProcedureKind } from '../steps/procedure.ts'
import type { Procedure } from '../steps/procedures.ts'
import { inTransaction } from '../storage/database.ts'
import type { JetStreamStorage, WantedSettings } from './account-claims.ts'
import { requireOperator, type AccountChanges, type AuthorityParts } from './account-changes.ts'
import type { Isolation, TenantRecord } from './authority-store.ts'
import { recordAccount } from './operator-setup.ts'
import {
  isolationFixed,
  noteProblem,
  requireTenant,
  SHARED_ACCOUNT_NAME,
} from './tenant-creation.ts'
import { forgetting, requireNewTenantName } from './tenant-group.ts'
import { wireTenants } from './tenant-wiring.ts'

const State = z.strictObject({
  tenant: z.string(),
  isolation: z.enum(['account', 'shared']),
  /** The account that it lives in, once that is decided. */
  account: z.string().nullable(),
  /** Keys of an account that is made for it; null where it moves into one that is there. */
  identity: z.string().nullable(),
  signing: z.string().nullable(),
  /** What its account begins with; `createTenant` alone writes it. */
  wanted: z.custom<WantedSettings>().nullable().default(null),
})
export type TenantProvisioning = z.infer<typeof State>

/**
 * Creates a tenant or takes an unfinished one up again; see `tenantProvisioning` for the steps.
 * @throws RejectedError `TENANT_NAME`; ConflictError `TENANT_NAME_CLASH`, `TENANT_ISOLATION_FIXED`,
 *   `AUTHORITY_NOT_SET_UP`, and what `AccountChanges.apply` throws; the tenant keeps that problem.
 */
export async function createTenant(
  parts: AuthorityParts,
  provisioning: Procedure<TenantProvisioning>,
  name: string,
  isolation: Isolation,
  signal: AbortSignal,
  wanted: WantedSettings | null = null,
): Promise<TenantRecord> {
  requireOperator(parts.store)
  const existing = parts.store.tenant(name)
  if (existing === undefined) {
    const taken = parts.store.tenants().map((tenant) => tenant.name)
    requireNewTenantName(name, taken)
  }
  if (existing !== undefined && existing.isolation !== isolation) throw isolationFixed(existing)
  const begun = provisioning.unfinished(subjectOf(name)) !== undefined
  if (existing?.state === 'ready' && !begun) return existing
  try {
    const asked = { tenant: name, isolation, account: null, identity: null, signing: null, wanted }
    await provisioning.startOrResume(asked, signal)
    // A failure after its last step left it with a problem and nothing to take up.
    if (parts.store.tenant(name)?.state === 'error') await provisioning.start(asked, signal)
  } catch (thrown) {
    // A cancelled one is no problem of the tenant's: it stays as it was, to be taken up again.
    if (!signal.aborted) noteProblem(parts, name, thrown)
    throw thrown
  }
  return requireTenant(parts, name)
}

function subjectOf(tenant: string): string {
  return `tenant:${tenant}`
}

export interface TenantProvisioningOptions {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly jetStream: JetStreamStorage
  exclusively<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Provisioning of a tenant: keys into the keychain, noted as pending, then its account and REGISTRY's pushed and
 * confirmed, and noted as ready with the push. What stops it leaves the tenant as it is, to be taken up.
 */
export function tenantProvisioning(
  options: TenantProvisioningOptions,
): ProcedureKind<TenantProvisioning> {
  const { parts, changes, jetStream } = options
  return {
    kind: 'provision-tenant',
    state: State,
    subject: ({ tenant }) => subjectOf(tenant),
    describe: ({ tenant }) => `Create the tenant ${tenant}`,
    needs: 'mesh',
    atStart: 'resume',
    onFailure: 'keep',
    exclusively: (work) => options.exclusively(work),
    steps: [
      {
        name: 'Make the keys',
        run: (state, context) => makeKeys(parts, state, context),
        undo: (state) => forgetKeys(parts, state),
      },
      {
        name: 'Record the tenant',
        run: (state) => Promise.resolve(record(parts, state)),
        undo: (state) => Promise.resolve(unrecord(parts, state)),
      },
      {
        name: 'Push the accounts',
        final: true,
        run: async (state, { signal }) => {
          const tenant = requireTenant(parts, state.tenant)
          if (tenant.state !== 'ready')
            await wireTenants(parts, changes, [tenant], jetStream, signal)
          return state
        },
      },
    ],
  }
}

async function makeKeys(
  parts: AuthorityParts,
  begun: TenantProvisioning,
  { save }: ProcedureContext<TenantProvisioning>,
): Promise<TenantProvisioning> {
  const { store, keys } = parts
  const account =
    store.tenant(begun.tenant)?.account ??
    (begun.isolation === 'shared' ? store.sharedAccount()?.publicKey : undefined)
  if (account !== undefined) return { ...begun, account, identity: null, signing: null }
  let state = begun
  for (const purpose of ['identity', 'signing'] as const) {
    const reserved = state[purpose]
    if (reserved !== null && (await keys.has(reserved))) continue
    const use = {
      action: 'key-create',
      subjects: [`${purpose} key of account ${accountName(state)}`],
      reason: `The tenant ${state.tenant} is created.`,
    } as const
    await keys.create('account', use, (publicKey) => {
      state = { ...state, [purpose]: publicKey }
      save(state)
    })
  }
  return { ...state, account: state.identity }
}

function accountName({ tenant, isolation }: TenantProvisioning): string {
  return isolation === 'shared' ? SHARED_ACCOUNT_NAME : tenant
}

async function forgetKeys(
  parts: AuthorityParts,
  state: TenantProvisioning,
): Promise<TenantProvisioning> {
  const made = [state.identity, state.signing].flatMap((key) => key ?? [])
  const reason = `Creating the tenant ${state.tenant} was taken back; no server ever heard of this key.`
  if (made.every((key) => !parts.store.knowsKey(key))) {
    await parts.keys.forget(made, forgetting(reason, accountName(state)))
  }
  return state
}

function record(parts: AuthorityParts, state: TenantProvisioning): TenantProvisioning {
  const { database, store, now } = parts
  const { tenant, isolation, account, identity, signing, wanted } = state
  inTransaction(database, () => {
    if (identity !== null && signing !== null && store.account(identity) === undefined) {
      const kind = isolation === 'shared' ? 'shared' : 'tenant'
      recordAccount(parts, kind, accountName(state), { identity, signing }, null)
    }
    if (store.tenant(tenant) === undefined) {
      store.addTenant(tenant, account ?? '', isolation, now(), wanted)
    }
  })
  return state
}

/** Only what no server ever heard of: the push is where there is no way back. */
function unrecord(parts: AuthorityParts, state: TenantProvisioning): TenantProvisioning {
  const { database, store } = parts
  inTransaction(database, () => {
    const tenant = store.tenant(state.tenant)
    if (tenant !== undefined && tenant.state !== 'ready') store.removeTenant(state.tenant)
    const made = state.identity === null ? undefined : store.account(state.identity)
    if (made?.jwt === null && store.tenantsOf(made.publicKey).length === 0) {
      store.removeAccount(made.publicKey)
    }
  })
  return state
}
