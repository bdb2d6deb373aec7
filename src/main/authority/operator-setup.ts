import { ConflictError } from '#shared/errors.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { Procedure } from '../steps/procedures.ts'
import { requireOperator, type AuthorityParts } from './account-changes.ts'
import type { AccountKind } from './authority-store.ts'
import type { OperatorCreation } from './operator-creation.ts'
import type { OperatorMarker } from './operator-marker.ts'
import { NEVER } from '#shared/never.ts'

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
 * that what there is can be used. A second operator is never made: not over one that is recorded, and not beside
 * one whose keys the keychain still holds for this profile although the database does not know it.
 * @throws RejectedError `OPERATOR_KEYS_MISSING`, `ACCOUNT_KEYS_MISSING`; ConflictError
 *   `DIALECT_FIXED`, `OPERATOR_NOT_RECORDED`; what the keychain throws.
 */
export async function setUpOperator(
  parts: AuthorityParts,
  creation: Procedure<OperatorCreation>,
  marker: OperatorMarker,
  request: SetUpRequest,
): Promise<void> {
  const { store } = parts
  if (store.operator() === undefined) {
    await marker.requireNone()
    const { dialect, name = DEFAULT_OPERATOR_NAME } = request
    await creation.startOrResume({ dialect, name, made: {} }, NEVER)
  }
  const operator = requireOperator(store)
  if (operator.dialect !== request.dialect) {
    throw new ConflictError({
      code: 'DIALECT_FIXED',
      message: `This profile's operator was made for the dialect ${operator.dialect}; its accounts do not fit ${request.dialect}.`,
      advice: `Go on with ${operator.dialect}, or use a new profile folder.`,
      details: { dialect: operator.dialect },
    })
  }
  await requireKeys(parts, operator.publicKey, 'operator')
  for (const { kind, publicKey } of store.accounts()) {
    if (kind === 'system' || kind === 'registry') await requireKeys(parts, publicKey, 'account')
  }
  await marker.leave(operator)
}

/** All keys of a holder but those that were moved to a recovery kit. */
async function requireKeys(
  { store, keys }: AuthorityParts,
  holder: string,
  of: 'operator' | 'account',
): Promise<void> {
  const wanted = store
    .keyRecords(holder)
    .filter(({ offlineAt, retiredAt }) => offlineAt === null && retiredAt === null)
    .map(({ publicKey }) => publicKey)
  await keys.requireAll(wanted, of)
}

/** Public keys of an identity and of what signs for it. */
export interface KeyRing {
  readonly identity: string
  readonly signing: string
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

/** Notes an identity and what signs for it; in the caller's transaction. */
export function recordKeyRing(parts: AuthorityParts, ring: KeyRing, at: Date): void {
  parts.store.addKey(ring.identity, ring.identity, 'identity', at)
  parts.store.addKey(ring.signing, ring.identity, 'signing', at)
}
