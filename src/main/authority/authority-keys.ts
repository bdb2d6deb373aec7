import { RejectedError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import {
  templateProblems,
  placedTemplate,
  type PermissionTemplate,
} from '#shared/protocol/permission-template.ts'
import { roleTitle, type CustomRole, type Role } from '#shared/protocol/roles.ts'
import type { Procedure, Procedures } from '../steps/procedures.ts'
import { inTransaction } from '../storage/database.ts'
import { signingKeyIds, type SigningKeyClaim } from './account-claims.ts'
import {
  requireOperator,
  type AccountChange,
  type AccountChanges,
  type AuthorityParts,
} from './account-changes.ts'
import { accountKeyChange, scopeTemplate, type AccountKeyChange } from './account-key-change.ts'
import type { AccountRow } from './authority-store.ts'
import {
  forgetIdentity,
  identityReturned,
  identityState,
  requireIdentity,
  type IdentityState,
} from './identities.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import {
  holdsOperatorKey,
  lostKeys,
  LOST_KEYS_SUBJECT,
  NOTHING_LOST_YET,
  type KeyPlace,
  type LostKeys,
} from './lost-keys.ts'
import {
  operatorRotation,
  type OperatorInstaller,
  type OperatorRotation,
} from './operator-rotation.ts'
import type { ScopedKey } from './role-store.ts'

export interface AuthorityKeysOptions {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly ledger: Ledger
  readonly procedures: Procedures
  readonly installer: OperatorInstaller
  exclusively<T>(work: () => Promise<T>): Promise<T>
}

/** A key that signs users of an account, or accounts of the operator. */
export interface SigningKeyState {
  readonly publicKey: string
  /** Of a scoped key; null for a plain one. */
  readonly role: Role | null
  readonly tenant: string | null
  readonly createdAt: Date | null
  /** Whether the keychain holds it. */
  readonly held: boolean
  /** Good credentials that it signed, those of this app's own connections left out. */
  readonly credentials: number
  /** The one among its like that signs now. */
  readonly inUse: boolean
}

/** Keys of the operator and its accounts: what there is, rotation, roles as scoped keys. */
export class AuthorityKeys {
  readonly #options: AuthorityKeysOptions
  readonly #accountKeys: Procedure<AccountKeyChange>
  readonly #operatorKeys: Procedure<OperatorRotation>
  readonly #lostKeys: Procedure<LostKeys>

