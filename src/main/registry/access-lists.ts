import { globMatcher } from '#shared/protocol/glob.ts'

/**
 * Who may see a device in discovery (protocol.md, "Access lists"): patterns of requester ids.
 * Refusals win. A device without a list is visible to everybody.
 */
export interface AccessList {
  readonly tenant: string
  readonly device_id: string
  /** Everybody where left out. */
  readonly visible_to?: readonly string[] | undefined
  readonly hidden_from?: readonly string[] | undefined
  readonly global_deny_list?: readonly string[] | undefined
}

/** Whether the requester may see the device; the requester is what the caller says it is. */
export type Visibility = (requesterId: string, tenant: string, deviceId: string) => boolean

type Matcher = (requesterId: string) => boolean

interface CompiledList {
  readonly visibleTo: readonly Matcher[]
  readonly refused: readonly Matcher[]
}

/** Longer requester ids are nobody's; it keeps patterns with many stars cheap. */
const MAX_REQUESTER_LENGTH = 256

/** Undefined where there are no lists, so that nobody pays for them. */
export function visibilityOf(lists: readonly AccessList[]): Visibility | undefined {
  if (lists.length === 0) return undefined
  const compiled = new Map<string, CompiledList>()
  for (const list of lists) {
    compiled.set(`${list.tenant}.${list.device_id}`, {
      visibleTo: (list.visible_to ?? ['*']).map(globMatcher),
      refused: [...(list.global_deny_list ?? []), ...(list.hidden_from ?? [])].map(globMatcher),
    })
  }
  return (requesterId, tenant, deviceId) => {
    const list = compiled.get(`${tenant}.${deviceId}`)
    if (list === undefined) return true
    if (requesterId.length > MAX_REQUESTER_LENGTH) return false
    const matches = (fits: Matcher) => fits(requesterId)
    return !list.refused.some(matches) && list.visibleTo.some(matches)
  }
}
