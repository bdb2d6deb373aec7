import { isJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'

const NOT_STATUS = new Set(['device_id', 'ts'])

/**
 * Merges a heartbeat into a status: every field but `device_id` and `ts` (protocol.md,
 * "Heartbeat").
 * @returns the new status, or undefined where the heartbeat changes nothing
 */
export function mergeStatus(statusText: string, beat: JsonObject): JsonObject | undefined {
  const parsed: unknown = JSON.parse(statusText)
  const status = isJsonObject(parsed) ? parsed : {}
  const changes = Object.entries(beat).filter(
    ([name, value]) => !NOT_STATUS.has(name) && !sameMember(status, name, value),
  )
  // Spread and fromEntries define members; assignment would run the setter of `__proto__`.
  return changes.length === 0 ? undefined : { ...status, ...Object.fromEntries(changes) }
}

function sameMember(status: JsonObject, name: string, value: unknown): boolean {
  if (!Object.hasOwn(status, name)) return false
  const present = status[name]
  if (typeof value !== 'object' || value === null) return present === value
  return JSON.stringify(present) === JSON.stringify(value)
}
