import type { FleetDevice } from '#shared/contract/fleet.ts'
import type { Tenant } from '#shared/contract/tenants.ts'

/** A tenant as the table shows it. */
export interface TenantRow extends Tenant {
  readonly online: number
  readonly devices: number
}

export type TenantColumnId =
  | 'name'
  | 'state'
  | 'isolation'
  | 'online'
  | 'credentials'
  | 'limits'
  | 'readyAt'
  | 'changedAt'

export interface TenantOrder {
  readonly by: TenantColumnId
  readonly descending: boolean
}

// Trouble first: that is what somebody orders by state for.
const STATE_ORDER: Readonly<Record<Tenant['state'], number>> = {
  error: 0,
  clearing: 1,
  pending: 2,
  ready: 3,
}

/** Tenants with how many of their devices there are and are online. */
export function rowsOf(
  tenants: readonly Tenant[],
  devices: readonly FleetDevice[],
): readonly TenantRow[] {
  const counts = new Map<string, { online: number; devices: number }>()
  for (const { tenant, state } of devices) {
    const count = counts.get(tenant) ?? { online: 0, devices: 0 }
    count.devices += 1
    if (state === 'online') count.online += 1
    counts.set(tenant, count)
  }
  return tenants.map((tenant) => ({
    ...tenant,
    ...(counts.get(tenant.name) ?? { online: 0, devices: 0 }),
  }))
}

/** Those that fit what was typed, in order. */
export function orderedRows(
  rows: readonly TenantRow[],
  search: string,
  { by, descending }: TenantOrder,
): readonly TenantRow[] {
  const wanted = search.trim().toLowerCase()
  const direction = descending ? -1 : 1
  return rows
    .filter(
      ({ name, account }) =>
        wanted === '' || name.toLowerCase().includes(wanted) || account?.toLowerCase() === wanted,
    )
    .toSorted((one, other) => {
      const order = compare(keyOf(one, by), keyOf(other, by), direction)
      return order === 0 ? one.name.localeCompare(other.name) : order
    })
}

function keyOf(row: TenantRow, by: TenantColumnId): string | number | null {
  if (by === 'state') return STATE_ORDER[row.state]
  if (by === 'name') return row.name.toLowerCase()
  if (by === 'limits') return row.limits?.connections ?? null
  return row[by]
}

/** What has no value stands last, whichever way the rest goes. */
function compare(one: string | number | null, other: string | number | null, direction: number) {
  if (one === other) return 0
  if (one === null) return 1
  if (other === null) return -1
  return one < other ? -direction : direction
}
