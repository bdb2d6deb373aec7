import { RejectedError } from '../errors.ts'
import { globMatcher } from './glob.ts'

/** What a selector addresses, in the words of the reference's tools. */
export type SelectorScope =
  | 'device_only'
  | 'device_function'
  | 'device_event'
  | 'function_only'
  | 'event_only'

export type LabelValue = string | readonly string[]

/** The value of a label by its key; undefined where there is none. */
export type LabelReader = (key: string) => LabelValue | undefined

/** What stands between the parentheses of one scope. */
export interface SelectorFilter {
  /** Undefined where any id or name fits. */
  readonly fitsName: ((name: string) => boolean) | undefined
  /** All of them have to fit. */
  readonly keys: readonly KeyFilter[]
}

export interface KeyFilter {
  readonly key: string
  /** Whether one of the wanted values fits one of these. */
  readonly fits: (value: LabelValue | undefined) => boolean
}

/** A parsed selector; a filter that is undefined lets everything through. */
export interface Selector {
  readonly scope: SelectorScope
  readonly device: SelectorFilter | undefined
  readonly function: SelectorFilter | undefined
  readonly event: SelectorFilter | undefined
}

/** Longer ones are refused: each character is work for each device. */
const MAX_LENGTH = 4096

type ScopeName = 'device' | 'function' | 'event'

const ALL: SelectorFilter = { fitsName: undefined, keys: [] }
const KEY = /^[A-Za-z0-9_.-]+$/u
const SPACE = /\s/u

/** Whether a filter lets an entity with this name and these labels through. */
export function fitsFilter(
  filter: SelectorFilter | undefined,
  name: string,
  labels: LabelReader,
): boolean {
  if (filter === undefined) return true
  return (filter.fitsName?.(name) ?? true) && fitsKeys(filter, labels)
}

/** Whether a filter lets entities with these labels through, whatever their name. */
export function fitsKeys(filter: SelectorFilter | undefined, labels: LabelReader): boolean {
  return filter === undefined || filter.keys.every(({ key, fits }) => fits(labels(key)))
}

/**
 * Parses a selector (protocol.md, "Selectors").
 * @throws RejectedError `SELECTOR_MALFORMED`: its message names the position and draws a caret
 *   under it; `details.position` counts from 0.
 */
export function parseSelector(text: string): Selector {
  return new SelectorParser(text).parse()
}

interface Part {
  readonly text: string
  /** Where it begins in the selector. */
  readonly at: number
}

class SelectorParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Selector {
    if (this.#text.length > MAX_LENGTH) {
      throw this.#problem(`The selector is longer than ${MAX_LENGTH} characters`, MAX_LENGTH)
    }
    if (this.#text.trim() === '') throw this.#problem('The selector is empty', 0)
    const first = this.#scope()
    this.#skipSpace()
    if (this.#isAtEnd()) return selectorOf(first)
    if (this.#text[this.#at] !== '.') {
      throw this.#problem('Only .function(…) or .event(…) can stand here', this.#at)
    }
    this.#at += 1
    const secondAt = this.#at
    const second = this.#scope()
    this.#skipSpace()
    if (!this.#isAtEnd()) throw this.#problem('Nothing can stand behind this', this.#at)
    if (first.name !== 'device') {
      throw this.#problem('Where two follow each other, the first has to be device(…)', 0)
    }
    if (second.name === 'device') {
      throw this.#problem('Only function(…) or event(…) can follow device(…)', secondAt)
    }
    return selectorOf(first, second)
  }

  #scope(): { name: ScopeName; filter: SelectorFilter } {
    this.#skipSpace()
    const nameAt = this.#at
    while (!this.#isAtEnd() && !/[(\s]/u.test(this.#text[this.#at] ?? '')) this.#at += 1
    const name = this.#text.slice(nameAt, this.#at)
    if (name !== 'device' && name !== 'function' && name !== 'event') {
      throw this.#problem('A selector begins with device(…), function(…) or event(…)', nameAt)
    }
    this.#skipSpace()
    if (this.#text[this.#at] !== '(') throw this.#problem(`“(” has to follow ${name}`, this.#at)
    const openAt = this.#at
    const closeAt = this.#closing(openAt)
    this.#at = closeAt + 1
    return {
      name,
      filter: this.#filter({ text: this.#text.slice(openAt + 1, closeAt), at: openAt + 1 }),
    }
  }

  /** The parenthesis that closes this one; those in a value list do not count. */
  #closing(openAt: number): number {
    let depth = 0
    let bracketAt = openAt
    for (let at = openAt + 1; at < this.#text.length; at += 1) {
      const character = this.#text[at]
      if (character === ')' && depth === 0) return at
      if (character === '[') {
        depth += 1
        bracketAt = at
      }
      if (character !== ']') continue
      if (depth === 0) throw this.#problem('No “[” belongs to this “]”', at)
      depth -= 1
    }
    if (depth > 0) throw this.#problem('This “[” is not closed', bracketAt)
    throw this.#problem('This “(” is not closed', openAt)
  }

  #filter(body: Part): SelectorFilter {
    const content = body.text.trim()
    if (content === '' || content === '*') return ALL
    let fitsName: SelectorFilter['fitsName']
    const keys: KeyFilter[] = []
    for (const term of this.#terms(body)) {
      if (term.text === '') throw this.#problem('Something is missing beside the comma', term.at)
      const colon = outsideBrackets(term.text, ':')
      if (colon >= 0) keys.push(this.#keyFilter(term, colon))
      else if (term.text !== '*') {
        if (fitsName !== undefined) throw this.#problem('A second id or name stands here', term.at)
        fitsName = globMatcher(term.text)
      }
    }
    return { fitsName, keys }
  }

  /** What stands between commas, those in brackets aside. */
  #terms(body: Part): Part[] {
    const terms: Part[] = []
    let rest = body
    for (;;) {
      const comma = outsideBrackets(rest.text, ',')
      terms.push(trimmed(comma < 0 ? rest : { ...rest, text: rest.text.slice(0, comma) }))
      if (comma < 0) return terms
      rest = { text: rest.text.slice(comma + 1), at: rest.at + comma + 1 }
    }
  }

  #keyFilter(term: Part, colon: number): KeyFilter {
    const key = term.text.slice(0, colon).trim()
    if (!KEY.test(key)) {
      throw this.#problem('A key is made of letters, digits, “_”, “-” and “.”', term.at)
    }
    const value = trimmed({ text: term.text.slice(colon + 1), at: term.at + colon + 1 })
    const fitting = this.#values(value).map(globMatcher)
    const fitsOne = (given: string) => fitting.some((fits) => fits(given))
    return {
      key,
      fits: (given) =>
        given !== undefined && (typeof given === 'string' ? fitsOne(given) : given.some(fitsOne)),
    }
  }

  #values({ text, at }: Part): string[] {
    if (text === '') throw this.#problem('A value is missing behind the “:”', at)
    if (!text.startsWith('[')) {
      if (/[[\]]/u.test(text)) throw this.#problem('A bracket can not stand in a value', at)
      return [text]
    }
    if (!text.endsWith(']')) throw this.#problem('Nothing can stand behind the list', at)
    const inner = text.slice(1, -1)
    if (/[[\]]/u.test(inner)) throw this.#problem('A list can not stand in a list', at)
    const values = inner.split(',').map((value) => value.trim())
    if (values.includes('')) throw this.#problem('A value of the list is empty', at)
    return values
  }

  #skipSpace(): void {
    while (SPACE.test(this.#text[this.#at] ?? '')) this.#at += 1
  }

  #isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  #problem(what: string, position: number): RejectedError {
    // The caret stands under characters, of which some are two units.
    const before = Array.from(this.#text.slice(0, position), (character) =>
      SPACE.test(character) ? character : ' ',
    )
    const shown = this.#text.slice(0, MAX_LENGTH)
    return new RejectedError({
      code: 'SELECTOR_MALFORMED',
      message: `${what} (at position ${position})\n  ${shown}\n  ${before.join('')}^`,
      advice: 'Correct it there; device(category:camera,location:hall*) is one that is right.',
      details: { position },
    })
  }
}

function selectorOf(
  first: { readonly name: ScopeName; readonly filter: SelectorFilter },
  second?: { readonly name: ScopeName; readonly filter: SelectorFilter },
): Selector {
  const filterOf = (name: ScopeName) =>
    [first, second].find((scope) => scope?.name === name)?.filter
  const scope: SelectorScope =
    second === undefined
      ? `${first.name}_only`
      : second.name === 'function'
        ? 'device_function'
        : 'device_event'
  return {
    scope,
    device: filterOf('device'),
    function: filterOf('function'),
    event: filterOf('event'),
  }
}

/** Where a character stands first that is not within brackets; -1 where it does not. */
function outsideBrackets(text: string, wanted: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === wanted && depth === 0) return at
    if (character === '[') depth += 1
    if (character === ']') depth -= 1
  }
  return -1
}

function trimmed({ text, at }: Part): Part {
  return { text: text.trim(), at: at + (text.length - text.trimStart().length) }
}
