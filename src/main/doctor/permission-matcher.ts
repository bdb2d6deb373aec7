import { subjectProblem } from '#shared/protocol/subject-patterns.ts'

/** Permissions in the shape of a user JWT's claims; `ttl` in nanoseconds. */
export interface UserPermissions {
  readonly pub: SubjectLists
  readonly sub: SubjectLists
  readonly resp: { readonly max: number; readonly ttl: number } | null
}

export interface SubjectLists {
  /** Null where the claims have no such list, which is not the same as an empty one: see `publishVerdict`. */
  readonly allow: readonly string[] | null
  /** In `sub` an entry may be `SUBJECT QUEUE`. */
  readonly deny: readonly string[]
}

/** What a server would say, and which rule decides. */
export interface PermissionVerdict {
  readonly allowed: boolean
  /**
   * `no-list`: nothing is listed, so everything is allowed; `allow` or `deny`: the entry in `pattern`;
   * `not-listed`: there is a list of what is allowed, and this is not in it.
   */
  readonly rule: 'no-list' | 'allow' | 'deny' | 'not-listed'
  readonly pattern: string | null
  /** Refused by the lists, but let through as an answer on the reply subject of a request it got. */
  readonly asAnswer: { readonly max: number; readonly seconds: number } | null
  /** The subscription stands, and messages to these subjects are held back from it. */
  readonly heldBack: readonly string[]
}

// nats-server's DEFAULT_ALLOW_RESPONSE_MAX_MSGS and DEFAULT_ALLOW_RESPONSE_EXPIRATION.
const DEFAULT_ANSWERS = 1
const DEFAULT_ANSWER_SECONDS = 120
const NANOSECONDS = 1_000_000_000

/**
 * Whether a server lets a user publish to a subject without wildcards: nats-server's `pubAllowed`. With
 * leave to answer, an absent list of what is allowed counts as an empty one. So does, and this is easy
 * to miss, an empty one beside a list of what is denied: nothing may be published then, where without
 * that empty list everything else may (2.9.10).
 */
export function publishVerdict(permissions: UserPermissions, subject: string): PermissionVerdict {
  const { pub, resp } = permissions
  const allow = pub.allow ?? []
  const emptyCounts = pub.allow !== null && pub.deny.length > 0
  const listed = allow.length > 0 || emptyCounts || resp !== null
  const verdict = verdictOf(listed, matching(allow, subject), matching(pub.deny, subject))
  if (verdict.allowed || resp === null) return verdict
  return { ...verdict, asAnswer: answersOf(resp) }
}

/**
 * Whether a server lets a user subscribe, with a queue group or without: nats-server's `canSubscribe`.
 * A subject with wildcards is compared token by token, its wildcards as if they were words: so `a.*` is
 * within `a.>`, and `a.>` within `a.*` too.
 */
export function subscribeVerdict(
  permissions: UserPermissions,
  subject: string,
  queue: string | null = null,
): PermissionVerdict {
  const { deny } = permissions.sub
  const allow = permissions.sub.allow ?? []
  const allowed = deciding(allow, subject, queue)
  const denied = deciding(deny, subject, queue)
  const verdict = verdictOf(allow.length > 0, allowed, denied)
  if (!verdict.allowed || !/(?:^|\.)[*>](?:\.|$)/u.test(subject)) return verdict
  return { ...verdict, heldBack: deny.filter((pattern) => isSubset(pattern, subject)) }
}

function verdictOf(
  listed: boolean,
  allowedBy: string | undefined,
  deniedBy: string | undefined,
): PermissionVerdict {
  const rest = { asAnswer: null, heldBack: [] }
  if (listed && allowedBy === undefined) {
    return { allowed: false, rule: 'not-listed', pattern: null, ...rest }
  }
  if (deniedBy !== undefined) return { allowed: false, rule: 'deny', pattern: deniedBy, ...rest }
  return listed
    ? { allowed: true, rule: 'allow', pattern: allowedBy ?? null, ...rest }
    : { allowed: true, rule: 'no-list', pattern: null, ...rest }
}

function answersOf(resp: { readonly max: number; readonly ttl: number }) {
  return {
    max: resp.max === 0 ? DEFAULT_ANSWERS : resp.max,
    seconds: resp.ttl === 0 ? DEFAULT_ANSWER_SECONDS : resp.ttl / NANOSECONDS,
  }
}

/** The entry of a list that holds a subject. */
function matching(patterns: readonly string[], subject: string): string | undefined {
  return patterns.find((pattern) => isMatch(subject, pattern))
}

/**
 * The entry that decides about a subscription. Entries without a queue decide about all; where the
 * subscription has a queue and entries with one fit its subject, those alone do.
 */
function deciding(
  patterns: readonly string[],
  subject: string,
  queue: string | null,
): string | undefined {
  const fitting = patterns
    .map((text) => {
      const [pattern = '', group] = text.trim().split(/\s+/u)
      return { text, pattern, group }
    })
    .filter(({ pattern }) => isMatch(subject, pattern))
  const withGroup = fitting.filter(({ group }) => group !== undefined)
  if (queue !== null && withGroup.length > 0) {
    return withGroup.find(({ group = '' }) => queue === group || isSubset(queue, group))?.text
  }
  return fitting.find(({ group }) => group === undefined)?.text
}

/** nats-server's sublist: `*` takes one token, `>` all that are left, at least one. */
function isMatch(subject: string, pattern: string): boolean {
  // What is no subject is not taken up into a list.
  if (subjectProblem(pattern) !== undefined && !isLiteralOddity(pattern)) return false
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  for (const [index, token] of wanted.entries()) {
    const given = tokens[index]
    if (given === undefined || given === '') return false
    if (token === '>') return true
    if (token !== '*' && token !== given) return false
  }
  return wanted.length === tokens.length
}

/** A wildcard within a token, such as `a*`, is a word like any other to the server. */
function isLiteralOddity(pattern: string): boolean {
  return subjectProblem(pattern.replaceAll(/(?<=[^.])[*>]|[*>](?=[^.])/gu, 'x')) === undefined
}

/** nats-server's `subjectIsSubsetMatch`: whether `subject`, wildcards and all, is within `pattern`. */
function isSubset(subject: string, pattern: string): boolean {
  const tokens = subject.split('.')
  const wanted = pattern.split('.')
  for (const [index, token] of wanted.entries()) {
    const given = tokens[index]
    if (given === undefined) return false
    if (token === '>') return true
    if (given === '>' || (given === '*' && token !== '*')) return false
    if (token !== '*' && token !== given) return false
  }
  return wanted.length === tokens.length
}
