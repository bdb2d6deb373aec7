import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { placedTemplate, type PermissionTemplate } from '#shared/protocol/permission-template.ts'
import { OWN_QUEUE } from '#shared/protocol/queue.ts'
import { customRole, roleClaim, type CustomRole, type Role } from '#shared/protocol/roles.ts'
import type { StorePermissions } from './store-claims.ts'

const NANOSECONDS = 1_000_000_000
const MAX_ANSWERS = 1_000_000
const MAX_ANSWER_SECONDS = 86_400
/** What a template may have in each list. */
const MAX_SUBJECTS = 100
const INBOX = '_INBOX.>'

/**
 * The permissions of a scoped signing key as a role's template: its subject root and tenant become places, so that
 * the same role in several tenants is one. Undefined where it is too long to be one.
 */
export function templateOf(
  { pub, sub, resp }: StorePermissions,
  place: { readonly dialect: DialectName; readonly tenant: string | null },
): PermissionTemplate | undefined {
  const { subjectRoot } = dialectOf(place.dialect)
  const general = (subject: string) => {
    const [root, tenant, ...rest] = subject.split('.')
    // Those of the command queue name the tenant within a token.
    if (root !== subjectRoot) return OWN_QUEUE.find((own) => isPlaced(own, subject)) ?? subject
    const named = tenant === place.tenant ? '{tenant}' : tenant
    return ['{root}', ...(named === undefined ? [] : [named]), ...rest].join('.')
  }
  const isPlaced = (own: string, subject: string) =>
    place.tenant !== null && own.replaceAll('{tenant}', place.tenant) === subject
  // To NATS an empty list allows everything, and so does this; a template names at least one subject.
  const everything = (rules: StorePermissions['pub']) =>
    rules.allow.length === 0 ? ['>'] : rules.allow.map(general)
  const sharesInbox = pub.allow.includes(INBOX) && sub.allow.includes(INBOX)
  const withoutInbox = (list: string[]) =>
    sharesInbox ? list.filter((subject) => subject !== INBOX) : list
  const lists = [pub.allow, pub.deny, sub.allow, sub.deny]
  if (lists.some(({ length }) => length > MAX_SUBJECTS)) return undefined
  return {
    pub: { allow: withoutInbox(everything(pub)), deny: pub.deny.map(general) },
    sub: { allow: withoutInbox(everything(sub)), deny: sub.deny.map(general) },
    answers: resp === undefined ? null : answersOf(resp),
    inbox: sharesInbox ? 'shared' : 'private',
  }
}

/** nats-server reads what is not positive as no limit; a template has one, if a generous one. */
function answersOf({ max, ttl }: { max: number; ttl: number }): PermissionTemplate['answers'] {
  const seconds = Math.ceil(ttl / NANOSECONDS)
  return {
    max: max > 0 ? Math.min(max, MAX_ANSWERS) : MAX_ANSWERS,
    seconds: seconds > 0 ? Math.min(seconds, MAX_ANSWER_SECONDS) : MAX_ANSWER_SECONDS,
  }
}

/** The role of ours whose template comes to the same, the one of the same name first. */
export function sameRole(
  template: PermissionTemplate,
  name: string,
  templates: (role: Role) => PermissionTemplate,
  known: readonly Role[],
): Role | undefined {
  const alike = known.filter((role) => roleClaim(role) === name)
  return [...alike, ...known].find((role) => isSame(templates(role), template))
}

/**
 * A name for a role that came with a store: as there, numbered where one of that name says something else.
 * @param key public key of the signing key, whose beginning names it where the store does not
 */
export function importedName(name: string, key: string, taken: ReadonlySet<string>): CustomRole {
  const base = customRole(name) ?? customRole(`role ${key.slice(0, 8)}`) ?? 'custom:role'
  for (let number = 1; ; number += 1) {
    const numbered: CustomRole = number === 1 ? base : `${base}-${number}`
    if (!taken.has(numbered)) return numbered
  }
}

function isSame(one: PermissionTemplate, other: PermissionTemplate): boolean {
  const place = { root: 'root', tenant: 'tenant' }
  const text = (template: PermissionTemplate) => {
    const { pub, sub, answers } = placedTemplate(template, place)
    const lists = [pub.allow, pub.deny, sub.allow, sub.deny].map((list) => list.toSorted())
    return JSON.stringify([lists, answers])
  }
  return text(one) === text(other)
}
