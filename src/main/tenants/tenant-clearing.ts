import { z } from 'zod'
import type { ClearPreview } from '#shared/contract/tenants.ts'
import { RejectedError } from '#shared/errors.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { Ledger } from '../authority/ledger.ts'
import type { AccountRow } from '../authority/authority-store.ts'
import type { AccountBook, TenantAccounts } from '../authority/tenant-accounts.ts'
import { unfinishedOn } from '../steps/procedure-errors.ts'
import type { ProcedureKind } from '../steps/procedure.ts'
import type { Procedure, Procedures } from '../steps/procedures.ts'
import type { AccountInspector } from './account-inspector.ts'
import type { TenantStreams } from './tenant-streams.ts'

const State = z.strictObject({
  tenant: z.string(),
  /** Keys to delete at the very end; the rows that name them are gone by then. */
  keys: z.array(z.string()).nullable(),
})
type State = z.infer<typeof State>

/** Takes devices of a tenant off the fleet's list. */
export interface FleetForgetter {
  /** Never throws: a device that stays listed is offline, and can be forgotten by hand. */
  forgetTenant(tenant: string, signal: AbortSignal): Promise<void>
}

export interface TenantClearingOptions {
  readonly accounts: TenantAccounts
  readonly ledger: Ledger
  readonly procedures: Procedures
  readonly inspector: Pick<AccountInspector, 'inEffect'>
  readonly streams: Pick<TenantStreams, 'list' | 'remove'>
  readonly fleet: FleetForgetter
  readonly dialect: () => DialectName
}

/** Clears tenants: what goes is told beforehand, and once begun it is carried through. */
export class TenantClearing {
  readonly #options: TenantClearingOptions
  readonly #procedure: Procedure<State>

  constructor(options: TenantClearingOptions) {
    this.#options = options
    this.#procedure = options.procedures.register(clearing(options))
  }

  /** What clearing would take down. @throws RejectedError `TENANT_UNKNOWN`. */
  async preview(tenant: string, signal: AbortSignal): Promise<ClearPreview> {
    const { accounts, ledger, inspector, streams, dialect } = this.#options
    const book = accounts.book()
    // Not `accountOf`: one that the servers never confirmed can be cleared as well.
    const { publicKey, jwt } = accountWith(book, tenant)
    const sharedWith = book.tenantsIn(publicKey).filter((name) => name !== tenant)
    const alone = sharedWith.length === 0
    const importedBy = book.accounts.flatMap((other) =>
      other.kind === 'registry'
        ? []
        : (book.claimsOf(other.publicKey)?.imports ?? [])
            .filter(({ account }) => alone && account === publicKey)
            .map(({ subject, type }) => ({ tenant: other.name, subject, type })),
    )
    const [effect, kept] = await Promise.all([
      jwt === null ? undefined : inspector.inEffect(publicKey, signal).catch(() => undefined),
      jwt === null ? [] : streams.list(tenant, dialect(), alone, signal).catch(() => null),
    ])
    return {
      account: publicKey,
      accountGoes: alone,
      sharedWith,
      credentials: ledger.usableByTenant().get(tenant) ?? 0,
      connections: jwt === null ? 0 : (effect?.connections ?? null),
      streams: kept,
      importedBy,
      keys: accounts.keysOf(tenant).length,
    }
  }

  /**
   * Clears a tenant. What a crash or a lost mesh interrupts is taken up again.
   * @throws RejectedError `NAME_NOT_TYPED`; ConflictError `PROCEDURE_UNFINISHED` where its keys are being
   *   changed; what the steps throw.
   */
  async clear(tenant: string, typed: string, signal: AbortSignal): Promise<void> {
    if (typed !== tenant) {
      throw new RejectedError({
        code: 'NAME_NOT_TYPED',
        message: 'What was typed is not the name of this tenant, so nothing was cleared.',
        advice: `Type ${tenant} exactly as it stands.`,
      })
    }
    const { accounts, procedures } = this.#options
    const { publicKey } = accountWith(accounts.book(), tenant)
    // Half changed keys of an account that is gone could neither be finished nor taken back.
    const keyChange = procedures.unfinished().find(({ subject }) => subject === `keys:${publicKey}`)
    if (keyChange !== undefined) throw unfinishedOn(keyChange)
    // A creation that never came to an end would otherwise go on after the next start.
    procedures.abandon(`tenant:${tenant}`, 'provision-tenant')
    await this.#procedure.startOrResume({ tenant, keys: null }, signal)
  }
}

/** The account that a tenant lives in. @throws RejectedError `TENANT_UNKNOWN`. */
function accountWith(book: AccountBook, tenant: string): AccountRow {
  const account = book.accounts.find(({ publicKey }) => book.tenantsIn(publicKey).includes(tenant))
  if (account !== undefined) return account
  throw new RejectedError({
    code: 'TENANT_UNKNOWN',
    message: `There is no tenant ${tenant} in this profile.`,
    advice: 'It may have been cleared meanwhile.',
    details: { tenant },
  })
}

function clearing(options: TenantClearingOptions): ProcedureKind<State> {
  const { accounts, streams, fleet, dialect } = options
  return {
    kind: 'clear-tenant',
    state: State,
    subject: ({ tenant }) => `tenant:${tenant}`,
    describe: ({ tenant }) => `Clear the tenant ${tenant}`,
    needs: 'mesh',
    atStart: 'resume',
    onFailure: 'keep',
    steps: [
      {
        name: 'Stop issuing credentials',
        final: true,
        run: async (state) => {
          await accounts.close(state.tenant)
          return { ...state, keys: [...(state.keys ?? accounts.keysOf(state.tenant))] }
        },
      },
      {
        name: 'Remove what it keeps in JetStream',
        run: async (state, { signal }) => {
          const { tenant } = state
          const book = accounts.book()
          const account = accountWith(book, tenant)
          // A tenant that no server ever confirmed keeps nothing.
          if (account.jwt === null) return state
          const alone = book.tenantsIn(account.publicKey).length === 1
          await streams.remove(tenant, dialect(), alone, signal)
          return state
        },
      },
      {
        name: 'Take it off the servers',
        run: async (state, { signal }) => {
          await accounts.withdraw(state.tenant, `The tenant ${state.tenant} is cleared.`, signal)
          return state
        },
      },
      {
        name: 'Take its devices off the list',
        run: async (state, { signal }) => {
          await fleet.forgetTenant(state.tenant, signal)
          return state
        },
      },
      {
        name: 'Take it out of the database',
        run: async (state) => {
          await accounts.unrecord(state.tenant)
          return state
        },
      },
      {
        name: 'Delete its keys',
        run: async (state) => {
          await accounts.forgetKeys(state.keys ?? [], state.tenant)
          return state
        },
      },
    ],
  }
}
