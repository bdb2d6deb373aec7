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

interface CompiledList {
  readonly visibleTo: readonly RegExp[]
  readonly refused: readonly RegExp[]
}

/** Longer requester ids are nobody's; it keeps patterns with many stars cheap. */
const MAX_REQUESTER_LENGTH = 256

/** Undefined where there are no lists, so that nobody pays for them. */
export function visibilityOf(lists: readonly AccessList[]): Visibility | undefined {
  if (lists.length === 0) return undefined
  const compiled = new Map<string, CompiledList>()
  for (const list of lists) {
    compiled.set(`${list.tenant}.${list.device_id}`, {
      visibleTo: (list.visible_to ?? ['*']).map(globToRegExp),
      refused: [...(list.global_deny_list ?? []), ...(list.hidden_from ?? [])].map(globToRegExp),
    })
  }
  return (requesterId, tenant, deviceId) => {
    const list = compiled.get(`${tenant}.${deviceId}`)
    if (list === undefined) return true
    if (requesterId.length > MAX_REQUESTER_LENGTH) return false
    const matches = (pattern: RegExp) => pattern.test(requesterId)
    return !list.refused.some(matches) && list.visibleTo.some(matches)
  }
}

/** fnmatch: `*`, `?`, `[seq]` and `[!seq]`, anchored, case-sensitive. An unclosed `[` is itself. */
export function globToRegExp(glob: string): RegExp {
  let source = ''
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at] ?? ''
    // A `]` right behind `[` or `[!` is a member of the set, hence the search starts behind it.
    const closing = character === '[' ? glob.indexOf(']', at + (glob[at + 1] === '!' ? 3 : 2)) : -1
    if (character === '*') source += '.*'
    else if (character === '?') source += '.'
    else if (closing > 0) {
      source += setSource(glob.slice(at + 1, closing))
      at = closing
    } else source += escaped(character)
  }
  try {
    return new RegExp(`^(?:${source})$`, 's')
  } catch {
    // A range that runs backwards, as in `[z-a]`, holds nothing.
    return NOTHING
  }
}

const NOTHING = /(?!)/

function setSource(members: string): string {
  const negated = members.startsWith('!')
  const set = (negated ? members.slice(1) : members).replaceAll(/[\\^[\]]/gu, String.raw`\$&`)
  return `[${negated ? '^' : ''}${set}]`
}

function escaped(character: string): string {
  return character.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`)
}
