import { RejectedError } from '#shared/errors.ts'
import { requireOperator, type AuthorityParts } from './account-changes.ts'
import type { AccountKind } from './authority-store.ts'

/** An identity key and where it is. */
export interface IdentityState {
  readonly kind: 'operator' | AccountKind
  /** Of the operator or account. */
  readonly name: string
  readonly publicKey: string
  /** Whether the keychain holds it now. */
  readonly held: boolean
  /** Since when it was moved to a recovery kit; null where it was not. */
  readonly offlineAt: Date | null
}

/** Identity keys of the operator and of all accounts. @throws what the keychain throws. */
export async function identityState(parts: AuthorityParts): Promise<IdentityState[]> {
  const { store, keys } = parts
  const operator = store.operator()
  if (operator === undefined) return []
  const holders = [{ kind: 'operator' as const, ...operator }, ...store.accounts()]
  const states: IdentityState[] = []
  for (const { kind, name, publicKey } of holders) {
    const offlineAt = store
      .keyRecords(publicKey)
      .find((key) => key.publicKey === publicKey)?.offlineAt
    const held = await keys.has(publicKey)
    states.push({ kind, name, publicKey, held, offlineAt: offlineAt ?? null })
  }
  return states
}

/**
 * Deletes an identity key from the keychain, once a recovery kit holds it. Daily work goes on: signing
 * keys do it. Safe to call again after an interruption.
 * @throws RejectedError `IDENTITY_UNKNOWN`, `IDENTITY_NEEDED` where nothing else could sign; what the keychain throws.
 */
export async function forgetIdentity(parts: AuthorityParts, publicKey: string): Promise<void> {
  const { store, keys, now } = parts
  const known = (await identityState(parts)).find((identity) => identity.publicKey === publicKey)
  if (known === undefined) {
    throw new RejectedError({
      code: 'IDENTITY_UNKNOWN',
      message: 'This is not the identity key of the operator or of one of its accounts.',
      advice: 'Look at Keys for those that there are.',
    })
  }
  await requireSigningKey(parts, publicKey, known.name)
  // Noted first: where the deletion is interrupted the screen shows it as still held, and offers it again.
  store.setKeyOffline(publicKey, now())
  await keys.forget([publicKey], {
    action: 'key-delete',
    subjects: [`identity key of ${known.name}`],
    reason: 'It was moved to a recovery kit.',
  })
}

/** Notes that the keychain holds an identity key again. */
export function identityReturned({ store }: AuthorityParts, publicKey: string): void {
  store.setKeyOffline(publicKey, null)
}

/**
 * Checks that an identity key can be used now.
 * @throws RejectedError `IDENTITY_OFFLINE`; what the keychain throws.
 */
export async function requireIdentity(
  { store, keys }: AuthorityParts,
  publicKey: string,
): Promise<void> {
  if (await keys.has(publicKey)) return
  const isOperator = requireOperator(store).publicKey === publicKey
  const whose = isOperator ? 'the operator' : `the account ${store.account(publicKey)?.name ?? ''}`
  throw new RejectedError({
    code: 'IDENTITY_OFFLINE',
    message: `This needs the identity key of ${whose}, which is not in the keychain of this computer.`,
    advice: 'Bring the recovery kit (Keys, Recovery kit), then try again.',
    details: { publicKey },
  })
}

async function requireSigningKey(
  { store, keys }: AuthorityParts,
  holder: string,
  name: string,
): Promise<void> {
  for (const publicKey of store.keysOf(holder, 'signing')) {
    if (await keys.has(publicKey)) return
  }
  throw new RejectedError({
    code: 'IDENTITY_NEEDED',
    message: `The keychain holds no signing key of ${name}, so its identity key is what signs for it.`,
    advice: 'Give it a signing key first (Keys).',
    details: { publicKey: holder },
  })
}
