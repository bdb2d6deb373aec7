const MAX_LENGTH = 200

// A quantified group that holds a quantifier or a choice: `(a+)+`, `(a|a)*`. Matching one of those
// can take longer than anybody lives.
const QUANTIFIED_GROUP = /\([^()]*[*+{|][^()]*\)\s*[*+{]/u
// A group within a quantified group; not looked into further, since few need it.
const NESTED_QUANTIFIED = /\([^()]*\([^]*\)[^()]*\)\s*[*+{]/u
const BACK_REFERENCE = /\\[1-9]|\\k</u

/**
 * Whether a pattern that a device sent may be matched here. Errs on the side of no: the device
 * checks what it gets anyway, but a pattern that backtracks for ever would hang this window.
 */
export function isSafePattern(pattern: string): boolean {
  if (pattern.length > MAX_LENGTH || BACK_REFERENCE.test(pattern)) return false
  if (QUANTIFIED_GROUP.test(pattern) || NESTED_QUANTIFIED.test(pattern)) return false
  // Two or more open-ended repetitions in a row already cost the square of the length.
  if ((pattern.match(/[*+]|\{\d+,\}/gu) ?? []).length > 3) return false
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}
