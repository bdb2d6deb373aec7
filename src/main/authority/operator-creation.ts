import { z } from 'zod'
import { InternalError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { ProcedureContext, ProcedureKind } from '../steps/procedure.ts'
import { inTransaction } from '../storage/database.ts'
import { signAccount, type AuthorityParts } from './account-changes.ts'
import { newAccountClaims, registryWiring } from './account-claims.ts'
import { encodeJwt } from './jwt.ts'
import type { KeyUse } from './key-use.ts'
import {
  recordAccount,
  recordKeyRing,
  REGISTRY_ACCOUNT_NAME,
  SYSTEM_ACCOUNT_NAME,
  type KeyRing,
} from './operator-setup.ts'

/** What gets an identity and a signing key. */
const HOLDERS = ['operator', 'system', 'registry'] as const
type Holder = (typeof HOLDERS)[number]

const State = z.strictObject({
  dialect: z.enum(['device-connect', 'fabric']),
  name: z.string(),
  /** Public keys made so far, by holder and purpose. */
  made: z.record(z.string(), z.string()),
})
export type OperatorCreation = z.infer<typeof State>

const REASON = 'The operator of this profile is created.'

/**
 * Creation of the operator: all seeds into the keychain, then everything recorded in one transaction. What a crash
 * leaves before that is taken back, so that no key stays behind that no JWT names.
 */
export function operatorCreation(parts: AuthorityParts): ProcedureKind<OperatorCreation> {
  return {
    kind: 'create-operator',
    state: State,
    subject: () => 'operator',
    describe: ({ name }) => `Create the operator ${name}`,
    needs: 'keychain',
    atStart: 'roll-back',
    onFailure: 'keep',
    steps: [
      {
        name: 'Make the keys',
        run: (state, context) => makeKeys(parts, state, context),
        undo: async (state) => {
          const made = Object.values(state.made).filter((key) => !parts.store.knowsKey(key))
          await parts.keys.forget(made)
          return { ...state, made: {} }
        },
      },
      { name: 'Record the operator', final: true, run: (state) => record(parts, state) },
    ],
  }
}

async function makeKeys(
  { keys }: AuthorityParts,
  begun: OperatorCreation,
  { save }: ProcedureContext<OperatorCreation>,
): Promise<OperatorCreation> {
  let state = begun
  for (const holder of HOLDERS) {
    for (const purpose of ['identity', 'signing'] as const) {
      const slot = `${holder} ${purpose}`
      const reserved = state.made[slot]
      if (reserved !== undefined && (await keys.has(reserved))) continue
      const use: KeyUse = {
        action: 'key-create',
        subjects: [`${purpose} key of ${titleOf(holder, state)}`],
        reason: REASON,
      }
      await keys.create(holder === 'operator' ? 'operator' : 'account', use, (publicKey) => {
        state = { ...state, made: { ...state.made, [slot]: publicKey } }
        save(state)
      })
    }
  }
  return state
}

async function record(parts: AuthorityParts, state: OperatorCreation): Promise<OperatorCreation> {
  const { database, store, keys, now } = parts
  if (store.operator() !== undefined) return state
  const at = now()
  const [operator, system, registry] = HOLDERS.map((holder) => ringOf(state, holder)) as [
    KeyRing,
    KeyRing,
    KeyRing,
  ]
  const identity = await keys.signer([operator.identity], 'operator', {
    action: 'operator-create',
    subjects: [titleOf('operator', state)],
    reason: REASON,
  })
  const signing = await keys.signer([operator.signing], 'operator', {
    action: 'account-create',
    subjects: [titleOf('system', state), titleOf('registry', state)],
    reason: REASON,
  })
  const jwt = encodeJwt(
    {
      name: state.name,
      subject: operator.identity,
      type: 'operator',
      nats: { signing_keys: [operator.signing], system_account: system.identity },
      issuedAt: Math.floor(at.getTime() / 1000),
    },
    identity,
  )
  // No JetStream: nats-server refuses to enable it for the system account, REGISTRY has no use for it.
  const registryClaims = {
    ...newAccountClaims(registry.signing),
    ...registryWiring(dialectOf(state.dialect), []),
  }
  const accounts = [
    ['system', SYSTEM_ACCOUNT_NAME, system, newAccountClaims(system.signing)],
    ['registry', REGISTRY_ACCOUNT_NAME, registry, registryClaims],
  ] as const
  inTransaction(database, () => {
    if (store.operator() !== undefined) return
    const { name, dialect } = state
    store.addOperator({ publicKey: operator.identity, name, dialect, jwt }, at)
    recordKeyRing(parts, operator, at)
    for (const [kind, accountName, ring, claims] of accounts) {
      const account = { publicKey: ring.identity, name: accountName }
      recordAccount(parts, kind, accountName, ring, signAccount(account, claims, signing, at).jwt)
    }
    identity.done()
    signing.done()
  })
  return state
}

function ringOf({ made }: OperatorCreation, holder: Holder): KeyRing {
  const identity = made[`${holder} identity`]
  const signing = made[`${holder} signing`]
  if (identity !== undefined && signing !== undefined) return { identity, signing }
  throw new InternalError({
    code: 'OPERATOR_KEYS_LOST',
    message: 'A key of the new operator was made and is not there.',
    advice: 'Report this.',
  })
}

function titleOf(holder: Holder, { name }: OperatorCreation): string {
  if (holder === 'operator') return `operator ${name}`
  return `account ${holder === 'system' ? SYSTEM_ACCOUNT_NAME : REGISTRY_ACCOUNT_NAME}`
}
