import type { OutputUnit } from '@cfworker/json-schema'

/** Complaints that only say that something below them has one. */
const CONTAINERS: ReadonlySet<string> = new Set([
  '$ref',
  'allOf',
  'else',
  'if',
  'items',
  'prefixItems',
  'properties',
  'then',
])

export function tellsNothingNew(unit: OutputUnit): boolean {
  return CONTAINERS.has(unit.keyword)
}

/** Where in the data the complaint belongs: a missing property stands at its own field. */
export function placeOf(unit: OutputUnit): string[] {
  const path = unit.instanceLocation
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
  const missing = unit.keyword === 'required' ? quoted(unit.error) : null
  return missing === null ? path : [...path, missing]
}

/** A complaint in plain words. */
export function messageFor(unit: OutputUnit): string {
  const words = WORDS[unit.keyword]
  if (words === undefined) return unit.error
  return typeof words === 'string' ? words : words(unit.error)
}

type Words = string | ((error: string) => string)

const lastNumber = (error: string): string => error.match(/-?\d+(?:\.\d+)?(?=\.?$)/u)?.[0] ?? '?'

const WORDS: Readonly<Record<string, Words>> = {
  required: 'Required.',
  type: (error) => {
    const expected = /Expected "([^"]+)"/u.exec(error)?.[1]
    return expected === undefined ? 'This has another type.' : `Must be of type ${expected}.`
  },
  enum: 'Choose one of the values.',
  const: 'Must be the one value that is allowed.',
  pattern: 'This has not the form that the device asks for.',
  format: (error) => {
    const format = quoted(error.slice(error.lastIndexOf('format')))
    return format === null ? 'This has another format.' : `Must be a valid ${format}.`
  },
  minimum: (error) => `Must be at least ${lastNumber(error)}.`,
  maximum: (error) => `Must be at most ${lastNumber(error)}.`,
  exclusiveMinimum: (error) => `Must be more than ${lastNumber(error)}.`,
  exclusiveMaximum: (error) => `Must be less than ${lastNumber(error)}.`,
  multipleOf: (error) => `Must be a multiple of ${lastNumber(error)}.`,
  minLength: (error) => `Too short (${counts(error)}).`,
  maxLength: (error) => `Too long (${counts(error)}).`,
  minItems: (error) => `Too few (${counts(error)}).`,
  maxItems: (error) => `Too many (${counts(error)}).`,
  uniqueItems: 'The same stands here twice.',
}

// "… is too short (2 < 3)." holds what is and what is allowed.
function counts(error: string): string {
  return /\(([^)]*)\)/u.exec(error)?.[1] ?? ''
}

function quoted(error: string): string | null {
  return /"([^"]*)"/u.exec(error)?.[1] ?? null
}
