import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'

/**
 * Merges a heartbeat into a status: every field but `device_id` and `ts` (protocol.md,
 * "Heartbeat").
 * @returns the new status, or undefined where the heartbeat changes nothing
 */
export function mergeStatus(statusText: string, beat: JsonObject): JsonObject | undefined {
  const parsed: unknown = JSON.parse(statusText)
  const status = isJsonObject(parsed) ? parsed : {}
  let changed = false
  for (const name of Object.keys(beat)) {
    if (name === 'device_id' || name === 'ts' || sameMember(status, name, beat[name])) continue
    changed = true
    // Assignment would run its setter.
    if (name === '__proto__') Object.defineProperty(status, name, ownMember(beat[name]))
    else status[name] = beat[name]
  }
  return changed ? status : undefined
}

function ownMember(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: true, configurable: true }
}

function sameMember(status: JsonObject, name: string, value: unknown): boolean {
  if (!Object.hasOwn(status, name)) return false
  const present = status[name]
  if (typeof value !== 'object' || value === null) return present === value
  return JSON.stringify(present) === JSON.stringify(value)
}
