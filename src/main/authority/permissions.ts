import type { Dialect } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'

export type UserRole = 'device' | 'registry' | 'console' | 'system'

/** What a user may say and hear, in the shape of a user JWT's claims. */
export interface Permissions {
  readonly pub: { readonly allow: readonly string[] }
  readonly sub: { readonly allow: readonly string[] }
  /** Leave to answer a request on its reply subject; `ttl` in nanoseconds. */
  readonly resp?: { readonly max: number; readonly ttl: number }
}

/**
 * How long after a request its answer is let through. A request through an imported service comes
 * with a reply subject of the server (`_R_.…`), which no list of subjects could name.
 */
const ANSWER_WINDOW_NS = 5 * 60 * 1_000_000_000
const MAY_ANSWER = { max: 1, ttl: ANSWER_WINDOW_NS } as const

const SHARED_INBOX_PREFIX = '_INBOX'

/**
 * The prefix of a user's reply subjects. A private one (`_INBOX_U….`) can't be listened to by
 * others of the account; `_INBOX.`, which devices in the field are bound to, can.
 */
export function inboxPrefixOf(publicKey: string, inbox: 'private' | 'shared'): string {
  return inbox === 'private' ? `${SHARED_INBOX_PREFIX}_${publicKey}` : SHARED_INBOX_PREFIX
}

export interface PermissionRequest {
  readonly role: UserRole
  readonly dialect: Dialect
  /** Needed for the roles device and console. */
  readonly tenant: string | null
  readonly inboxPrefix: string
}

/**
 * Permissions of a role (protocol.md, "NATS decentralized auth"). The same in both isolation modes:
 * in a shared account they are all that stands between tenants, in an account of its own they
 * keep a device off the subjects that nobody answers for.
 * @throws RejectedError `NAME_UNSAFE`.
 */
export function permissionsOf(request: PermissionRequest): Permissions {
  const { dialect, inboxPrefix, role } = request
  const inbox = `${inboxPrefix}.>`
  if (role === 'system') {
    return { pub: { allow: ['$SYS.REQ.>'] }, sub: { allow: ['$SYS.>', inbox] } }
  }
  const own =
    role === 'registry'
      ? `${dialect.subjectRoot}.>`
      : subjectsOf(dialect).everythingOf(request.tenant ?? '')
  // Whoever hears its answers on a private prefix has no business writing into `_INBOX.>`.
  const others = inboxPrefix === SHARED_INBOX_PREFIX ? [inbox] : []
  const both = { pub: { allow: [own, ...others] }, sub: { allow: [own, inbox] } }
  return role === 'console' ? both : { ...both, resp: MAY_ANSWER }
}
