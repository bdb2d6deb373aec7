import { isJsonObject, type JsonObject } from './json-rpc.ts'

export interface JsonLimits {
  /** What lies deeper becomes `…`: serialisers recurse, and a device could nest until they break. */
  readonly maxDepth: number
  /** Values that are kept, of all kinds and levels; the rest is left out. */
  readonly maxValues: number
  /** Changes each text: cut, cleaned. Keys are left as they are, but for length. */
  readonly text?: (text: string) => string
}

const MAX_KEY_LENGTH = 256
const LEFT_OUT = '…'

/** A copy of parsed JSON that is safe to hand on, whatever a device put into it. */
export function limitJson(value: unknown, limits: JsonLimits): unknown {
  const left = { values: limits.maxValues }
  return copy(value, limits, left, 0)
}

/** `limitJson` of an object; empty where it is none. */
export function limitJsonObject(value: unknown, limits: JsonLimits): JsonObject {
  const limited = isJsonObject(value) ? limitJson(value, limits) : undefined
  return isJsonObject(limited) ? limited : {}
}

function copy(
  value: unknown,
  limits: JsonLimits,
  left: { values: number },
  depth: number,
): unknown {
  left.values -= 1
  if (typeof value === 'string') return limits.text?.(value) ?? value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return value ?? null
  if (depth >= limits.maxDepth) return LEFT_OUT
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value) {
      if (left.values <= 0) break
      items.push(copy(item, limits, left, depth + 1))
    }
    return items
  }
  const object: JsonObject = {}
  for (const [key, item] of Object.entries(value)) {
    if (left.values <= 0) break
    // As a key it would set the prototype of whatever copies this object later.
    if (key === '__proto__' || key.length > MAX_KEY_LENGTH) continue
    object[key] = copy(item, limits, left, depth + 1)
  }
  return object
}
