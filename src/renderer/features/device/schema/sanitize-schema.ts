import { isSafePattern } from './safe-pattern.ts'

/** Deeper or larger schemas than these get no form; a form of that size would help nobody. */
const MAX_DEPTH = 24
const MAX_NODES = 3_000
const MAX_TEXT = 2_000
const MAX_CHOICES = 500

/** Keywords that a form has no use for, or that would reach out of the schema. */
const DROPPED: ReadonlySet<string> = new Set([
  '$id',
  'id',
  '$schema',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
  '$recursiveAnchor',
  'patternProperties',
  '__proto__',
])

/** Below these keywords the keys are names that the device chose, not keywords. */
const NAME_MAPS: ReadonlySet<string> = new Set([
  'properties',
  'definitions',
  '$defs',
  'dependentSchemas',
])

/** Below these stands plain data. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'examples', 'enum'])

type JsonObject = Record<string, unknown>

/**
 * A schema from a device, made fit to build a form from: without what could hang the window,
 * reach out of it, or draw without end. Null where it is too large or no schema at all.
 */
export function sanitizeSchema(schema: unknown): JsonObject | null {
  const budget = { nodes: MAX_NODES }
  const clean = cleanSchema(schema, 0, budget)
  if (!isObject(clean) || budget.nodes < 0) return null
  return clean
}

interface Budget {
  nodes: number
}

function cleanSchema(value: unknown, depth: number, budget: Budget): unknown {
  budget.nodes -= 1
  if (budget.nodes < 0) return null
  if (depth > MAX_DEPTH) {
    budget.nodes = -1
    return null
  }
  if (typeof value === 'string') return value.slice(0, MAX_TEXT)
  if (Array.isArray(value)) return value.map((item) => cleanSchema(item, depth + 1, budget))
  if (!isObject(value)) return value
  const clean: JsonObject = {}
  for (const [key, entry] of Object.entries(value)) {
    if (keeps(key, entry)) clean[key] = cleanKeyword(key, entry, depth, budget)
  }
  return clean
}

function keeps(key: string, entry: unknown): boolean {
  if (DROPPED.has(key)) return false
  if (key === 'pattern') return typeof entry === 'string' && isSafePattern(entry)
  // References stay within the schema; others would have to be fetched.
  if (key === '$ref') return typeof entry === 'string' && entry.startsWith('#')
  return true
}

function cleanKeyword(key: string, entry: unknown, depth: number, budget: Budget): unknown {
  if (key === 'enum' && Array.isArray(entry)) return entry.slice(0, MAX_CHOICES)
  if (DATA.has(key)) return entry
  if (NAME_MAPS.has(key) && isObject(entry)) {
    const clean: JsonObject = {}
    for (const [name, schema] of Object.entries(entry)) {
      if (name !== '__proto__') clean[name] = cleanSchema(schema, depth + 1, budget)
    }
    return clean
  }
  return cleanSchema(entry, depth + 1, budget)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a schema asks for no parameters at all. */
export function takesNothing(schema: JsonObject): boolean {
  const { properties, additionalProperties, anyOf, oneOf, allOf, $ref } = schema
  const hasParts = [anyOf, oneOf, allOf, $ref].some((part) => part !== undefined)
  const isEmpty = !isObject(properties) || Object.keys(properties).length === 0
  return isEmpty && !hasParts && !isObject(additionalProperties)
}
