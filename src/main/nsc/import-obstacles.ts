import { ConflictError, RejectedError, type MusterError } from '#shared/errors.ts'
import type { ImportPlan } from './import-plan.ts'
import { isExpired } from './store-findings.ts'
import type { StoreModel } from './store-model.ts'

/** The operator that a profile has already. */
export interface PresentOperator {
  readonly publicKey: string
  readonly name: string
  readonly dialect: string
}

/** Why this plan can't be carried out in this profile; undefined where it can. */
export function obstacleTo(
  plan: ImportPlan,
  model: StoreModel,
  present: PresentOperator | undefined,
  now: Date,
): MusterError | undefined {
  const { operator } = plan
  if (present !== undefined && present.publicKey !== operator.publicKey)
    return otherOperator(present)
  if (present !== undefined && plan.dialect !== null && present.dialect !== plan.dialect) {
    return otherDialect(present.dialect, plan.dialect)
  }
  if (isExpired(operator.claims, now.getTime() / 1000)) return expired(operator.name)
  const maySign = operator.strict
    ? operator.signingKeys
    : [operator.publicKey, ...operator.signingKeys]
  if (present === undefined && !maySign.some((key) => model.keys.has(key)))
    return noKey(operator.name)
  const identity = model.keys.has(operator.publicKey)
  if (present === undefined && plan.system === 'create' && !identity)
    return noSystemAccount(operator.name)
  return undefined
}

function otherOperator({ name, publicKey }: PresentOperator): ConflictError {
  return new ConflictError({
    code: 'NSC_OTHER_OPERATOR',
    message: `This profile has the operator ${name} already. A second one would lock out every device that trusts the first, so Muster never replaces it.`,
    advice: 'Start Muster with a new profile folder and import there.',
    details: { operator: publicKey },
  })
}

function otherDialect(has: string, wants: string): ConflictError {
  return new ConflictError({
    code: 'DIALECT_FIXED',
    message: `This profile's operator was made for the dialect ${has}; the users of this store speak ${wants}.`,
    advice: 'Import the store into a profile of its own.',
  })
}

function expired(name: string): RejectedError {
  return new RejectedError({
    code: 'NSC_OPERATOR_EXPIRED',
    message: `The JWT of the operator ${name} has expired; no server starts with it.`,
    advice: 'Renew it with nsc (nsc edit operator --expiry 0), then look again.',
  })
}

function noKey(name: string): RejectedError {
  return new RejectedError({
    code: 'NSC_OPERATOR_KEY_MISSING',
    message: `None of the private keys that may sign for the operator ${name} is in these folders, so Muster could change nothing in this deployment.`,
    advice:
      'Name the folder that holds its key files (…/nsc/keys, or what NKEYS_PATH said when it was made), or restore them from a backup.',
  })
}

function noSystemAccount(name: string): RejectedError {
  return new RejectedError({
    code: 'NSC_SYSTEM_ACCOUNT_MISSING',
    message: `The operator ${name} has no system account, over which accounts are changed on a running server. To give it one takes its identity key, which is not in these folders.`,
    advice:
      'Name the folder with the identity key, or add one with nsc (nsc edit operator --system-account …).',
  })
}
