import { RejectedError, TransientError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import {
  registryWiring,
  tenantWiring,
  type AccountClaims,
  type JetStreamStorage,
  type WantedSettings,
} from './account-claims.ts'
import {
  requireOperator,
  type AccountChange,
  type AccountChanges,
  type AuthorityParts,
} from './account-changes.ts'
import { accountJwtBytes } from './account-size.ts'
import type { AccountRow, Isolation, TenantRecord } from './authority-store.ts'
import type { Ledger } from './ledger.ts'
import { REGISTRY_ACCOUNT_NAME } from './operator-setup.ts'
import {
  forgetting,
  forgetUnconfirmed,
  planTenants,
  type TenantReservation,
} from './tenant-group.ts'
import { closeTenant, forgetTenant, scopedKeysOf, withdrawTenant } from './tenant-removal.ts'
import { keyOf, wireTenants, withWiring } from './tenant-wiring.ts'

/** A tenant to come. */
export interface TenantOrder {
  readonly name: string
  readonly isolation: Isolation
  readonly wanted: WantedSettings | null
}

/** All accounts of the deployment as the servers confirmed them, to build changes on. */
export interface AccountBook {
  readonly accounts: readonly AccountRow[]
  /** The account of a tenant. @throws RejectedError `TENANT_UNKNOWN`; TransientError `TENANT_NOT_READY`. */
  accountOf(tenant: string): AccountRow
  claimsOf(publicKey: string): AccountClaims | undefined
  /** What Muster itself put into an account, and takes out again only with the tenant. */
  wiringOf(publicKey: string): Pick<AccountClaims, 'imports' | 'exports'>
  /** Names of the tenants that live in an account. */
  tenantsIn(publicKey: string): readonly string[]
}

/** New claims by account, in the order in which they are pushed. */
export type AccountEdits = ReadonlyMap<string, AccountClaims>

export interface TenantAccountsOptions {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly ledger: Ledger
  readonly jetStream: JetStreamStorage
  /** The authority's queue. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>
  readonly announce: () => void
  readonly until: (signal: AbortSignal) => AbortSignal
}

/** The accounts of tenants: made in groups, changed, and removed. Everything goes through the authority's queue. */
export class TenantAccounts {
  readonly #options: TenantAccountsOptions

  constructor(options: TenantAccountsOptions) {
    this.#options = options
  }

  /** The accounts as they are now; a change built on it has to be made within `edit`. */
  book(): AccountBook {
    const { parts, changes } = this.#options
    const { store } = parts
    const accounts = store.accounts()
    const byKey = new Map(accounts.map((account) => [account.publicKey, account]))
    const registry = accounts.find(({ kind }) => kind === 'registry')
    return {
      accounts,
      accountOf: (tenant) => confirmedAccount(store.tenant(tenant), byKey, tenant),
      claimsOf: (publicKey) => {
        const account = byKey.get(publicKey)
        return account === undefined ? undefined : changes.claimsOf(account)
      },
      tenantsIn: (publicKey) => store.tenantsOf(publicKey),
      wiringOf: (publicKey) => {
        const dialect = dialectOf(requireOperator(store).dialect)
        return publicKey === registry?.publicKey
          ? registryWiring(dialect, store.tenants())
          : tenantWiring(dialect, store.tenantsOf(publicKey), registry?.publicKey ?? '')
      },
    }
  }

  /** Bytes that the JWT of a tenant's account has, and that the servers take at most. */
  sizeOf(tenant: string): { readonly jwtBytes: number; readonly maxPayloadBytes: number } {
    const { parts } = this.#options
    const book = this.book()
    const account = book.accountOf(tenant)
    const claims = book.claimsOf(account.publicKey)
    return {
      jwtBytes: claims === undefined ? 0 : accountJwtBytes(account, claims),
      maxPayloadBytes: parts.publisher.maxPayloadBytes(),
    }
  }

  /**
   * Changes accounts: `edit` gets them as they are at its turn and returns the new claims.
   * @throws what `edit` and `AccountChanges.apply` throw.
   */
  edit(
    reason: string,
    edit: (book: AccountBook) => AccountEdits,
    signal: AbortSignal,
  ): Promise<void> {
    const { changes, exclusively, announce, until } = this.#options
    return exclusively(async () => {
      const book = this.book()
      const edits = [...edit(book)].flatMap(([publicKey, claims]): AccountChange[] => {
        const account = book.accounts.find((each) => each.publicKey === publicKey)
        return account === undefined ? [] : [{ account, claims }]
      })
      if (edits.length === 0) return
      await changes.apply(
        edits,
        { action: 'account-change', reason },
        until(signal),
        () => undefined,
      )
      announce()
    })
  }

  /**
   * Brings the wiring of tenants that earlier versions made to what it is today; nothing where it is.
   * @throws what `AccountChanges.apply` throws.
   */
  refreshWiring(signal: AbortSignal): Promise<void> {
    return this.edit(
      'The registry is told by the server who asks it.',
      (book) => {
        const edits = new Map<string, AccountClaims>()
        for (const { publicKey } of book.accounts) {
          const claims =
            book.tenantsIn(publicKey).length === 0 ? undefined : book.claimsOf(publicKey)
          const wiring = book.wiringOf(publicKey)
          const isOld = claims?.imports?.some((taken) =>
            wiring.imports.some((now) => now.share && !taken.share && keyOf(now) === keyOf(taken)),
          )
          if (claims !== undefined && isOld) edits.set(publicKey, withWiring(claims, wiring))
        }
        return edits
      },
      signal,
    )
  }

  /**
   * Makes the keys of tenants to come and notes them as pending; those that are there already stay as
   * they are. Safe to call again.
   * @throws RejectedError `ACCOUNT_TOO_LARGE` before any key is made; see `planTenants`.
   */
  plan(
    orders: readonly TenantOrder[],
    reservation: TenantReservation,
    signal: AbortSignal,
  ): Promise<void> {
    const { parts, changes, exclusively, announce, until } = this.#options
    return exclusively(async () => {
      try {
        await planTenants(parts, changes, orders, reservation, until(signal))
      } finally {
        announce()
      }
    })
  }

  /** Pushes the accounts of pending tenants, REGISTRY once for all. @throws `PUSH_FAILED` and others of `apply`. */
  wire(names: readonly string[], signal: AbortSignal): Promise<void> {
    const { parts, changes, jetStream, exclusively, announce, until } = this.#options
    return exclusively(async () => {
      const tenants = names
        .flatMap((name) => parts.store.tenant(name) ?? [])
        .filter(({ state, clearingAt }) => state !== 'ready' && clearingAt === null)
      try {
        await wireTenants(parts, changes, tenants, jetStream, until(signal))
      } finally {
        announce()
      }
    })
  }

  /** Takes back what `plan` did where no server ever heard of it: rows, then keys. */
  forget(names: readonly string[], reserved: readonly string[]): Promise<void> {
    const { parts, exclusively, announce } = this.#options
    return exclusively(async () => {
      await forgetUnconfirmed(parts, names, reserved)
      announce()
    })
  }

  /** From now on nobody gets a credential in this tenant. */
  close(tenant: string): Promise<void> {
    const { parts, exclusively, announce } = this.#options
    return exclusively(() => {
      closeTenant(parts, tenant)
      announce()
      return Promise.resolve()
    })
  }

  /**
   * Takes a tenant off the servers: imports elsewhere, its account or its part of the shared one, its
   * credentials. Safe to call again. @throws what `AccountChanges.apply` throws.
   */
  withdraw(tenant: string, reason: string, signal: AbortSignal): Promise<void> {
    const { parts, changes, ledger, exclusively, until } = this.#options
    return exclusively(() =>
      withdrawTenant({ parts, changes, ledger, book: this.book() }, tenant, reason, until(signal)),
    )
  }

  /** Takes its rows out of the database; the keychain keeps its keys until `forgetKeys`. */
  unrecord(tenant: string): Promise<void> {
    const { parts, exclusively, announce } = this.#options
    return exclusively(() => {
      forgetTenant(parts, tenant)
      announce()
      return Promise.resolve()
    })
  }

  /** Deletes keys from the keychain that nothing refers to any more. */
  async forgetKeys(publicKeys: readonly string[], tenant: string): Promise<void> {
    const { keys, store } = this.#options.parts
    await keys.forget(
      publicKeys.filter((key) => !store.knowsKey(key)),
      forgetting(`The tenant ${tenant} is cleared; nothing refers to this key any more.`, tenant),
    )
  }

  /**
   * Keys that go with a tenant: those of its account and of the roles in it, or in a shared account those
   * of its own roles only.
   */
  keysOf(tenant: string): readonly string[] {
    const { store, roles } = this.#options.parts
    const record = store.tenant(tenant)
    if (record === undefined) return []
    const scoped = scopedKeysOf(this.#options.parts, record)
    const alone = store.tenantsOf(record.account).length === 1
    if (!alone) return scoped
    return [
      ...store.keysOf(record.account, 'identity'),
      ...store.keysOf(record.account, 'signing'),
      ...roles.keys(record.account).map(({ publicKey }) => publicKey),
    ]
  }

  /** REGISTRY's account, by whose name its imports are shown. */
  registryKey(): string {
    return (
      this.#options.parts.store.accountNamed('registry', REGISTRY_ACCOUNT_NAME)?.publicKey ?? ''
    )
  }
}

function confirmedAccount(
  record: TenantRecord | undefined,
  accounts: ReadonlyMap<string, AccountRow>,
  tenant: string,
): AccountRow {
  const account = record === undefined ? undefined : accounts.get(record.account)
  if (record === undefined || account === undefined) {
    throw new RejectedError({
      code: 'TENANT_UNKNOWN',
      message: `There is no tenant ${tenant} in this profile.`,
      advice: 'It may have been cleared meanwhile. Choose another one.',
      details: { tenant },
    })
  }
  if (account.jwt !== null && record.clearingAt === null) return account
  throw new TransientError({
    code: 'TENANT_NOT_READY',
    message:
      record.clearingAt === null
        ? `The mesh has not confirmed the tenant ${tenant} yet.`
        : `The tenant ${tenant} is being cleared.`,
    advice: 'Wait until it is ready, or look at its problem.',
    details: { tenant },
  })
}
