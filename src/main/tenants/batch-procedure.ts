import { z } from 'zod'
import { TransientError } from '#shared/errors.ts'
import type { MeshEndpoints } from '../authority/device-credentials.ts'
import type { Ledger } from '../authority/ledger.ts'
import type { TenantAccounts } from '../authority/tenant-accounts.ts'
import type { IssuedUser, UserRequest } from '../authority/user-issue.ts'
import type { ProcedureKind } from '../steps/procedure.ts'
import type { BatchPlan, BatchPlans } from './batch-plans.ts'
import { CredentialFolder } from './credential-folder.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Credentials that are issued together, and whose files are written at the same time. */
const CREDENTIALS_AT_ONCE = 50
/** Waits for the disk overlap; more would only queue up in libuv's pool. */
const FILES_AT_ONCE = 8

const State = z.strictObject({
  plan: z.string(),
  /** Keys that are made and not recorded yet. */
  reserved: z.array(z.string()),
  /** Tenants whose files are all written, counted in the order of the plan. */
  written: z.int(),
})
export type BatchState = z.infer<typeof State>

export interface BatchIssuer {
  issueUsers(requests: readonly UserRequest[]): Promise<IssuedUser[]>
  strike(ledgerId: string, reason: string, signal: AbortSignal): Promise<unknown>
}

export interface BatchProcedureOptions {
  readonly accounts: TenantAccounts
  readonly issuer: BatchIssuer
  readonly ledger: Ledger
  readonly plans: BatchPlans
  readonly endpoints: () => MeshEndpoints
  /** A step got on. */
  progress(state: BatchState): void
}

/** One for the whole deployment at a time. */
export const BATCH_SUBJECT = 'tenant-batch'

/**
 * Many tenants with their credentials. The plan is in a table of its own; the journal keeps how far it is.
 * Stopped or killed anywhere it goes on from there: tenants are made once, a credential whose file was not
 * written is struck (its seed is gone) and issued anew.
 */
export function tenantBatch(options: BatchProcedureOptions): ProcedureKind<BatchState> {
  const { accounts, plans } = options
  return {
    kind: 'tenant-batch',
    state: State,
    subject: () => BATCH_SUBJECT,
    describe: ({ plan }) => {
      const { tenants = [] } = plans.find(plan) ?? {}
      return `Create ${tenants.length} tenants`
    },
    needs: 'mesh',
    atStart: 'ask',
    onFailure: 'keep',
    steps: [
      {
        name: 'Make the keys',
        run: async (begun, { save, signal }) => {
          let state = begun
          const orders = plans
            .get(begun.plan)
            .tenants.map(({ name, isolation, wanted }) => ({ name, isolation, wanted }))
          const reservation = {
            keys: begun.reserved,
            save: (keys: readonly string[]) => {
              state = { ...state, reserved: [...keys] }
              save(state)
            },
          }
          await accounts.plan(orders, reservation, signal)
          options.progress(state)
          return state
        },
        undo: async (state) => {
          const names = (plans.find(state.plan)?.tenants ?? []).map(({ name }) => name)
          await accounts.forget(names, state.reserved)
          return { ...state, reserved: [] }
        },
      },
      {
        name: 'Push the accounts',
        run: async (state, { signal }) => {
          await accounts.wire(
            plans.get(state.plan).tenants.map(({ name }) => name),
            signal,
          )
          options.progress(state)
          return state
        },
      },
      {
        name: 'Write the credential files',
        run: async (begun, { save, signal }) => {
          const plan = plans.get(begun.plan)
          const folder = new CredentialFolder(plan.folder)
          let state = begun
          await folder.requireWritable()
          for (const group of groupsFrom(plan, begun.written)) {
            if (signal.aborted) throw stopped()
            await writeGroup(options, plan, folder, group, signal)
            state = { ...state, written: state.written + group.length }
            save(state)
            options.progress(state)
          }
          return state
        },
      },
    ],
  }
}

type PlannedTenant = BatchPlan['tenants'][number]

/** Tenants from `start` on, as many together as their credentials allow. */
function groupsFrom(plan: BatchPlan, start: number): PlannedTenant[][] {
  const groups: PlannedTenant[][] = []
  let count = Infinity
  for (const tenant of plan.tenants.slice(start)) {
    if (count + tenant.credentials.length > CREDENTIALS_AT_ONCE) {
      groups.push([])
      count = 0
    }
    groups.at(-1)?.push(tenant)
    count += tenant.credentials.length
  }
  return groups
}

async function writeGroup(
  options: BatchProcedureOptions,
  plan: BatchPlan,
  folder: CredentialFolder,
  tenants: readonly PlannedTenant[],
  signal: AbortSignal,
): Promise<void> {
  const due: { readonly tenant: string; readonly name: string }[] = []
  for (const { name: tenant, credentials } of tenants) {
    await folder.sweep(tenant)
    const before = earlierCredentials(options.ledger, plan, tenant)
    for (const name of credentials) {
      const earlier = before.get(name) ?? []
      if (earlier.length === 0) await folder.requireAbsent(tenant, name)
      const key = earlier.length === 0 ? undefined : await folder.keyIn(tenant, name)
      let isThere = false
      for (const { id, publicKey } of earlier) {
        if (publicKey === key) isThere = true
        else await options.issuer.strike(id, 'Its file was never written.', signal)
      }
      if (!isThere) due.push({ tenant, name })
    }
  }
  if (due.length === 0) return
  const { urls, caPem } = options.endpoints()
  const users = await options.issuer.issueUsers(
    due.map(({ tenant, name }) => ({
      account: { tenant },
      role: 'device',
      name,
      deviceId: name,
      ttlMs: plan.validDays * DAY_MS,
      delivery: 'file',
      reason: `For the credential file ${name} of the batch of ${plan.tenants.length} tenants.`,
    })),
  )
  const files = users.map((user, index) => {
    const { tenant, name } = due[index] ?? { tenant: '', name: '' }
    const nats = {
      urls,
      jwt: user.jwt,
      nkey_seed: user.seed ?? '',
      ...(caPem === undefined ? {} : { tls: { ca_pem: caPem } }),
    }
    return { tenant, name, file: { device_id: name, auth_type: 'jwt', tenant, nats } as const }
  })
  await inParallel(files, FILES_AT_ONCE, ({ tenant, name, file }) =>
    folder.write(tenant, name, file),
  )
}

/** Credentials that this batch issued before it was interrupted, by name. */
function earlierCredentials(ledger: Ledger, plan: BatchPlan, tenant: string) {
  const begun = Math.floor(plan.begunAt.getTime() / 1000) * 1000
  return Map.groupBy(
    ledger
      .entriesOfTenant(tenant)
      .filter(
        ({ delivery, state, issuedAt }) =>
          delivery === 'file' && state === 'active' && issuedAt.getTime() >= begun,
      ),
    ({ deviceId }) => deviceId ?? '',
  )
}

/** All of them, at most `limit` at the same time; what begins ends before an error is thrown. */
async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const failures: unknown[] = []
  const worker = async () => {
    for (const item of rest) {
      if (failures.length > 0) return
      await work(item).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}

function stopped(): TransientError {
  return new TransientError({
    code: 'CANCELLED',
    message: 'The batch was stopped. What was written stays and works.',
    advice: 'Resume it, or discard the rest.',
  })
}
