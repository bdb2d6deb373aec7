import type { Mapping, TenantWiring } from '#shared/contract/tenants.ts'
import { ConflictError, RejectedError } from '#shared/errors.ts'
import type { AccountClaims, CrossingType, Export, Import } from '../authority/account-claims.ts'
import {
  isImportOf,
  localSubjectOf,
  requireExport,
  requireImport,
} from '../authority/account-crossings.ts'
import { requireMapping } from '../authority/account-mappings.ts'
import type { AccountBook, AccountEdits, TenantAccounts } from '../authority/tenant-accounts.ts'
import { keyOf } from '../authority/tenant-wiring.ts'
import type { AccountInspector } from './account-inspector.ts'
import { mappingsOf } from './tenant-settings.ts'

/** What names a crossing in its account. */
interface CrossingId {
  readonly subject: string
  readonly type: CrossingType
}

export interface NewImport extends CrossingId {
  readonly name: string
  /** Tenant that it comes from. */
  readonly from: string
  readonly localSubject: string | null
  /** Adds the export on the other side where it is missing. */
  readonly offer: boolean
}

export interface TenantWiringOptions {
  readonly accounts: Pick<TenantAccounts, 'book' | 'edit'>
  readonly inspector: Pick<AccountInspector, 'inEffect'>
}

/**
 * Exports, imports and mappings of a tenant's account: checked before they are signed, and looked for
 * on the server afterwards, since it drops what it does not like without a word.
 */
export class TenantWiringService {
  readonly #options: TenantWiringOptions

  constructor(options: TenantWiringOptions) {
    this.#options = options
  }

  /** @throws RejectedError `TENANT_UNKNOWN`; TransientError `TENANT_NOT_READY`. */
  wiring(tenant: string): TenantWiring {
    const book = this.#options.accounts.book()
    const { publicKey } = book.accountOf(tenant)
    const claims = requireClaims(book, publicKey)
    const ours = book.wiringOf(publicKey)
    const ourKeys = new Set([...ours.imports, ...ours.exports].map(keyOf))
    return {
      exports: (claims.exports ?? []).map((offered) => ({
        name: offered.name,
        subject: offered.subject,
        type: offered.type,
        ours: ourKeys.has(keyOf(offered)),
        importedBy: importersOf(book, publicKey, offered),
      })),
      imports: (claims.imports ?? []).map((taken) => ({
        name: taken.name,
        subject: taken.subject,
        type: taken.type,
        ours: ourKeys.has(keyOf(taken)),
        from: nameOf(book, taken.account),
        localSubject: localSubjectOf(taken),
      })),
      mappings: mappingsOf(claims),
      sharedWith: book.tenantsIn(publicKey).filter((name) => name !== tenant),
    }
  }

