import { RejectedError } from '#shared/errors.ts'
import { subjectProblem, wildcardsIn } from '#shared/protocol/subject-patterns.ts'
import type { MappingDestination } from './account-claims.ts'
import { requireOwnSubject } from './account-crossings.ts'

const FULL_WEIGHT = 100
const MAX_DESTINATIONS = 16

/** `$2`, `{{wildcard(2)}}`; the server knows more, which an import of another tool's accounts keeps. */
const REFERENCE = /^(?:\$(\d+)|\{\{\s*wildcard\(\s*(\d+)\s*\)\s*\}\})$/iu

/**
 * Checks a mapping before an account gets it: nats-server keeps one that it can't carry out in the
 * account and leaves messages where they were.
 * @throws RejectedError `SUBJECT_INVALID`, `SUBJECT_RESERVED`, `MAPPING_INVALID`.
 */
export function requireMapping(subject: string, destinations: readonly MappingDestination[]): void {
  requireOwnSubject(subject)
  if (destinations.length === 0) throw invalid('A mapping needs at least one destination.')
  if (destinations.length > MAX_DESTINATIONS) {
    throw invalid(`A mapping has at most ${MAX_DESTINATIONS} destinations.`)
  }
  for (const destination of destinations) requireDestination(subject, destination)
  const total = destinations.reduce((sum, { weight }) => sum + (weight ?? FULL_WEIGHT), 0)
  if (total > FULL_WEIGHT) {
    throw invalid(
      `The destinations get ${total} % of the messages together; 100 % is all there are.`,
    )
  }
}

function requireDestination(subject: string, { subject: to, weight }: MappingDestination): void {
  if (weight !== undefined && (!Number.isInteger(weight) || weight < 1 || weight > FULL_WEIGHT)) {
    throw invalid('The share of a destination is a whole number from 1 to 100 percent.')
  }
  const tokens = to.split('.')
  const references = tokens.flatMap((token) => {
    const match = REFERENCE.exec(token)
    return match === null ? [] : Number(match[1] ?? match[2])
  })
  const plain = tokens.map((token) => (REFERENCE.test(token) ? 'x' : token)).join('.')
  const problem = subjectProblem(plain)
  if (problem !== undefined) throw invalid(`${to}: ${problem}`)
  if (plain.includes('{{')) throw invalid(`${to}: Muster writes $1 and {{wildcard(1)}} only.`)
  requireOwnSubject(plain)
  if (wildcardsIn(plain) > 0) {
    throw invalid(
      `${to}: a destination names wildcards of the source as $1, $2 and so on, not as “*”.`,
    )
  }
  if (plain.endsWith('>') !== subject.endsWith('>')) {
    throw invalid(`${to}: either both subjects end in “>”, or neither does.`)
  }
  const wildcards = wildcardsIn(subject)
  const used = new Set(references)
  const all = Array.from({ length: wildcards }, (_none, index) => index + 1)
  if (references.some((number) => number < 1 || number > wildcards)) {
    throw invalid(
      `${to}: the source has ${wildcards} wildcards; a higher number names none of them.`,
    )
  }
  if (!all.every((number) => used.has(number))) {
    throw invalid(`${to}: each wildcard of the source has to come up, as $1, $2 and so on.`)
  }
}

function invalid(message: string): RejectedError {
  return new RejectedError({
    code: 'MAPPING_INVALID',
    message,
    advice: 'Correct the mapping; nothing was changed.',
  })
}
