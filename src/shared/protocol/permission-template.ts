import { OWN_QUEUE } from './queue.ts'
import { subjectProblem } from './subject-patterns.ts'

/** Subjects that a user may use; an empty `allow` allows everything that is not denied. */
export interface SubjectRules {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/**
 * Permissions of a role before it is known whose. `{root}` and `{tenant}` are filled in when a key or
 * credential is made; `{{name()}}` and `{{subject()}}`, the user's name and public key, by the server at each login
 * where a scoped key signed, and when the credential is made where a plain key signs.
 */
export interface PermissionTemplate {
  readonly pub: SubjectRules
  readonly sub: SubjectRules
  /** Leave to answer requests on their reply subject: how many messages, for how long; null for none. */
  readonly answers: { readonly max: number; readonly seconds: number } | null
  /** Where the user hears answers to its own requests. */
  readonly inbox: 'shared' | 'private'
}

/** What `{root}` and `{tenant}` stand for; no tenant for the role of the registry. */
export interface TemplatePlaces {
  readonly root: string
  readonly tenant: string | null
}

/** A user as far as a template asks. */
export interface TemplateUser {
  /** `name` of its JWT; in the role `device-own` the device id. */
  readonly name: string
  readonly publicKey: string
  /** Of the account (A…). */
  readonly account?: string
  readonly tags?: readonly string[]
}

/** Prefix of private inboxes under a scoped key: nats-server 2.9 fills in whole tokens only. */
const SCOPED_PRIVATE_INBOX = '_INBOX_PRIVATE'
const SHARED_INBOX = '_INBOX'

/** Prefix of reply subjects of a user whose permissions come from its scoped key. */
export function scopedInboxPrefix(publicKey: string, inbox: PermissionTemplate['inbox']): string {
  return inbox === 'private' ? `${SCOPED_PRIVATE_INBOX}.${publicKey}` : SHARED_INBOX
}

/** The template with `{root}`, `{tenant}` and the inbox written out: what a scoped key carries. */
export function placedTemplate(
  template: PermissionTemplate,
  places: TemplatePlaces,
  inboxPrefix = scopedInboxPrefix('{{subject()}}', template.inbox),
): Pick<PermissionTemplate, 'pub' | 'sub' | 'answers'> {
  const fill = (subjects: readonly string[]) =>
    subjects.map((subject) =>
      subject.replaceAll('{root}', places.root).replaceAll('{tenant}', places.tenant ?? '{tenant}'),
    )
  const inbox = `${inboxPrefix}.>`
  // Whoever hears its answers on a private prefix has no business writing into `_INBOX.>`.
  const shared = inboxPrefix === SHARED_INBOX ? [inbox] : []
  const { pub, sub, answers } = template
  return {
    pub: { allow: withoutDuplicates([...fill(pub.allow), ...shared]), deny: fill(pub.deny) },
    sub: { allow: withoutDuplicates([...fill(sub.allow), inbox]), deny: fill(sub.deny) },
    answers,
  }
}

/**
 * What nats-server makes of one subject of a scoped key for a user, as of 2.9: only a macro that is a whole token counts; a
 * tag with several values gives several subjects, one without a value or an unknown macro none.
 */
export function expandSubject(subject: string, user: TemplateUser): string[] {
  if (!subject.includes('{{')) return [subject]
  let results: string[][] = [[]]
  for (const token of subject.split('.')) {
    const values = macroValues(token, user)
    results = results.flatMap((begun) => values.map((value) => [...begun, value]))
  }
  return results.map((tokens) => tokens.join('.'))
}

/** What a user may say and hear in the end. */
export function expandedRules(rules: SubjectRules, user: TemplateUser): SubjectRules {
  const expand = (subjects: readonly string[]) =>
    subjects.flatMap((subject) => expandSubject(subject, user))
  return { allow: expand(rules.allow), deny: expand(rules.deny) }
}

/** Whether a user's name becomes part of its subjects, and so has to be a token without wildcards. */
export function usesName({ pub, sub }: Pick<PermissionTemplate, 'pub' | 'sub'>): boolean {
  return [pub.allow, pub.deny, sub.allow, sub.deny].some((subjects) =>
    subjects.some((subject) => subject.split('.').some((token) => macroOf(token) === 'name()')),
  )
}

function macroOf(token: string): string | undefined {
  return token.startsWith('{{') && token.endsWith('}}')
    ? token.slice(2, -2).toLowerCase()
    : undefined
}

function macroValues(token: string, user: TemplateUser): readonly string[] {
  const macro = macroOf(token)
  if (macro === undefined) return [token]
  if (macro === 'name()') return [user.name]
  if (macro === 'subject()') return [user.publicKey]
  if (macro === 'account-subject()') return user.account === undefined ? [] : [user.account]
  const tag = /^tag\((.*)\)$/u.exec(macro)?.[1]
  if (tag === undefined) return []
  return (user.tags ?? []).flatMap((text) =>
    text.startsWith(`${tag}:`) ? text.slice(tag.length + 1) : [],
  )
}

function withoutDuplicates(subjects: readonly string[]): string[] {
  return [...new Set(subjects)]
}

/** Something about a template that the person has to know. */
export interface TemplateProblem {
  /** `refused`: it can't be saved so; `warning`: it can, once the person has read it. */
  readonly level: 'refused' | 'warning'
  readonly list: 'pub.allow' | 'pub.deny' | 'sub.allow' | 'sub.deny' | 'answers'
  readonly subject: string
  readonly text: string
}

const SAMPLE_ROOT = 'the-root'
const SAMPLE_TENANT = 'the-tenant'
const SAMPLE_USER = 'the-user'
const MACROS = new Set(['name()', 'subject()'])

/**
 * What is wrong or dangerous about a template: subjects that NATS does not take, the server's own, other tenants',
 * everybody's replies.
 * @param spansTenants for the role of the registry, which serves all tenants
 * @param root the deployment's subject root, so that a subject that spells it out is seen through
 */
export function templateProblems(
  template: PermissionTemplate,
  { spansTenants, root }: { readonly spansTenants: boolean; readonly root: string },
): TemplateProblem[] {
  const { pub, sub, answers } = template
  const problems: TemplateProblem[] = []
  const lists = [
    ['pub.allow', pub.allow],
    ['pub.deny', pub.deny],
    ['sub.allow', sub.allow],
    ['sub.deny', sub.deny],
  ] as const
  for (const [list, subjects] of lists) {
    for (const subject of subjects) {
      const found = problemOfSubject(subject, list, spansTenants, root)
      if (found !== undefined) problems.push({ list, subject, ...found })
    }
  }
  // The inbox is always among what it may hear, so only publishing can be left without a list.
  if (pub.allow.length === 0 && template.inbox === 'private') {
    const text =
      'To NATS an empty list means that everything is allowed. Name at least one subject.'
    problems.push({ level: 'refused', list: 'pub.allow', subject: '', text })
  }
  if (answers !== null && (answers.max < 1 || answers.seconds < 1)) {
    const text =
      'Answers need a count and a time of at least one; without limit a user could write to any reply subject it ever saw.'
    problems.push({ level: 'refused', list: 'answers', subject: '', text })
  }
  return problems
}

type Finding = Pick<TemplateProblem, 'level' | 'text'>

function problemOfSubject(
  subject: string,
  list: TemplateProblem['list'],
  spansTenants: boolean,
  root: string,
): Finding | undefined {
  if (OWN_QUEUE.includes(subject)) return undefined
  const refused = (text: string): Finding => ({ level: 'refused', text })
  const tokens = subject.split('.').map((token) => {
    const macro = macroOf(token)
    if (macro !== undefined && MACROS.has(macro)) return SAMPLE_USER
    if (token === '{root}' || token === root) return SAMPLE_ROOT
    return token === '{tenant}' ? SAMPLE_TENANT : token
  })
  const open = tokens.find((token) => /[{}]/u.test(token))
  if (open !== undefined) {
    return refused(
      `“${open}” is nothing that gets filled in. There are {root}, {tenant}, {{name()}} and {{subject()}}, each as a token of its own.`,
    )
  }
  const malformed = subjectProblem(tokens.join('.'))
  if (malformed !== undefined) return refused(malformed)
  if (list.endsWith('deny')) return undefined
  return reachOf(tokens, list, spansTenants)
}

function reachOf(
  tokens: readonly string[],
  list: TemplateProblem['list'],
  spansTenants: boolean,
): Finding | undefined {
  const [first = '', second = '>'] = tokens
  const refused = (text: string): Finding => ({ level: 'refused', text })
  if (first === '>' || first === '*') {
    return refused(
      'This reaches everything in the account: other tenants, all replies, the server’s own subjects.',
    )
  }
  if (first === '$SYS') return refused('This reaches the server’s own subjects.')
  if (first === '_R_') return refused('This reaches the answers that cross between accounts.')
  if (first === SAMPLE_ROOT && second !== SAMPLE_TENANT && !spansTenants) {
    return refused('This reaches the subjects of other tenants. After {root} comes {tenant}.')
  }
  if (first === '_INBOX' && list === 'sub.allow') {
    return warning(
      'Whoever has this hears the answers that everybody else in the account gets on the shared inbox.',
    )
  }
  if (first === '_INBOX') {
    return warning(
      'Whoever has this can write into the answers that others of the account wait for.',
    )
  }
  if (first.startsWith('_INBOX_')) return refused('This reaches private inboxes.')
  if (list === 'sub.allow' && tokens.length > 1 && tokens.at(-1) === '*') {
    return warning(
      'nats-server compares patterns word by word: whoever may hear “a.*” may subscribe to “a.>” too, and then hears everything below.',
    )
  }
  if (first === '$JS' || first === '$KV' || first === '$O') {
    return warning(
      'This reaches JetStream: streams and stores of the whole account, not only the user’s own.',
    )
  }
  return undefined
}

function warning(text: string): Finding {
  return { level: 'warning', text }
}
