import { ConflictError, RejectedError } from '#shared/errors.ts'
import {
  isCovered,
  overlaps,
  subjectProblem,
  wildcardsIn,
} from '#shared/protocol/subject-patterns.ts'
import type { AccountClaims, CrossingType, Export, Import } from './account-claims.ts'
import { keyOf } from './tenant-wiring.ts'

/** Subjects that the server and its clients use among themselves: nobody offers, maps or takes them. */
const RESERVED = ['$SYS.>', '$JS.>', '$KV.>', '$O.>', '$SRV.>', '_INBOX.>', '_R_.>', '_GR_.>']

/** Claims of an account by its public key; undefined where it is not one of ours. */
export type ClaimsOf = (account: string) => AccountClaims | undefined

/**
 * Checks an export before an account gets it.
 * @throws RejectedError `SUBJECT_INVALID`, `SUBJECT_RESERVED`; ConflictError `EXPORT_OVERLAPS`.
 */
export function requireExport(claims: AccountClaims, added: Export): void {
  requireOwnSubject(added.subject)
  // nats-server refuses the whole account where two exports of a type have a subject in common.
  const other = claims.exports?.find(
    ({ type, subject }) => type === added.type && overlaps(subject, added.subject),
  )
  if (other === undefined) return
  throw new ConflictError({
    code: 'EXPORT_OVERLAPS',
    message: isCovered(added.subject, other.subject)
      ? `The account offers ${added.subject} already: it is part of its ${other.type} ${other.subject}.`
      : `The account offers the ${other.type} ${other.subject} already, which has subjects in common with ${added.subject}; the server would refuse the account.`,
    advice: 'Use the export that is there, or remove it first.',
    details: { subject: added.subject, existing: other.subject },
  })
}

/**
 * Checks an import as the server would, since it drops one that it does not like without a word.
 * @param account public key of the account that takes it
 * @throws RejectedError `SUBJECT_INVALID`, `SUBJECT_RESERVED`, `IMPORT_FROM_ITSELF`,
 *   `IMPORT_NOT_EXPORTED`, `IMPORT_NEEDS_TOKEN`, `IMPORT_CYCLE`, `LOCAL_SUBJECT`; ConflictError `IMPORT_OVERLAPS`.
 */
export function requireImport(account: string, added: Import, claimsOf: ClaimsOf): void {
  const claims = claimsOf(account)
  requireOwnSubject(added.subject)
  requireLocalSubject(added)
  if (added.account === account) {
    throw rejected(
      'IMPORT_FROM_ITSELF',
      'Both tenants live in the same account, so nothing has to cross a border between them.',
      'Permissions decide what each of them sees of the other: see Roles.',
    )
  }
  requireOffered(added, claimsOf(added.account))
  const taken = claims?.imports?.find((other) => clashes(other, added))
  if (taken !== undefined) {
    throw new ConflictError({
      code: 'IMPORT_OVERLAPS',
      message: `The account takes ${localSubjectOf(taken)} from elsewhere already, which has subjects in common with ${localSubjectOf(added)}.`,
      advice: 'Choose another subject to meet it under, or remove the other import first.',
      details: { subject: localSubjectOf(taken) },
    })
  }
  const withIt = (key: string) => {
    const of = claimsOf(key)
    return of !== undefined && key === account
      ? { ...of, imports: [...(of.imports ?? []), added] }
      : of
  }
  if (formsCycle(added, [account], withIt)) {
    throw rejected(
      'IMPORT_CYCLE',
      `What would come in as ${localSubjectOf(added)} goes back to where it comes from; the server drops such an import without a word.`,
      'Import a narrower subject, or meet it under another one.',
    )
  }
}

/** The subject under which an import is met in its account, with `*` for its wildcards. */
export function localSubjectOf({ subject, local_subject: local }: Import): string {
  if (local === undefined || local === '') return subject
  return local
    .split('.')
    .map((token) => (/^\$\d+$/u.test(token) ? '*' : token))
    .join('.')
}

