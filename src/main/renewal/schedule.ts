/** A credential that takes its place in a schedule. */
export interface Scheduled {
  readonly tenant: string | null
  readonly expiresAt: Date
}

/**
 * The order of a renewal: tenant by tenant, so that what goes wrong goes wrong in one of them, beginning
 * with the tenant that has the most urgent credential; within a tenant the soonest to expire first.
 */
export function orderedByTenant<Item extends Scheduled>(items: readonly Item[]): Item[] {
  const tenants = [...Map.groupBy(items, ({ tenant }) => tenant).values()].map((group) =>
    group.toSorted(byExpiry),
  )
  return tenants
    .toSorted(([one], [other]) =>
      one === undefined || other === undefined ? 0 : byExpiry(one, other),
    )
    .flat()
}

function byExpiry(one: Scheduled, other: Scheduled): number {
  return one.expiresAt.getTime() - other.expiresAt.getTime()
}

export interface Spread {
  readonly startMs: number
  /** Over how long the beginnings are spread. */
  readonly spreadMs: number
  /** From 0 to 1, 1 not included. */
  readonly random: () => number
}

/**
 * When each of `count` may begin, in order, in epoch milliseconds: one in each of as many equal parts of
 * the time, at a random moment of it, so that devices that were installed together do not all reconnect
 * at once, nor in step with anything else.
 */
export function startTimes(count: number, { startMs, spreadMs, random }: Spread): number[] {
  const slotMs = spreadMs / Math.max(1, count)
  return Array.from({ length: count }, (_, index) =>
    Math.round(startMs + slotMs * (index + random())),
  )
}
