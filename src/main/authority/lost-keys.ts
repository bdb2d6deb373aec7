import { z } from 'zod'
import { Role } from '#shared/contract/common.ts'
import type { ProcedureContext, ProcedureKind } from '../steps/procedure.ts'
import { requireOperator, type AuthorityParts } from './account-changes.ts'
import { makeKey, pushNext, type AccountKeyChangeOptions } from './account-key-change.ts'

const Place = z.strictObject({
  account: z.string(),
  /** What the account is called, for people. */
  name: z.string(),
  /** Of a scoped key; null for a plain one. */
  role: Role.nullable(),
  tenant: z.string().nullable(),
})

const State = z.strictObject({
  /** The one being made, with its public key once that is decided. */
  making: z.strictObject({ ...Place.shape, next: z.string().nullable() }).nullable(),
  made: z.array(Place),
})
export type LostKeys = z.infer<typeof State>
/** Where a key is missing: an account, or a role of a tenant in it. */
export type KeyPlace = z.infer<typeof Place>

export const NOTHING_LOST_YET: LostKeys = { making: null, made: [] }

/** One at a time: it looks at all accounts. */
export const LOST_KEYS_SUBJECT = 'lost-keys'

export interface LostKeysOptions extends AccountKeyChangeOptions {
  /** Gives the operator a signing key where it lost all. */
  regainOperatorKey(signal: AbortSignal): Promise<void>
}

/**
 * Gives the operator, every account and every role a new signing key where the keychain holds none of those
 * there were: after a restore from a kit that does not hold them. The lost ones stay in the accounts, since
 * what they signed is good and its users shall notice nothing; new credentials are signed by the new ones.
 */
export function lostKeys(options: LostKeysOptions): ProcedureKind<LostKeys> {
  return {
    kind: 'lost-keys',
    state: State,
    subject: () => LOST_KEYS_SUBJECT,
    describe: () => 'Make signing keys anew that are lost',
    needs: 'mesh',
    atStart: 'resume',
    onFailure: 'keep',
    steps: [
      {
        name: 'Give the operator a signing key',
        run: async (state, { signal }) => {
          await options.regainOperatorKey(signal)
          return state
        },
      },
      {
        name: 'Give the accounts and their roles signing keys',
        run: (state, context) => regainAll(options, state, context),
      },
    ],
  }
}

async function regainAll(
  options: LostKeysOptions,
  before: LostKeys,
  context: ProcedureContext<LostKeys>,
): Promise<LostKeys> {
  let state = await withoutCleared(options.parts, before)
  const save = (change: LostKeys) => {
    state = change
    context.save(change)
  }
  for (;;) {
    const place = state.making ?? (await firstLost(options.parts))
    if (place === undefined) return state
    context.signal.throwIfAborted()
    // Key by key, so that a fleet of accounts does not hold up whoever waits for a credential.
    await options.exclusively(() =>
      regainOne(options, { next: null, ...place }, state, context, save),
    )
  }
}

/** Without a key that was being made for an account that was cleared meanwhile. */
async function withoutCleared({ store, keys }: AuthorityParts, state: LostKeys): Promise<LostKeys> {
  const { making } = state
  if (making === null || store.account(making.account) !== undefined) return state
  if (making.next !== null) await keys.forget([making.next])
  return { ...state, making: null }
}

async function regainOne(
  options: LostKeysOptions,
  { next, ...place }: KeyPlace & { readonly next: string | null },
  state: LostKeys,
  { signal }: ProcedureContext<LostKeys>,
  save: (state: LostKeys) => void,
): Promise<void> {
  const change = { ...place, make: true, next, old: null, cut: false }
  const made = await makeKey(options.parts, change, {
    signal,
    save: (decided) => save({ ...state, making: { ...place, next: decided.next } }),
  })
  await pushNext(options, made, signal)
  save({ making: null, made: [...state.made, place] })
}

async function firstLost(parts: AuthorityParts): Promise<KeyPlace | undefined> {
  const { store, roles } = parts
  for (const { publicKey: account, name, jwt } of store.accounts()) {
    // One that no server confirmed yet is still being made, by a procedure of its own.
    if (jwt === null) continue
    const plain = { account, name, role: null, tenant: null }
    if (!(await holdsOne(parts, store.keysOf(account, 'signing')))) return plain
    const scoped = Map.groupBy(roles.keys(account), ({ role, tenant }) => `${role} ${tenant ?? ''}`)
    for (const [first, ...others] of scoped.values()) {
      if (first === undefined) continue
      const keys = [first, ...others].map(({ publicKey }) => publicKey)
      const { role, tenant } = first
      if (!(await holdsOne(parts, keys))) return { account, name, role, tenant }
    }
  }
  return undefined
}

/** Whether the keychain holds any of these keys. @throws what the keychain throws. */
export async function holdsOne(
  { keys }: Pick<AuthorityParts, 'keys'>,
  publicKeys: readonly string[],
): Promise<boolean> {
  for (const publicKey of publicKeys) if (await keys.has(publicKey)) return true
  return false
}

/** Whether the keychain holds a signing key of the operator. @throws what the keychain throws. */
export function holdsOperatorKey(parts: AuthorityParts): Promise<boolean> {
  const { publicKey } = requireOperator(parts.store)
  return holdsOne(parts, parts.store.keysOf(publicKey, 'signing'))
}
