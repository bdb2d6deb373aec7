import type { KeyHolder } from '#shared/contract/keys.ts'

/** An operator or account as the table shows it. */
export interface HolderRow extends KeyHolder {
  /** When the key that signs now was made; null where none is held. */
  readonly since: string | null
  readonly roles: number
  readonly credentials: number
}

export type HolderColumnId = 'name' | 'kind' | 'identity' | 'since' | 'roles' | 'credentials'

export interface HolderOrder {
  readonly by: HolderColumnId
  readonly descending: boolean
}

const KIND_ORDER: Readonly<Record<KeyHolder['kind'], number>> = {
  operator: 0,
  system: 1,
  registry: 2,
  shared: 3,
  tenant: 4,
}
// Trouble first: that is what somebody orders by it for.
const IDENTITY_ORDER: Readonly<Record<KeyHolder['identity'], number>> = {
  missing: 0,
  here: 1,
  offline: 2,
}

export function rowsOf(holders: readonly KeyHolder[]): readonly HolderRow[] {
  return holders.map((holder) => ({
    ...holder,
    since: holder.signingKeys.find(({ role, inUse }) => role === null && inUse)?.createdAt ?? null,
    roles: holder.signingKeys.filter(({ role, inUse }) => role !== null && inUse).length,
    credentials: holder.signingKeys.reduce((sum, key) => sum + key.credentials, 0),
  }))
}

/** Those that fit what was typed, in order. */
export function orderedRows(
  rows: readonly HolderRow[],
  search: string,
  { by, descending }: HolderOrder,
): readonly HolderRow[] {
  const wanted = search.trim().toLowerCase()
  const direction = descending ? -1 : 1
  const fits = ({ name, tenants, publicKey, signingKeys }: HolderRow) =>
    [name, ...tenants].some((text) => text.toLowerCase().includes(wanted)) ||
    [publicKey, ...signingKeys.map((key) => key.publicKey)].some(
      (key) => key.toLowerCase() === wanted,
    )
  return rows.filter(fits).toSorted((one, other) => {
    const order = compare(valueOf(one, by), valueOf(other, by)) * direction
    return order === 0 ? one.name.localeCompare(other.name) : order
  })
}

function valueOf(row: HolderRow, by: HolderColumnId): string | number {
  if (by === 'kind') return KIND_ORDER[row.kind]
  if (by === 'identity') return IDENTITY_ORDER[row.identity]
  if (by === 'since') return row.since ?? ''
  return row[by]
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'string' && typeof other === 'string') return one.localeCompare(other)
  return Number(one) - Number(other)
}
