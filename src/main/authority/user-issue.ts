import { randomUUID } from 'node:crypto'
import { RejectedError } from '#shared/errors.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { inTransaction } from '../storage/database.ts'
import { requireOperator, type AccountChanges, type AuthorityParts } from './account-changes.ts'
import type { AccountRow } from './authority-store.ts'
import { deskName, openDesk, type Desk } from './issue-desk.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { createNkey } from './nkey.ts'
import { inboxIn } from './permissions.ts'
import type { Signer } from './signer.ts'
import { requireForm, userJwt } from './user-jwt.ts'
import {
  accountFor,
  nameOf,
  requireUserKey,
  tenantOf,
  tenantUnknown,
  type UserRequest,
} from './user-request.ts'

export { INTERNAL_TTL_MS, type UserPlace, type UserRequest } from './user-request.ts'

export interface IssuedUser {
  readonly ledgerId: string
  readonly publicKey: string
  readonly jwt: string
  /** Secret (SU…), only where the key was created here. It is kept nowhere. */
  readonly seed?: string
  readonly expiresAt: Date
  /** The client has to use this prefix for its reply subjects. */
  readonly inboxPrefix: string
  readonly accountPublicKey: string
}

/**
 * Issues users: all or none, each noted in the ledger before its JWT is handed out. Issuing is
 * create-or-return: for the same key, role and place the credential that is there already comes back, byte for
 * byte, unless it has ended, comes to its end, or `renew` asks for a new one.
 * @throws RejectedError `USER_KEY`, `USER_NAME`, `TENANT_UNKNOWN`, `ACCOUNT_KEYS_MISSING`; TransientError
 *   `TENANT_NOT_READY`; ConflictError `AUTHORITY_NOT_SET_UP`; what the keychain throws.
 */
export async function issueUsers(
  parts: AuthorityParts,
  changes: AccountChanges,
  ledger: Ledger,
  requests: readonly UserRequest[],
): Promise<IssuedUser[]> {
  requireOperator(parts.store)
  for (const request of requests) requireUserKey(request)
  const names = deskNames(parts, requests)
  const deskOf = (request: UserRequest) => names.get(request) ?? ''
  const desks = new Map<string, Desk>()
  for (const [name, group] of Map.groupBy(requests, deskOf)) {
    desks.set(name, await openDesk(parts, changes, group))
  }
  const issued = requests.map((request) => {
    const desk = desks.get(deskOf(request))
    if (desk === undefined) throw tenantUnknown(nameOf(request))
    return issueOne(parts, ledger, desk, request)
  })
  inTransaction(parts.database, () => {
    ledger.dropExpiredInternal(parts.now())
    ledger.add(issued.flatMap(({ entry, isNew }) => (isNew ? entry : [])))
    for (const { entry, isNew, pendingUntil } of issued) {
      if (!isNew && pendingUntil !== undefined) ledger.awaitUntil(entry.id, pendingUntil)
    }
    for (const { signer } of desks.values()) {
      signer.done(
        issued.flatMap(({ entry }) =>
          entry.signingKey === signer.publicKey ? entry.publicKey : [],
        ),
      )
    }
  })
  ledger.announce()
  return issued.map(({ user }) => user)
}

/**
 * The same credential once more: its JWT, made again from the ledger.
 * @throws RejectedError `CREDENTIAL_UNKNOWN`, `CREDENTIAL_NOT_REPEATABLE`, `ACCOUNT_KEYS_MISSING`; what the keychain throws.
 */
export async function repeatUser(
  parts: AuthorityParts,
  ledger: Ledger,
  ledgerId: string,
  reason: string,
): Promise<IssuedUser> {
  const entry = ledger.entry(ledgerId)
  if (entry === undefined) throw unknownCredential()
  requireForm(entry)
  const signer = await parts.keys.signer([entry.signingKey], 'account', {
    action: 'credential-issue',
    subjects: [entry.publicKey],
    reason,
  })
  const user = userOf(entry, signer)
  signer.done()
  return user
}

/** At which desk each request is served. The account of a place is looked up once: it asks the database. */
function deskNames(
  parts: AuthorityParts,
  requests: readonly UserRequest[],
): ReadonlyMap<UserRequest, string> {
  const accounts = new Map<string, AccountRow>()
  return new Map(
    requests.map((request) => {
      const { account: place, permissions } = request
      const where = typeof place === 'string' ? place : `tenant ${place.tenant}`
      // Muster's own users may enter where others may not: see `accountFor`.
      const key = `${where} ${permissions === undefined ? '' : 'own'}`
      const account = accounts.get(key) ?? accountFor(parts, request)
      accounts.set(key, account)
      return [request, deskName(account, request)]
    }),
  )
}

interface Issued {
  readonly user: IssuedUser
  readonly entry: LedgerEntry
  readonly isNew: boolean
  readonly pendingUntil: Date | undefined
}

