const GLOB_CHARACTERS = /[*?[]/u

/** Whether a pattern is more than the text that it stands for. */
export function isGlob(pattern: string): boolean {
  return GLOB_CHARACTERS.test(pattern)
}

/** One place of a pattern: any run of characters, or a test for one. */
type Token = '*' | ((character: string) => boolean)

/**
 * Matches as fnmatch does, which access lists and selectors are written for: `*`, `?`, `[seq]` and
 * `[!seq]`, anchored, case-sensitive; an unclosed `[` is itself. Steps back to the last star only,
 * so that no pattern takes longer than its length times that of the text: patterns come from
 * whoever may ask, and a regular expression of many stars takes years.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (!isGlob(pattern)) return (text) => text === pattern
  const tokens = tokensOf(Array.from(pattern))
  return (text) => matches(tokens, Array.from(text))
}

function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0
  let at = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    const wanted = tokens[token]
    if (wanted === '*') {
      star = token
      resume = at
      token += 1
    } else if (wanted?.(text[at] ?? '') === true) {
      token += 1
      at += 1
    } else if (star >= 0) {
      resume += 1
      at = resume
      token = star + 1
    } else {
      return false
    }
  }
  while (tokens[token] === '*') token += 1
  return token === tokens.length
}

function tokensOf(pattern: readonly string[]): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ''
    const closing = character === '[' ? closingOf(pattern, at) : -1
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*')
    } else if (character === '?') tokens.push(() => true)
    else if (closing < 0) tokens.push((given) => given === character)
    else {
      tokens.push(setOf(pattern.slice(at + 1, closing)))
      at = closing
    }
  }
  return tokens
}

/** Where the set that opens here closes: a `]` right behind `[` or `[!` is a member of it. */
function closingOf(pattern: readonly string[], open: number): number {
  const first = open + (pattern[open + 1] === '!' ? 2 : 1)
  return pattern.indexOf(']', first + 1)
}

function setOf(content: readonly string[]): (character: string) => boolean {
  const negated = content[0] === '!'
  const members = negated ? content.slice(1) : content
  const ranges: [number, number][] = []
  for (let at = 0; at < members.length; at += 1) {
    const low = pointOf(members[at])
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    ranges.push([low, isRange ? pointOf(members[at + 2]) : low])
    if (isRange) at += 2
  }
  return (character) => {
    const point = pointOf(character)
    // A range that runs backwards holds nothing.
    return ranges.some(([low, high]) => low <= point && point <= high) !== negated
  }
}

function pointOf(character: string | undefined): number {
  return character?.codePointAt(0) ?? -1
}