  /** @throws see `requireExport` and `AccountChanges.apply`. */
  addExport(
    tenant: string,
    offered: CrossingId & { readonly name: string },
    signal: AbortSignal,
  ): Promise<TenantWiring> {
    return this.#edit(
      tenant,
      `Offer ${offered.subject}.`,
      signal,
      (_book, account, claims) => new Map([[account, withExport(claims, offered)]]),
    )
  }

  /** Takes an export back, with the imports elsewhere that live on it. @throws RejectedError `WIRING_OURS`. */
  removeExport(tenant: string, id: CrossingId, signal: AbortSignal): Promise<TenantWiring> {
    return this.#edit(tenant, `Offer ${id.subject} no more.`, signal, (book, account, claims) => {
      requireNotOurs(book, account, id)
      const edits = new Map<string, AccountClaims>()
      const exports = (claims.exports ?? []).filter((each) => !isSame(each, id))
      const rest: AccountClaims = { ...claims, exports }
      for (const other of book.accounts) {
        const others = book.claimsOf(other.publicKey)
        if (others === undefined || other.publicKey === account) continue
        const imports = (others.imports ?? []).filter(
          (each) =>
            !isImportOf(each, account, { ...id, name: '' }) ||
            exports.some((still) => isImportOf(each, account, still)),
        )
        if (imports.length < (others.imports ?? []).length) {
          edits.set(other.publicKey, { ...others, imports })
        }
      }
      // Who takes it first: nothing may refer to what is gone.
      return edits.set(account, rest)
    })
  }

  /** @throws see `requireImport` and `AccountChanges.apply`; `WIRING_NOT_IN_EFFECT`. */
  addImport(tenant: string, added: NewImport, signal: AbortSignal): Promise<TenantWiring> {
    const reason = `Take ${added.subject} from ${added.from}.`
    return this.#edit(tenant, reason, signal, (book, account, claims) => {
      const from = book.accountOf(added.from).publicKey
      const edits = new Map<string, AccountClaims>()
      if (added.offer && from !== account) {
        const theirs = requireClaims(book, from)
        const offered = (theirs.exports ?? []).some((each) =>
          isImportOf({ ...added, account: from }, from, each),
        )
        if (!offered) edits.set(from, withExport(theirs, added))
      }
      const taken: Import = {
        name: added.name,
        subject: added.subject,
        account: from,
        type: added.type,
        ...(added.localSubject === null ? {} : { local_subject: added.localSubject }),
      }
      requireImport(account, taken, (key) => edits.get(key) ?? book.claimsOf(key))
      return edits.set(account, { ...claims, imports: [...(claims.imports ?? []), taken] })
    })
  }

  /** @throws RejectedError `WIRING_OURS`. */
  removeImport(
    tenant: string,
    id: CrossingId & { readonly from: string },
    signal: AbortSignal,
  ): Promise<TenantWiring> {
    return this.#edit(tenant, `Take ${id.subject} no more.`, signal, (book, account, claims) => {
      const isIt = (each: Import) => isSame(each, id) && nameOf(book, each.account) === id.from
      const found = claims.imports?.find(isIt)
      if (found !== undefined) requireNotOurs(book, account, found)
      const imports = (claims.imports ?? []).filter((each) => !isIt(each))
      return new Map([[account, { ...claims, imports }]])
    })
  }

  /** Adds a mapping or replaces the one of its subject. @throws see `requireMapping`. */
  setMapping(tenant: string, mapping: Mapping, signal: AbortSignal): Promise<TenantWiring> {
    const { subject, destinations } = mapping
    return this.#edit(tenant, `Map ${subject}.`, signal, (_book, account, claims) => {
      requireMapping(subject, destinations)
      const mappings = { ...claims.mappings, [subject]: destinations }
      return new Map([[account, { ...claims, mappings }]])
    })
  }

  removeMapping(tenant: string, subject: string, signal: AbortSignal): Promise<TenantWiring> {
    return this.#edit(tenant, `Map ${subject} no more.`, signal, (_book, account, claims) => {
      const { [subject]: _gone, ...mappings } = claims.mappings ?? {}
      return new Map([[account, { ...claims, mappings }]])
    })
  }

  async #edit(
    tenant: string,
    what: string,
    signal: AbortSignal,
    edit: (book: AccountBook, account: string, claims: AccountClaims) => AccountEdits,
  ): Promise<TenantWiring> {
    const { accounts } = this.#options
    const before = new Map<string, AccountClaims>()
    const reason = `${tenant}: ${what}`
    await accounts.edit(
      reason,
      (book) => {
        const { publicKey } = book.accountOf(tenant)
        const edits = edit(book, publicKey, requireClaims(book, publicKey))
        for (const key of edits.keys()) before.set(key, requireClaims(book, key))
        return edits
      },
      signal,
    )
    const dropped = await this.#dropped(tenant, signal)
    if (dropped.length > 0) {
      await accounts.edit(
        `${reason} Taken back: the server did not carry it out.`,
        () => new Map([...before].toReversed()),
        signal,
      )
      throw notInEffect(dropped)
    }
    return this.wiring(tenant)
  }

  /** What stands in the account and the server does not do. */
  async #dropped(tenant: string, signal: AbortSignal): Promise<string[]> {
    const book = this.#options.accounts.book()
    const { publicKey } = book.accountOf(tenant)
    const claims = requireClaims(book, publicKey)
    // A server that does not answer is no proof against it; the push itself was confirmed.
    const effect = await this.#options.inspector.inEffect(publicKey, signal).catch(() => undefined)
    if (effect === undefined) return []
    return (claims.imports ?? []).flatMap((taken) =>
      effect.imports.has(`${taken.type} ${taken.account} ${taken.subject}`)
        ? []
        : `the ${taken.type} ${taken.subject}`,
    )
  }
}

function withExport(
  claims: AccountClaims,
  { name, subject, type }: CrossingId & { readonly name: string },
): AccountClaims {
  const offered: Export = {
    name,
    subject,
    type,
    ...(type === 'service' ? { response_type: 'Singleton' } : {}),
  }
  requireExport(claims, offered)
  return { ...claims, exports: [...(claims.exports ?? []), offered] }
}

function isSame(one: CrossingId, other: CrossingId): boolean {
  return one.type === other.type && one.subject === other.subject
}

function importersOf(book: AccountBook, account: string, offered: Export): string[] {
  return book.accounts.flatMap((other) =>
    (book.claimsOf(other.publicKey)?.imports ?? []).some((taken) =>
      isImportOf(taken, account, offered),
    )
      ? other.name
      : [],
  )
}

function nameOf(book: AccountBook, publicKey: string): string {
  return book.accounts.find((account) => account.publicKey === publicKey)?.name ?? publicKey
}

function requireNotOurs(book: AccountBook, account: string, id: CrossingId): void {
  const ours = book.wiringOf(account)
  if (![...ours.imports, ...ours.exports].some((each) => isSame(each, id))) return
  throw new RejectedError({
    code: 'WIRING_OURS',
    message: `${id.subject} is the tenant's way to the registry; without it its devices could not register.`,
    advice: 'Leave it. Clear the tenant if it is no longer needed.',
  })
}

function requireClaims(book: AccountBook, publicKey: string): AccountClaims {
  const claims = book.claimsOf(publicKey)
  if (claims !== undefined) return claims
  throw new RejectedError({
    code: 'TENANT_NOT_READY',
    message: 'The mesh has not confirmed this account yet.',
    advice: 'Wait until the tenant is ready.',
  })
}

function notInEffect(dropped: readonly string[]): ConflictError {
  return new ConflictError({
    code: 'WIRING_NOT_IN_EFFECT',
    message: `The server took the account and does not carry out ${dropped.join(', ')}. The change was taken back.`,
    advice: 'Subjects that come in and go out must not overlap. Choose a narrower subject.',
  })
}