  constructor(options: AuthorityKeysOptions) {
    this.#options = options
    this.#accountKeys = options.procedures.register(accountKeyChange(options))
    this.#operatorKeys = options.procedures.register(operatorRotation(options))
    this.#lostKeys = options.procedures.register(
      lostKeys({ ...options, regainOperatorKey: (signal) => this.#regainOperatorKey(signal) }),
    )
  }

  /** Signing keys of an account, plain and scoped, as its JWT lists them. @throws what the keychain throws. */
  async signingKeysOf(account: string): Promise<SigningKeyState[]> {
    const { parts, changes, ledger } = this.#options
    const row = parts.store.account(account)
    const claims = row === undefined ? undefined : changes.claimsOf(row)
    const listed = new Set(claims === undefined ? [] : signingKeyIds(claims))
    const plain = parts.store
      .keyRecords(account)
      .filter(({ purpose, retiredAt }) => purpose === 'signing' && retiredAt === null)
      .map(({ publicKey, createdAt }) => ({ publicKey, createdAt, role: null, tenant: null }))
    const scoped = parts.roles.keys(account)
    const known = [...plain, ...scoped].map((key) => key.publicKey)
    // Made elsewhere, or by an nsc whose store was taken over.
    const foreign = [...listed]
      .filter((publicKey) => !known.includes(publicKey))
      .map((publicKey) => ({ publicKey, createdAt: null, role: null, tenant: null }))
    const seen = new Set<string>()
    const states: SigningKeyState[] = []
    for (const key of [...plain, ...scoped, ...foreign]) {
      const place = `${key.role ?? ''} ${key.tenant ?? ''}`
      const held = await parts.keys.has(key.publicKey)
      states.push({
        publicKey: key.publicKey,
        role: key.role,
        tenant: key.tenant,
        createdAt: key.createdAt,
        held,
        credentials: ledger.countSignedBy(key.publicKey),
        inUse: held && !seen.has(place),
      })
      if (held) seen.add(place)
    }
    return states
  }

  /** Signing keys of the operator. @throws what the keychain throws. */
  async operatorKeys(): Promise<SigningKeyState[]> {
    const { store, keys } = this.#options.parts
    const records = store
      .keyRecords(requireOperator(store).publicKey)
      .filter(({ purpose, retiredAt }) => purpose === 'signing' && retiredAt === null)
    const states: SigningKeyState[] = []
    for (const { publicKey, createdAt } of records) {
      const held = await keys.has(publicKey)
      const inUse = held && states.every((state) => !state.inUse)
      states.push({ publicKey, role: null, tenant: null, createdAt, held, credentials: 0, inUse })
    }
    return states
  }

  /**
   * Rotates a signing key of an account. With `cut` its users are cut off at once, for a key that was stolen;
   * without, the old key stays until all of them have credentials by the new one, and the procedure waits.
   * @returns the credentials that have to be delivered again.
   * @throws RejectedError `KEY_UNKNOWN`; ConflictError `PROCEDURE_UNFINISHED`; what the steps throw.
   */
  async rotateAccountKey(
    request: { readonly account: string; readonly signingKey: string; readonly cut: boolean },
    signal: AbortSignal,
  ): Promise<readonly LedgerEntry[]> {
    const { account: publicKey, signingKey, cut } = request
    const account = this.#requireAccount(publicKey)
    const key = await this.#requireKey(publicKey, signingKey)
    const affected = this.#options.ledger.notReplaced(signingKey)
    const { role, tenant } = key
    const place = { account: publicKey, name: account.name, role, tenant }
    await this.#accountKeys.start(
      { ...place, make: true, next: null, old: signingKey, cut },
      signal,
    )
    return affected
  }

