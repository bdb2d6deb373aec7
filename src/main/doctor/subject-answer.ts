import type {
  EffectivePermissions,
  SubjectAnswer,
  SubjectQuestion,
} from '#shared/contract/doctor.ts'
import { RejectedError } from '#shared/errors.ts'
import { subjectProblem } from '#shared/protocol/subject-patterns.ts'
import { publishVerdict, subscribeVerdict, type PermissionVerdict } from './permission-matcher.ts'

/**
 * Whether the permissions let a subject through, and why, in words.
 * @throws RejectedError `SUBJECT_INVALID`.
 */
export function answerSubject(
  permissions: EffectivePermissions,
  question: Omit<SubjectQuestion, 'id'>,
): SubjectAnswer {
  const { operation, queue } = question
  const subject = question.subject.trim()
  requireSubject(subject, operation)
  const group = queue === null || queue.trim() === '' ? null : queue.trim()
  const verdict =
    operation === 'publish'
      ? publishVerdict(permissions, subject)
      : subscribeVerdict(permissions, subject, group)
  return { allowed: verdict.allowed, text: textOf(verdict), pattern: verdict.pattern }
}

function textOf(verdict: PermissionVerdict): string {
  const { rule, pattern, asAnswer, heldBack } = verdict
  const answer =
    asAnswer === null
      ? ''
      : ` As an answer to a request it goes through all the same: ${count(asAnswer.max)} within ${asAnswer.seconds} s, on the reply subject of that request.`
  if (rule === 'no-list') return `Nothing limits this.${heldBackText(heldBack)}`
  if (rule === 'allow') return `Allowed by “${pattern}”.${heldBackText(heldBack)}`
  if (rule === 'deny') return `Denied by “${pattern}”.${answer}`
  return `It is in no list of what is allowed.${answer}`
}

function count(max: number): string {
  if (max < 0) return 'any number of messages'
  return max === 1 ? 'one message' : `${max} messages`
}

function heldBackText(patterns: readonly string[]): string {
  if (patterns.length === 0) return ''
  return ` Messages to ${patterns.map((pattern) => `“${pattern}”`).join(', ')} are held back from it.`
}

function requireSubject(subject: string, operation: SubjectQuestion['operation']): void {
  const problem =
    subjectProblem(subject) ??
    (operation === 'publish' && /(?:^|\.)[*>](?:\.|$)/u.test(subject)
      ? 'One publishes to a subject without wildcards.'
      : undefined)
  if (problem === undefined) return
  throw new RejectedError({
    code: 'SUBJECT_INVALID',
    message: `That is no subject to ${operation === 'publish' ? 'publish' : 'subscribe'} to. ${problem}`,
    advice: 'Type it as the device uses it, for example device-connect.north.pump-1.cmd.',
  })
}