/** Whether an import is answered by this export. */
export function isImportOf(taken: Import, account: string, offered: Export): boolean {
  return (
    taken.account === account &&
    taken.type === offered.type &&
    isCovered(taken.subject, offered.subject)
  )
}

/**
 * Checks a subject that an account may offer, take or map.
 * @throws RejectedError `SUBJECT_INVALID`, `SUBJECT_RESERVED`.
 */
export function requireOwnSubject(subject: string): void {
  const problem = subjectProblem(subject)
  if (problem !== undefined) {
    throw rejected(
      'SUBJECT_INVALID',
      problem,
      'Correct the subject: tokens with dots between them, such as device-connect.acme.*.event.>.',
    )
  }
  const reserved = RESERVED.find((pattern) => overlaps(pattern, subject))
  if (reserved === undefined) return
  throw rejected(
    'SUBJECT_RESERVED',
    `${subject} has subjects in common with ${reserved}, which NATS uses itself; clients would lose their answers, or hear those of others.`,
    'Use a subject below the root of the tenant.',
  )
}

function requireOffered(added: Import, from: AccountClaims | undefined): void {
  const offered = from?.exports?.find(
    ({ type, subject }) => type === added.type && isCovered(added.subject, subject),
  )
  if (offered === undefined) {
    throw rejected(
      'IMPORT_NOT_EXPORTED',
      `The other account does not offer the ${typeWord(added.type)} ${added.subject}.`,
      'Add it to the exports there first.',
    )
  }
  if (offered.token_req !== true) return
  throw rejected(
    'IMPORT_NEEDS_TOKEN',
    `The other account offers ${offered.subject} only to holders of an activation token, which Muster does not issue.`,
    'Make that export public: only this operator can write an import into an account anyway.',
  )
}

function requireLocalSubject({ subject, local_subject: local }: Import): void {
  if (local === undefined) return
  const wildcards = wildcardsIn(subject)
  const tokens = local.split('.')
  const references = tokens.flatMap((token) => /^\$(\d+)$/u.exec(token)?.[1] ?? [])
  const problem =
    subjectProblem(
      localSubjectOf({ subject, local_subject: local, name: '', account: '', type: 'stream' }),
    ) ??
    (local.endsWith('>') === subject.endsWith('>')
      ? undefined
      : 'Either both subjects end in “>”, or neither does.') ??
    (references.some((number) => Number(number) < 1 || Number(number) > wildcards)
      ? `The subject has ${wildcards} wildcards; a higher number names none of them.`
      : undefined) ??
    (references.length + wildcardsIn(local) === wildcards &&
    new Set(references).size === references.length
      ? undefined
      : 'Each wildcard of the subject has to come up once, as $1, $2 and so on.')
  if (problem === undefined)
    return requireOwnSubject(
      localSubjectOf({ subject, local_subject: local, name: '', account: '', type: 'stream' }),
    )
  throw rejected('LOCAL_SUBJECT', problem, 'Correct the subject under which it is met here.')
}

/** Services may not share a subject; streams may, but not the very same one twice. */
function clashes(other: Import, added: Import): boolean {
  if (other.type !== added.type) return false
  return added.type === 'service'
    ? overlaps(localSubjectOf(other), localSubjectOf(added))
    : keyOf(other) === keyOf(added)
}

/** nats-server's own walk (accounts.go, checkStreamImportsForCycles): follows where a subject comes from. */
function formsCycle(taken: Import, visited: readonly string[], claimsOf: ClaimsOf): boolean {
  if (visited.includes(taken.account)) return true
  const path = [...visited, taken.account]
  return (claimsOf(taken.account)?.imports ?? []).some(
    (next) =>
      next.type === taken.type &&
      overlaps(localSubjectOf(next), taken.subject) &&
      formsCycle(next, path, claimsOf),
  )
}

function typeWord(type: CrossingType): string {
  return type === 'service' ? 'service' : 'stream'
}

function rejected(code: string, message: string, advice: string): RejectedError {
  return new RejectedError({ code, message, advice })
}
