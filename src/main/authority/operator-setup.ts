import { ConflictError } from '#shared/errors.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { inTransaction } from '../storage/database.ts'
import { newAccountClaims, registryWiring } from './account-claims.ts'
import { signAccount, type AuthorityParts } from './account-changes.ts'
import type { AccountKind } from './authority-store.ts'
import { encodeJwt } from './jwt.ts'
import type { KeyUse } from './key-use.ts'
import type { KeyVault } from './key-vault.ts'
import type { NkeyRole } from './nkey.ts'

export const SYSTEM_ACCOUNT_NAME = 'SYS'
export const REGISTRY_ACCOUNT_NAME = 'REGISTRY'

const DEFAULT_OPERATOR_NAME = 'muster'

export interface SetUpRequest {
  /** Fixed from then on: it stands in every account's subjects. */
  readonly dialect: DialectName
  readonly name?: string
}

/**
 * Creates operator, system account and REGISTRY account, each with identity and signing key, or checks
 * that what there is can be used. All seeds are in the keychain before anything is recorded, and
 * everything is recorded in one transaction: interrupted at any point, the next run begins again with
 * fresh keys, and at worst a key that no JWT names stays behind in the keychain.
 * @throws RejectedError `OPERATOR_KEYS_MISSING`, `ACCOUNT_KEYS_MISSING`; ConflictError
 *   `DIALECT_FIXED`; what the keychain throws.
 */
export async function setUpOperator(parts: AuthorityParts, request: SetUpRequest): Promise<void> {
  const { store, keys } = parts
  const operator = store.operator()
  if (operator === undefined) {
    await createOperator(parts, request)
    // Another process may have been faster; what counts is what is recorded.
    await setUpOperator(parts, request)
    return
  }
  if (operator.dialect !== request.dialect) {
    throw new ConflictError({
      code: 'DIALECT_FIXED',
      message: `This profile's operator was made for the dialect ${operator.dialect}; its accounts do not fit ${request.dialect}.`,
      advice: `Go on with ${operator.dialect}, or use a new profile folder.`,
      details: { dialect: operator.dialect },
    })
  }
  await keys.requireAll(keysOf(parts, operator.publicKey), 'operator')
  for (const { kind, publicKey } of store.accounts()) {
    if (kind === 'tenant' || kind === 'shared') continue
    await keys.requireAll(keysOf(parts, publicKey), 'account')
  }
}

/** Public keys of an identity and of what signs for it. */
interface KeyRing {
  readonly identity: string
  readonly signing: string
}

/** A new identity and a key that signs for it, both in the keychain. */
export async function createKeyRing(
  keys: KeyVault,
  role: NkeyRole,
  use: Omit<KeyUse, 'action'>,
): Promise<KeyRing> {
  const { subjects, reason } = use
  const create = (purpose: string) =>
    keys.create(role, {
      action: 'key-create',
      subjects: subjects.map((subject) => `${purpose} key of ${subject}`),
      reason,
    })
  return { identity: await create('identity'), signing: await create('signing') }
}

async function createOperator(parts: AuthorityParts, request: SetUpRequest): Promise<void> {
  const { database, store, keys, now } = parts
  const at = now()
  const name = request.name ?? DEFAULT_OPERATOR_NAME
  const reason = 'The operator of this profile is created.'
  const ringOf = (role: NkeyRole, subject: string) =>
    createKeyRing(keys, role, { subjects: [subject], reason })
  const operator = await ringOf('operator', `operator ${name}`)
  const system = await ringOf('account', `account ${SYSTEM_ACCOUNT_NAME}`)
  const registry = await ringOf('account', `account ${REGISTRY_ACCOUNT_NAME}`)
  const identity = await keys.signer([operator.identity], 'operator', {
    action: 'operator-create',
    subjects: [`operator ${name}`],
    reason,
  })
  const signing = await keys.signer([operator.signing], 'operator', {
    action: 'account-create',
    subjects: [`account ${SYSTEM_ACCOUNT_NAME}`, `account ${REGISTRY_ACCOUNT_NAME}`],
    reason,
  })
  const jwt = encodeJwt(
    {
      name,
      subject: operator.identity,
      type: 'operator',
      nats: { signing_keys: [operator.signing], system_account: system.identity },
      issuedAt: Math.floor(at.getTime() / 1000),
    },
    identity,
  )
  const accounts = [
    // No JetStream: nats-server refuses to enable it for the system account, REGISTRY has no use for it.
    {
      kind: 'system' as const,
      name: SYSTEM_ACCOUNT_NAME,
      ring: system,
      claims: newAccountClaims(system.signing),
    },
    {
      kind: 'registry' as const,
      name: REGISTRY_ACCOUNT_NAME,
      ring: registry,
      claims: {
        ...newAccountClaims(registry.signing),
        ...registryWiring(dialectOf(request.dialect), []),
      },
    },
  ]
  inTransaction(database, () => {
    if (store.operator() !== undefined) return
    store.addOperator({ publicKey: operator.identity, name, dialect: request.dialect, jwt }, at)
    recordKeyRing(parts, operator, at)
    for (const { kind, name: accountName, ring, claims } of accounts) {
      const account = { publicKey: ring.identity, name: accountName }
      recordAccount(parts, kind, accountName, ring, signAccount(account, claims, signing, at).jwt)
    }
    identity.done()
    signing.done()
  })
}

/** Notes a new account and its keys; in the caller's transaction. */
export function recordAccount(
  parts: AuthorityParts,
  kind: AccountKind,
  name: string,
  ring: KeyRing,
  jwt: string | null,
): void {
  const at = parts.now()
  parts.store.addAccount({ publicKey: ring.identity, kind, name, jwt }, at)
  recordKeyRing(parts, ring, at)
}

function recordKeyRing(parts: AuthorityParts, ring: KeyRing, at: Date): void {
  parts.store.addKey(ring.identity, ring.identity, 'identity', at)
  parts.store.addKey(ring.signing, ring.identity, 'signing', at)
}

function keysOf({ store }: AuthorityParts, holder: string): string[] {
  return [...store.keysOf(holder, 'identity'), ...store.keysOf(holder, 'signing')]
}
