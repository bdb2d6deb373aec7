import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { placedTemplate } from '#shared/protocol/permission-template.ts'
import { Role } from '#shared/contract/common.ts'
import { roleClaim, roleTitle } from '#shared/protocol/roles.ts'
import type { ProcedureContext, ProcedureKind } from '../steps/procedure.ts'
import { signingKeyIds, type AccountClaims, type SigningKeyClaim } from './account-claims.ts'
import {
  requireOperator,
  type AccountChanges,
  type AuthorityParts,
  type ChangeUse,
} from './account-changes.ts'
import type { AccountRow } from './authority-store.ts'
import type { Ledger } from './ledger.ts'
import type { OperatorInstaller } from './operator-rotation.ts'
import { claimsOf } from './permissions.ts'

const State = z.strictObject({
  account: z.string(),
  /** What the account is called, for people. */
  name: z.string(),
  /** Of a scoped key; null for a plain one. */
  role: Role.nullable(),
  tenant: z.string().nullable(),
  /** Whether a new key is made; else only the old one goes. */
  make: z.boolean(),
  /** The new key, once it is decided. */
  next: z.string().nullable(),
  /** The key that goes; null where one is added. */
  old: z.string().nullable(),
  /** Cuts users of the old key off, instead of waiting until all have been delivered anew. */
  cut: z.boolean(),
})
export type AccountKeyChange = z.infer<typeof State>

