import { useQuery } from '@tanstack/react-query'
import type { DeviceAddress, SelectorMatch } from '#shared/contract/fleet.ts'
import type { Problem } from '#shared/contract/common.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { fleetKey } from '../../../lib/live/fleet-state.ts'
import { problemOf } from '../../../lib/problem.ts'

/** Devices move and change their labels without a word to this list. */
const REFRESH_MS = 5000

/** What a search that is a selector comes to. */
export interface Selection {
  /** Keys of the devices that it addresses; undefined until they came. */
  readonly keys: ReadonlySet<string> | undefined
  readonly truncated: boolean
  readonly problem: Problem | undefined
}

const BEGINS_A_SELECTOR = /^\s*(?:device|function|event)\s*\(/u

/** Whether a search is meant as a selector. */
export function isSelector(search: string): boolean {
  return BEGINS_A_SELECTOR.test(search)
}

/** The devices that a selector addresses; undefined where the search is none. */
export function useSelection(search: string, tenant: string | null): Selection | undefined {
  const { queries } = useApi()
  const enabled = isSelector(search)
  const query = useQuery(
    queries.fleet.select.queryOptions({
      input: { selector: search.trim(), tenant },
      enabled,
      retry: false,
      refetchInterval: ({ state }) => (state.error === null ? REFRESH_MS : false),
      placeholderData: theLastOnes,
      select: keysOf,
    }),
  )
  if (!enabled) return undefined
  return {
    keys: query.isError ? undefined : query.data?.keys,
    truncated: query.data?.truncated ?? false,
    problem: query.isError ? problemOf(query.error) : undefined,
  }
}

/**
 * While one types on, the last devices stay. Not an arrow in the hook: with another function each time the
 * query would select anew, find another set, and render again without end.
 */
function theLastOnes(before: SelectorMatch | undefined): SelectorMatch | undefined {
  return before
}

function keysOf({ devices, truncated }: SelectorMatch) {
  return { keys: new Set(devices.map((address: DeviceAddress) => fleetKey(address))), truncated }
}
