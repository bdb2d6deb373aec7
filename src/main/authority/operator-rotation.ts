import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'
import type { ProcedureContext, ProcedureKind } from '../steps/procedure.ts'
import { inTransaction } from '../storage/database.ts'
import { requireOperator, type AccountChanges, type AuthorityParts } from './account-changes.ts'
import { requireIdentity } from './identities.ts'
import { decodeJwt, encodeJwt, operatorKeysIn } from './jwt.ts'
import type { KeyUse } from './key-use.ts'

const State = z.strictObject({
  /** The new key, once it is decided. */
  next: z.string().nullable(),
  /** The key that goes; null where one is added. */
  old: z.string().nullable(),
})
export type OperatorRotation = z.infer<typeof State>

/** What changing keys asks of the servers beyond the push of an account. */
export interface OperatorInstaller {
  /**
   * Resolves once every server trusts what this operator JWT lists.
   * @throws MusterError where that takes a person, or can't be seen now.
   */
  install(operatorJwt: string, signal: AbortSignal): Promise<void>
  /** Connects to the system account anew, as a user that its newest key signed. @throws MusterError */
  reconnect(signal: AbortSignal): Promise<void>
}

export interface OperatorRotationOptions {
  readonly parts: AuthorityParts
  readonly changes: AccountChanges
  readonly installer: OperatorInstaller
  exclusively<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Changes the operator's signing key. The servers learn the new key before it signs anything, every
 * account is signed by it before the servers forget the old one, and only then does the keychain forget it.
 */
export function operatorRotation(
  options: OperatorRotationOptions,
): ProcedureKind<OperatorRotation> {
  const { parts, installer } = options
  const install = (signal: AbortSignal) =>
    installer.install(requireOperator(parts.store).jwt, signal)
  return {
    kind: 'operator-key',
    state: State,
    subject: () => 'keys:operator',
    describe,
    needs: 'mesh',
    atStart: 'resume',
    onFailure: 'keep',
    exclusively: (work) => options.exclusively(work),
    steps: [
      {
        name: 'Make the new key',
        run: (state, context) => makeKey(parts, state, context),
        undo: async (state) => {
          if (state.next !== null) await parts.keys.forget([state.next], useOf(state, 'key-delete'))
          return { ...state, next: null }
        },
      },
      {
        name: 'Sign the operator with both keys',
        run: (state) => signOperator(parts, state, (keys) => [state.next, ...keys]),
        undo: async (state, { signal }) => {
          await signOperator(parts, state, (keys) => keys.filter((key) => key !== state.next))
          await install(signal)
          return state
        },
      },
      {
        name: 'Give the servers the operator with both keys',
        run: async (state, { signal }) => {
          await install(signal)
          return state
        },
      },
      {
        name: 'Sign all accounts with the new key',
        run: (state, { signal }) => useNext(options, state, signal),
        undo: (state, { signal }) => dropNext(options, state, signal),
      },
      {
        name: 'Take the old key off the operator',
        final: true,
        run: (state) => retireOld(parts, state),
      },
      {
        name: 'Give the servers the operator without the old key',
        final: true,
        run: async (state, { signal }) => {
          if (state.old !== null) await install(signal)
          return state
        },
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

function describe({ old }: OperatorRotation): string {
  return old === null
    ? 'Give the operator a new signing key'
    : 'Rotate the signing key of the operator'
}

async function makeKey(
  parts: AuthorityParts,
  state: OperatorRotation,
  { save }: ProcedureContext<OperatorRotation>,
): Promise<OperatorRotation> {
  // Found missing only later, it would leave a half-way operator behind.
  await requireIdentity(parts, requireOperator(parts.store).publicKey)
  const { keys } = parts
  if (state.next !== null && (await keys.has(state.next))) return state
  const use = useOf(state, 'key-create')
  const next = await keys.create('operator', use, (publicKey) =>
    save({ ...state, next: publicKey }),
  )
  return { ...state, next }
}

/** Signs the operator's JWT with other signing keys; all else in it stays. */
async function signOperator(
  parts: AuthorityParts,
  state: OperatorRotation,
  choose: (keys: readonly string[]) => readonly (string | null)[],
): Promise<OperatorRotation> {
  const { store, keys, database, now } = parts
  const operator = requireOperator(store)
  const claims = decodeJwt(operator.jwt)
  const listed = operatorKeysIn(claims)
  const signing_keys = [...new Set(choose(listed))].filter((key) => key !== null)
  if (signing_keys.join(' ') === listed.join(' ')) return state
  await requireIdentity(parts, operator.publicKey)
  const signer = await keys.signer(
    [operator.publicKey],
    'operator',
    useOf(state, 'operator-change'),
  )
  const { type: _type, version: _version, ...nats } = claims.nats
  const jwt = encodeJwt(
    {
      name: operator.name,
      subject: operator.publicKey,
      type: 'operator',
      nats: { ...nats, signing_keys },
      issuedAt: Math.floor(now().getTime() / 1000),
    },
    signer,
  )
  inTransaction(database, () => {
    store.setOperatorJwt(jwt)
    signer.done()
  })
  return state
}

async function useNext(
  { parts, changes }: OperatorRotationOptions,
  state: OperatorRotation,
  signal: AbortSignal,
): Promise<OperatorRotation> {
  const { store, now } = parts
  const { next } = state
  if (next === null) return state
  // From here on it is the newest, and so the one that signs.
  if (!store.knowsKey(next)) {
    store.addKey(next, requireOperator(store).publicKey, 'signing', now())
  }
  await signAllAnew(parts, changes, state, signal)
  return state
}

async function dropNext(
  { parts, changes }: OperatorRotationOptions,
  state: OperatorRotation,
  signal: AbortSignal,
): Promise<OperatorRotation> {
  const { next } = state
  if (next === null) return state
  parts.store.removeKey(next)
  await signAllAnew(parts, changes, state, signal)
  return state
}

async function signAllAnew(
  { store }: AuthorityParts,
  changes: AccountChanges,
  state: OperatorRotation,
  signal: AbortSignal,
): Promise<void> {
  const accounts = store.accounts().flatMap((account) => {
    const claims = changes.claimsOf(account)
    return claims === undefined ? [] : { account, claims }
  })
  // REGISTRY refers to all the others, and SYS carries the connection over which this goes.
  const late = ['registry', 'system']
  const rank = (kind: string) => late.indexOf(kind)
  const ordered = accounts.toSorted(
    (one, other) => rank(one.account.kind) - rank(other.account.kind),
  )
  const reason = `${describe(state)}.`
  await changes.apply(ordered, { action: 'account-change', reason }, signal, () => undefined)
}

async function retireOld(
  parts: AuthorityParts,
  state: OperatorRotation,
): Promise<OperatorRotation> {
  const { old } = state
  if (old === null) return state
  await signOperator(parts, state, (keys) => keys.filter((key) => key !== old))
  parts.store.retireKey(old, parts.now())
  return state
}

function useOf(state: OperatorRotation, action: KeyUse['action']): KeyUse {
  return { action, subjects: ['signing key of the operator'], reason: `${describe(state)}.` }
}

/** Nobody is there to bring an operator's JWT to a server. */
export const NO_INSTALLER: OperatorInstaller = {
  install: () =>
    Promise.reject(
      new RejectedError({
        code: 'OPERATOR_NOT_INSTALLED',
        message: 'There is no mesh in use whose servers could be given the operator’s new JWT.',
        advice: 'Start your mesh (Settings, Mesh), then resume.',
      }),
    ),
  reconnect: () => Promise.resolve(),
}