function issueOne(parts: AuthorityParts, ledger: Ledger, desk: Desk, request: UserRequest): Issued {
  const created = request.publicKey === undefined ? createNkey('user') : undefined
  const publicKey = request.publicKey ?? created?.publicKey ?? ''
  const wanted = entryFor(parts, desk, request, publicKey)
  const existing = created === undefined ? sameCredential(ledger, wanted, request) : undefined
  const entry = existing ?? wanted
  const seed = created === undefined ? {} : { seed: created.seed }
  return {
    user: { ...userOf(entry, desk.signer), ...seed },
    entry,
    isNew: existing === undefined,
    pendingUntil: request.pendingUntil,
  }
}

/** The ledger row of a new credential. */
function entryFor(
  parts: AuthorityParts,
  desk: Desk,
  request: UserRequest,
  publicKey: string,
): LedgerEntry {
  const name = desk.namedByDevice ? (request.deviceId ?? request.name) : request.name
  // It becomes part of subjects, where a wildcard would open every device's.
  if (desk.namedByDevice && !isSafeToken(name)) throw unsafeName(name)
  const issuedAt = issueSecond(parts.now(), desk.revocations, publicKey)
  const expiresAt = issuedAt + Math.ceil(request.ttlMs / 1000)
  return {
    id: randomUUID(),
    publicKey,
    account: desk.account.publicKey,
    tenant: tenantOf(request),
    role: request.role,
    name,
    deviceId: request.deviceId ?? null,
    permissions: desk.permissions({ name, publicKey }, request),
    signingKey: desk.signer.publicKey,
    issuedAt: new Date(issuedAt * 1000),
    expiresAt: new Date(expiresAt * 1000),
    pendingUntil: request.pendingUntil ?? null,
    connectedAt: null,
    delivery: request.delivery,
    state: request.pendingUntil === undefined ? 'active' : 'pending',
    revokedAt: null,
    reason: null,
    form: desk.form,
  }
}

/** Share of its life that a credential must still have before it, to be handed out again. */
const LEAST_LIFE_LEFT = 0.2

/**
 * The credential that was issued for the same key, role and place already. Those of this app's own connections are
 * made anew each time: they are short-lived, and who asks again wants a fresh one.
 */
function sameCredential(
  ledger: Ledger,
  wanted: LedgerEntry,
  request: UserRequest,
): LedgerEntry | undefined {
  if (request.renew === true || request.delivery === 'internal') return undefined
  const now = wanted.issuedAt.getTime()
  return ledger.entriesOfKey(wanted.publicKey).findLast((entry) => {
    const lifeMs = entry.expiresAt.getTime() - entry.issuedAt.getTime()
    return (
      isSamePlace(entry, wanted) &&
      (entry.state === 'active' || entry.state === 'pending') &&
      entry.expiresAt.getTime() - now > lifeMs * LEAST_LIFE_LEFT &&
      // Asked for a short life, nobody shall get a long one.
      entry.expiresAt <= wanted.expiresAt
    )
  })
}

function isSamePlace(entry: LedgerEntry, wanted: LedgerEntry): boolean {
  return (
    entry.account === wanted.account &&
    entry.tenant === wanted.tenant &&
    entry.role === wanted.role &&
    entry.name === wanted.name &&
    entry.deviceId === wanted.deviceId &&
    entry.delivery === wanted.delivery &&
    entry.signingKey === wanted.signingKey &&
    entry.form === wanted.form &&
    JSON.stringify(entry.permissions) === JSON.stringify(wanted.permissions)
  )
}

function userOf(entry: LedgerEntry, signer: Signer): IssuedUser {
  const form = requireForm(entry)
  return {
    ledgerId: entry.id,
    publicKey: entry.publicKey,
    jwt: userJwt(entry, form, signer),
    expiresAt: entry.expiresAt,
    inboxPrefix: inboxIn(entry.permissions, entry.publicKey),
    accountPublicKey: entry.account,
  }
}

/**
 * The server refuses a JWT issued at or before its key's revocation, in whole seconds: one that is
 * renewed within the second of the revocation counts as issued in the next.
 */
function issueSecond(
  now: Date,
  revocations: Readonly<Record<string, number>>,
  publicKey: string,
): number {
  const revokedAt = Math.max(revocations[publicKey] ?? 0, revocations['*'] ?? 0)
  return Math.max(Math.floor(now.getTime() / 1000), revokedAt + 1)
}

function unsafeName(name: string): RejectedError {
  return new RejectedError({
    code: 'USER_NAME',
    message:
      'In this role the name becomes part of the subjects that the user may use, so it can not be empty or have dots, spaces, * or >.',
    advice: 'Give it the device id as its name: letters, digits, dashes and underscores.',
    details: { length: name.length },
  })
}

function unknownCredential(): RejectedError {
  return new RejectedError({
    code: 'CREDENTIAL_UNKNOWN',
    message: 'This credential is not in the ledger, so it was not issued by this profile.',
    advice: 'Look for it where it was issued.',
  })
}
