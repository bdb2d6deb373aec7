/** Longest subject that is accepted, in characters; a client's protocol line has 4,096. */
const MAX_SUBJECT_LENGTH = 1_024

const FORBIDDEN = /[\s\p{Cc}]/u

/** Why this is no subject that NATS takes (wildcards allowed), as a sentence; undefined where it is one. */
export function subjectProblem(subject: string): string | undefined {
  if (subject === '') return 'The subject is empty.'
  if (subject.length > MAX_SUBJECT_LENGTH) return 'The subject is longer than 1,024 characters.'
  if (FORBIDDEN.test(subject)) return 'The subject has a space or a control character.'
  const tokens = subject.split('.')
  if (tokens.includes(''))
    return 'The subject has an empty token: two dots in a row, or one at its end.'
  for (const [index, token] of tokens.entries()) {
    if (token === '*' || token === '>') {
      if (token === '>' && index < tokens.length - 1) return '“>” may only be the last token.'
    } else if (token.includes('*') || token.includes('>')) {
      return 'A wildcard has to be a token of its own: “a.*.b”, not “a*.b”.'
    }
  }
  return undefined
}

/** How many `*` a subject has. */
export function wildcardsIn(subject: string): number {
  return subject.split('.').filter((token) => token === '*').length
}

/** Whether every subject that `inner` matches is matched by `outer` too. */
export function isCovered(inner: string, outer: string): boolean {
  const wide = outer.split('.')
  const narrow = inner.split('.')
  for (const [index, token] of wide.entries()) {
    const other = narrow[index]
    if (other === undefined) return false
    if (token === '>') return true
    if (other === '>') return false
    if (token !== '*' && token !== other) return false
  }
  return wide.length === narrow.length
}

/** Whether some subject is matched by both. */
export function overlaps(one: string, other: string): boolean {
  const first = one.split('.')
  const second = other.split('.')
  const shorter = Math.min(first.length, second.length)
  for (let index = 0; index < shorter; index += 1) {
    const a = first[index]
    const b = second[index]
    if (a === '>' || b === '>') return true
    if (a !== '*' && b !== '*' && a !== b) return false
  }
  return first.length === second.length
}