export interface AccountKeyChangeOptions {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly ledger: Ledger
  readonly installer: Pick<OperatorInstaller, 'reconnect'>
  exclusively<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Gives an account a signing key, takes one away, or both, which is a rotation: the new key into the keychain, pushed
 * beside the old one and used from then on; the old one goes off the account once its users have credentials by the new
 * one, and out of the keychain only after that. So at no moment does the keychain lack a key that a server asks for.
 */
export function accountKeyChange(
  options: AccountKeyChangeOptions,
): ProcedureKind<AccountKeyChange> {
  const { parts } = options
  return {
    kind: 'account-key',
    state: State,
    subject: ({ account }) => `keys:${account}`,
    describe,
    needs: 'mesh',
    atStart: 'resume',
    onFailure: 'keep',
    exclusively: (work) => options.exclusively(work),
    steps: [
      {
        name: 'Make the new key',
        run: (state, context) => makeKey(parts, state, context),
        undo: (state) => forgetNext(parts, state),
      },
      {
        name: 'Push the new key',
        run: (state, { signal }) => pushNext(options, state, signal),
        undo: (state, { signal }) => withdrawNext(options, state, signal),
      },
      {
        name: 'Take the old key off the account',
        final: true,
        waitsFor: (state) => waitsFor(options, state),
        run: (state, { signal }) => withdrawOld(options, state, signal),
      },
      {
        name: 'Delete the old key from the keychain',
        final: true,
        run: async (state) => {
          if (state.old !== null) await parts.keys.forget([state.old], useOf(state, 'key-delete'))
          return state
        },
      },
    ],
  }
}

function describe({ name, role, make, old }: AccountKeyChange): string {
  const key = role === null ? 'signing key' : `signing key for the role ${roleTitle(role)}`
  if (!make) return `Remove the ${key} of ${name}`
  return old === null ? `Give ${name} a ${key}` : `Rotate the ${key} of ${name}`
}

/** The first step: decides on the key, tells it, keeps it. Safe to call again. */
export async function makeKey(
  { keys }: AuthorityParts,
  state: AccountKeyChange,
  { save }: ProcedureContext<AccountKeyChange>,
): Promise<AccountKeyChange> {
  if (!state.make || (state.next !== null && (await keys.has(state.next)))) return state
  const use = { ...useOf(state, 'key-create'), subjects: [`signing key of account ${state.name}`] }
  const next = await keys.create('account', use, (publicKey) => save({ ...state, next: publicKey }))
  return { ...state, next }
}

async function forgetNext(
  { keys }: AuthorityParts,
  state: AccountKeyChange,
): Promise<AccountKeyChange> {
  if (state.next !== null) await keys.forget([state.next], useOf(state, 'key-delete'))
  return { ...state, next: null }
}

/** The second: the key into the account, beside those it has. Safe to call again. */
export async function pushNext(
  { parts, changes }: AccountKeyChangeOptions,
  state: AccountKeyChange,
  signal: AbortSignal,
): Promise<AccountKeyChange> {
  const { next } = state
  if (next === null) return state
  const { account, claims } = requireClaims(parts, changes, state)
  const signing_keys = [claimOf(parts, next, state), ...without(claims.signing_keys, next)]
  await changes.apply(
    [{ account, claims: { ...claims, signing_keys } }],
    changeUse(state),
    signal,
    () => record(parts, next, state),
  )
  return state
}

async function withdrawNext(
  { parts, changes, ledger }: AccountKeyChangeOptions,
  state: AccountKeyChange,
  signal: AbortSignal,
): Promise<AccountKeyChange> {
  const { next } = state
  if (next === null) return state
  const issued = ledger.countSignedBy(next)
  if (issued > 0) throw issuedSince(state, issued)
  const { account, claims } = requireClaims(parts, changes, state)
  const forget = () => {
    parts.store.removeKey(next)
    parts.roles.removeKey(next)
  }
  if (signingKeyIds(claims).includes(next)) {
    const signing_keys = without(claims.signing_keys, next)
    await changes.apply(
      [{ account, claims: { ...claims, signing_keys } }],
      changeUse(state),
      signal,
      forget,
    )
  } else {
    forget()
    // A push that was not recorded may have reached the servers all the same.
    await changes.apply([{ account, claims }], changeUse(state), signal, forget)
  }
  return state
}

function waitsFor(
  { ledger }: AccountKeyChangeOptions,
  { old, cut }: AccountKeyChange,
): string | undefined {
  const left = old === null || cut ? 0 : ledger.countNotReplaced(old)
  if (left === 0) return undefined
  return left === 1
    ? 'One credential that the old key signed has not been replaced. Deliver it again first; going on cuts its user off.'
    : `${left} credentials that the old key signed have not been replaced. Deliver them again first; going on cuts their users off.`
}

async function withdrawOld(
  { parts, changes, ledger, installer }: AccountKeyChangeOptions,
  state: AccountKeyChange,
  signal: AbortSignal,
): Promise<AccountKeyChange> {
  const { old } = state
  if (old === null) return state
  const { account, claims } = requireClaims(parts, changes, state)
  // The push itself goes over a connection of this account, which it would cut before the answer.
  if (account.kind === 'system') await installer.reconnect(signal)
  const signing_keys = without(claims.signing_keys, old)
  await changes.apply(
    [{ account, claims: { ...claims, signing_keys } }],
    changeUse(state),
    signal,
    () => {
      const at = parts.now()
      parts.store.retireKey(old, at)
      parts.roles.retireKey(old, at)
      ledger.endSignedBy(old, 'The key that signed it was rotated away.', at)
    },
  )
  ledger.announce()
  return state
}

/** The new key as the account lists it. */
function claimOf(
  { store, roles }: AuthorityParts,
  key: string,
  { role, tenant }: AccountKeyChange,
): SigningKeyClaim {
  if (role === null) return key
  const { subjectRoot } = dialectOf(requireOperator(store).dialect)
  const placed = placedTemplate(roles.template(role), { root: subjectRoot, tenant })
  return { kind: 'user_scope', key, role: roleClaim(role), template: scopeTemplate(placed) }
}

/** A template as a scoped key carries it: what it leaves out the server would read as a limit of zero. */
export function scopeTemplate(placed: Parameters<typeof claimsOf>[0]): object {
  return { ...claimsOf(placed), subs: -1, data: -1, payload: -1 }
}

function record(parts: AuthorityParts, key: string, state: AccountKeyChange): void {
  const { store, roles, now } = parts
  const { account, role, tenant } = state
  if (role !== null) roles.addKey({ publicKey: key, role, account, tenant, createdAt: now() })
  else if (!store.knowsKey(key)) store.addKey(key, account, 'signing', now())
}

function without(keys: readonly SigningKeyClaim[] | undefined, gone: string): SigningKeyClaim[] {
  return (keys ?? []).filter((key) => (typeof key === 'string' ? key : key.key) !== gone)
}

function requireClaims(
  { store }: AuthorityParts,
  changes: AccountChanges,
  { account: publicKey, name }: AccountKeyChange,
): { readonly account: AccountRow; readonly claims: AccountClaims } {
  const account = store.account(publicKey)
  const claims = account === undefined ? undefined : changes.claimsOf(account)
  if (account !== undefined && claims !== undefined) return { account, claims }
  throw new RejectedError({
    code: 'ACCOUNT_NOT_READY',
    message: `No server has confirmed the account ${name} yet, so its keys can not be changed.`,
    advice: 'Wait until the tenant is ready, or look at its problem on the Tenants page.',
    details: { account: publicKey },
  })
}

function changeUse(state: AccountKeyChange): ChangeUse {
  return { action: 'account-change', reason: `${describe(state)}.` }
}

function useOf(state: AccountKeyChange, action: 'key-create' | 'key-delete') {
  return { action, subjects: [`account ${state.name}`], reason: `${describe(state)}.` }
}

function issuedSince({ name }: AccountKeyChange, count: number): RejectedError {
  return new RejectedError({
    code: 'KEY_IN_USE',
    message: `${count === 1 ? 'A credential has' : `${count} credentials have`} been issued with the new key of ${name} since. Taking the key back would cut ${count === 1 ? 'its user' : 'their users'} off.`,
    advice: 'Resume instead. Or revoke those credentials first, then roll back.',
    details: { count },
  })
}