  /**
   * Gives an account a scoped key for a role, or returns the one it has. Users that get credentials from
   * then on carry no permissions of their own: the key's template counts, also after it is edited.
   * @param tenant whose subjects it is about; null for the registry
   * @throws RejectedError `ROLE_NEEDS_TENANT`; ConflictError `PROCEDURE_UNFINISHED`; what the steps throw.
   */
  async addRoleKey(
    request: { readonly account: string; readonly role: Role; readonly tenant: string | null },
    signal: AbortSignal,
  ): Promise<ScopedKey> {
    const { account: publicKey, role, tenant } = request
    const account = this.#requireAccount(publicKey)
    const fits =
      role === 'registry'
        ? account.kind === 'registry' && tenant === null
        : tenant !== null && this.#options.parts.store.tenant(tenant)?.account === publicKey
    if (!fits) throw roleNeedsTenant(role)
    const find = () =>
      this.#options.parts.roles
        .keys(publicKey)
        .find((key) => key.role === role && key.tenant === tenant)
    const existing = find()
    if (existing !== undefined) return existing
    const place = { account: publicKey, name: account.name, role, tenant }
    await this.#accountKeys.start(
      { ...place, make: true, next: null, old: null, cut: false },
      signal,
    )
    const made = find()
    if (made === undefined) throw keyUnknown()
    return made
  }

  /**
   * Takes a signing key off an account for good, as `rotateAccountKey` does, without a new one.
   * @throws RejectedError `KEY_UNKNOWN`, `LAST_SIGNING_KEY`; ConflictError `PROCEDURE_UNFINISHED`; what the steps throw.
   */
  async removeAccountKey(
    request: { readonly account: string; readonly signingKey: string; readonly cut: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { account: publicKey, signingKey: old, cut } = request
    const account = this.#requireAccount(publicKey)
    const { role, tenant } = await this.#requireKey(publicKey, old)
    if (role === null && this.#options.parts.store.keysOf(publicKey, 'signing').length < 2) {
      throw lastSigningKey(account.name)
    }
    const place = { account: publicKey, name: account.name, role, tenant }
    await this.#accountKeys.start({ ...place, make: false, next: null, old, cut }, signal)
  }

  /**
   * Rotates the operator's signing key. Needs its identity key, and every server to be there.
   * @throws RejectedError `IDENTITY_OFFLINE`, `OPERATOR_NOT_INSTALLED`; ConflictError `PROCEDURE_UNFINISHED`; what the steps throw.
   */
  async rotateOperatorKey(signal: AbortSignal): Promise<void> {
    const { parts } = this.#options
    const { store } = parts
    // Found missing later, it would leave something half done behind.
    await requireIdentity(parts, requireOperator(store).publicKey)
    const [old] = store.keysOf(requireOperator(store).publicKey, 'signing')
    await this.#operatorKeys.start({ next: null, old: old ?? null }, signal)
  }

  /** Notes that signing keys may be lost, so that they are made anew once there is a mesh, whatever happens before. */
  expectLostKeys(): void {
    this.#lostKeys.note(NOTHING_LOST_YET)
  }

  /** Whether `expectLostKeys` was called and nothing has come of it yet. */
  lostKeysExpected(): boolean {
    return this.#lostKeys.unfinished(LOST_KEYS_SUBJECT) !== undefined
  }

  /**
   * Gives the operator, every account and every role that lost all its signing keys a new one beside them: after a
   * restore from a kit that lacks them. What the lost ones signed stays good.
   * @returns the accounts and roles that have a new key.
   * @throws RejectedError `IDENTITY_OFFLINE`, `OPERATOR_NOT_INSTALLED`; what the steps throw.
   */
  async regainLostKeys(signal: AbortSignal): Promise<readonly KeyPlace[]> {
    return (await this.#lostKeys.startOrResume(NOTHING_LOST_YET, signal)).made
  }

  /** Credentials that a key signed and whose users have no newer one that they took. */
  notReplaced(signingKey: string): LedgerEntry[] {
    return this.#options.ledger.notReplaced(signingKey)
  }

  /** The template of a role, as it was edited or as it came. */
  template(role: Role): PermissionTemplate {
    return this.#options.parts.roles.template(role)
  }

  /** The template that a role came with. */
  comesWith(role: Role): PermissionTemplate {
    return this.#options.parts.roles.comesWith(role)
  }

  /** Roles that came with imported stores. */
  customRoles(): CustomRole[] {
    return this.#options.parts.roles.custom()
  }

  /** When the template of a role was edited; null where it is as it came. */
  templateEditedAt(role: Role): Date | null {
    return this.#options.parts.roles.editedAt(role)
  }

  /** Scoped keys of all accounts. */
  scopedKeys(): ScopedKey[] {
    return this.#options.parts.roles.keys()
  }

  /**
   * Saves the template of a role, or goes back to the one it came with, and gives it to every scoped key of the role: the
   * servers cut those keys' users at once, who come back with the new permissions.
   * @throws RejectedError `TEMPLATE_UNSAFE`; what `AccountChanges.apply` throws, and then nothing changed.
   */
  async setTemplate(
    role: Role,
    template: PermissionTemplate | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { parts, changes } = this.#options
    const { roles, now } = parts
    await this.#options.exclusively(async () => {
      const root = dialectOf(requireOperator(parts.store).dialect).subjectRoot
      const wanted = template ?? roles.comesWith(role)
      requireSafe(role, wanted, root)
      const affected = this.#withTemplate(role, wanted, root)
      const save = () => roles.setTemplate(role, template, now())
      if (affected.length === 0) inTransaction(parts.database, save)
      else {
        const reason = `The permissions of the role ${roleTitle(role)} were edited.`
        await changes.apply(affected, { action: 'account-change', reason }, signal, save)
      }
    })
  }

  /** Identity keys and where they are. @throws what the keychain throws. */
  identityState(): Promise<IdentityState[]> {
    return identityState(this.#options.parts)
  }

  /** Deletes an identity key here, once a recovery kit holds it: see `forgetIdentity`. */
  forgetIdentity(publicKey: string): Promise<void> {
    return this.#options.exclusively(() => forgetIdentity(this.#options.parts, publicKey))
  }

  /** Notes that the keychain holds an identity key again, after a restore. */
  identityReturned(publicKey: string): void {
    identityReturned(this.#options.parts, publicKey)
  }

  /** Accounts with scoped keys of a role, with that template in them. */
  #withTemplate(role: Role, template: PermissionTemplate, root: string): AccountChange[] {
    const { parts, changes } = this.#options
    const keys = new Map(
      parts.roles.keys().flatMap((key) => (key.role === role ? [[key.publicKey, key]] : [])),
    )
    const accounts = new Set([...keys.values()].map(({ account }) => account))
    return [...accounts].flatMap((publicKey): AccountChange[] => {
      const account = parts.store.account(publicKey)
      const claims = account === undefined ? undefined : changes.claimsOf(account)
      if (account === undefined || claims === undefined) return []
      const signing_keys = claims.signing_keys.map((claim): SigningKeyClaim => {
        const key = typeof claim === 'string' ? undefined : keys.get(claim.key)
        if (typeof claim === 'string' || key === undefined) return claim
        const placed = placedTemplate(template, { root, tenant: key.tenant })
        return { ...claim, template: scopeTemplate(placed) }
      })
      return [{ account, claims: { ...claims, signing_keys } }]
    })
  }

  async #regainOperatorKey(signal: AbortSignal): Promise<void> {
    if (await holdsOperatorKey(this.#options.parts)) return
    await this.#operatorKeys.startOrResume({ next: null, old: null }, signal)
  }

  #requireAccount(publicKey: string): AccountRow {
    const account = this.#options.parts.store.account(publicKey)
    if (account !== undefined) return account
    throw keyUnknown()
  }

  async #requireKey(account: string, signingKey: string): Promise<SigningKeyState> {
    const keys = await this.signingKeysOf(account)
    const key = keys.find(({ publicKey }) => publicKey === signingKey)
    if (key !== undefined) return key
    throw keyUnknown()
  }
}

