import type { RowRange } from './selector-reply.ts'

/** What `discovery/listDevices` asks for. */
export interface ListQuery {
  /** Lower case substring of `identity.device_type`; empty for all. */
  readonly deviceType: string
  /** Lower case substring of `status.location`; empty for all. */
  readonly location: string
  readonly requesterId: string
  readonly offset: number
  /** Undefined asks for the whole fleet in one reply. */
  readonly limit: number | undefined
}

/**
 * Reads the params of `discovery/listDevices` (protocol.md, "Discovery RPC"). Integers written as
 * text are taken, as the reference registry does.
 */
export function readListQuery(
  params: Readonly<Record<string, unknown>>,
  maxLimit: number,
): { readonly query: ListQuery } | { readonly complaint: string } {
  const offset = integerOf(params['offset'] ?? 0)
  if (offset === undefined) return { complaint: 'offset must be an integer' }
  if (offset < 0) return { complaint: 'offset must be non-negative' }
  const asked = params['limit'] ?? undefined
  const limit = asked === undefined ? undefined : integerOf(asked)
  if (asked !== undefined && limit === undefined) return { complaint: 'limit must be an integer' }
  if (limit !== undefined && limit <= 0) return { complaint: 'limit must be positive' }
  return {
    query: {
      deviceType: filterOf(params['device_type']),
      location: filterOf(params['location']),
      requesterId: requesterOf(params),
      offset,
      limit: limit === undefined ? undefined : Math.min(limit, maxLimit),
    },
  }
}

/** Reads `offset` and `limit` of `discovery/discover`, which takes what is out of range as usual. */
export function readRange(
  params: Readonly<Record<string, unknown>>,
): RowRange | { readonly complaint: string } {
  const offset = integerOf(params['offset'] ?? 0)
  const limit = integerOf(params['limit'] ?? 0)
  if (offset === undefined) return { complaint: 'offset must be an integer' }
  if (limit === undefined) return { complaint: 'limit must be an integer' }
  return { offset: Math.max(0, offset), limit: Math.max(0, limit) }
}

/** Who asks, by its own account; empty where it does not say. */
export function requesterOf(params: Readonly<Record<string, unknown>>): string {
  const requester = params['requester_id']
  return typeof requester === 'string' ? requester : ''
}

function integerOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\s*[+-]?[0-9]{1,15}\s*$/.test(value)) return Number(value)
  return Number.isSafeInteger(value) ? Number(value) : undefined
}

function filterOf(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}
