import { isJsonObject } from '#shared/protocol/json-rpc.ts'

const NUMBER = /^\s*[+-]?\d{1,15}(?:\.\d{0,15})?(?:e[+-]?\d{1,2})?\s*$/iu
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word) => [word, false] as const),
])

/**
 * Registration params with numbers and truths for those that a device sent as text, in the fields
 * where the reference registry takes (and keeps) them so: `device_ttl` and, in `status`,
 * `busy_score`, `battery` and `online`. Text that is neither is left for the check to refuse.
 */
export function readTextValues(params: unknown): unknown {
  if (!isJsonObject(params)) return params
  const { status } = params
  const read = { ...params }
  replace(read, 'device_ttl', numberOf)
  if (isJsonObject(status)) {
    const readStatus = { ...status }
    replace(readStatus, 'busy_score', numberOf)
    replace(readStatus, 'battery', numberOf)
    replace(readStatus, 'online', truthOf)
    read['status'] = readStatus
  }
  return read
}

function replace(
  object: Record<string, unknown>,
  field: string,
  read: (text: string) => unknown,
): void {
  const value = object[field]
  if (typeof value === 'string') object[field] = read(value)
}

function numberOf(text: string): unknown {
  return NUMBER.test(text) ? Number(text) : text
}

function truthOf(text: string): unknown {
  return TRUTHS.get(text.toLowerCase()) ?? text
}