function requireSafe(role: Role, template: PermissionTemplate, root: string): void {
  const spansTenants = role === 'registry'
  const refused = templateProblems(template, { spansTenants, root }).find(
    ({ level }) => level === 'refused',
  )
  if (refused === undefined) return
  const where = refused.subject === '' ? '' : `${refused.list} ${refused.subject}: `
  throw new RejectedError({
    code: 'TEMPLATE_UNSAFE',
    message: `These permissions can not be given to the role ${roleTitle(role)}. ${where}${refused.text}`,
    advice: 'Change that line. Nothing was saved or sent.',
    details: { list: refused.list, subject: refused.subject },
  })
}

function keyUnknown(): RejectedError {
  return new RejectedError({
    code: 'KEY_UNKNOWN',
    message: 'There is no such key, or it is gone by now.',
    advice: 'Look at Keys again.',
  })
}

function roleNeedsTenant(role: Role): RejectedError {
  return new RejectedError({
    code: 'ROLE_NEEDS_TENANT',
    message:
      role === 'registry'
        ? 'The role of the registry belongs into the REGISTRY account.'
        : 'This role is about the subjects of one tenant, which has to live in this account.',
    advice: 'Choose the account of that tenant.',
  })
}

function lastSigningKey(name: string): RejectedError {
  return new RejectedError({
    code: 'LAST_SIGNING_KEY',
    message: `This is the only plain signing key of ${name}. Without one Muster's own connections get no credentials there.`,
    advice: 'Rotate it instead.',
  })
}
