import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'

/** What a `where` clause of a broadcast may ask about. */
export interface WhereFacts {
  readonly identity: Readonly<JsonObject>
  readonly labels: Readonly<Record<string, unknown>>
  readonly status: Readonly<JsonObject>
  readonly bindings: Readonly<JsonObject>
}

const CONDITION =
  /^(identity|labels|status|bindings)((?:\.[A-Za-z_]\w*)+)\s*(==|!=|<=|>=|<|>)\s*(.+)$/u

/**
 * Whether a device is meant by the `where` clause of a broadcast. The field's clauses are CEL; this
 * device understands comparisons of one field with a literal, joined by `&&`, and does not feel
 * addressed by what it does not understand, as the reference does with an expression that fails.
 */
export function matchesWhere(clause: string, facts: WhereFacts): boolean {
  return clause.split('&&').every((condition) => matchesCondition(condition.trim(), facts))
}

function matchesCondition(condition: string, facts: WhereFacts): boolean {
  const [, root, path, operator, literal] = CONDITION.exec(condition) ?? []
  if (root === undefined || path === undefined || literal === undefined) return false
  const expected = parseLiteral(literal)
  if (expected === undefined) return false
  const actual = valueAt(facts[root as keyof WhereFacts], path.slice(1).split('.'))
  if (operator === '==') return equals(actual, expected)
  if (operator === '!=') return actual !== undefined && !equals(actual, expected)
  if (typeof actual !== 'number' || typeof expected !== 'number') return false
  if (operator === '<') return actual < expected
  if (operator === '<=') return actual <= expected
  return operator === '>' ? actual > expected : actual >= expected
}

/** A multi-valued label matches if any of its values does. */
function equals(actual: unknown, expected: unknown): boolean {
  return Array.isArray(actual) ? actual.includes(expected) : actual === expected
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    root,
  )
}

function parseLiteral(text: string): string | number | boolean | undefined {
  const quoted = /^(?:"([^"\\]*)"|'([^'\\]*)')$/u.exec(text)
  if (quoted !== null) return quoted[1] ?? quoted[2]
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : undefined
}
