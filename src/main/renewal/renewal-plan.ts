import type { NoMeshReason, RenewalPlan, RenewalSelection } from '#shared/contract/renewal.ts'
import { MusterError } from '#shared/errors.ts'
import type { RenewalDelivery } from './delivery.ts'
import type { ExpiryStore, InForce } from './expiry-store.ts'

/** Most that one renewal takes. */
const MAX_SELECTION = 10_000
/** Records that are asked for at once. */
const LOOKUPS_AT_ONCE = 16
const EXAMPLES = 5

/** A chosen credential, and what keeps it from being renewed over the mesh. */
export interface Candidate extends InForce {
  readonly noMesh: NoMeshReason | undefined
}

/** The credentials of a selection, those under way included; the soonest to expire first. */
export function selectionOf(store: ExpiryStore, selection: RenewalSelection, now: Date): InForce[] {
  if ('ids' in selection) return store.withIds([...new Set(selection.ids)])
  return store.page(selection.filter, now, { offset: 0, limit: MAX_SELECTION }).rows
}

/** Finds out which of them can be renewed over the mesh. */
export async function candidatesOf(
  rows: readonly InForce[],
  mesh: RenewalDelivery,
  now: Date,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  for (let index = 0; index < rows.length; index += LOOKUPS_AT_ONCE) {
    const batch = rows.slice(index, index + LOOKUPS_AT_ONCE)
    candidates.push(
      ...(await Promise.all(
        batch.map(async (row) => ({ ...row, noMesh: await hindrance(row, mesh, now, signal) })),
      )),
    )
  }
  return candidates
}

/** A selection in numbers, for the person to decide on. */
export function planOf(candidates: readonly Candidate[], underWay: number): RenewalPlan {
  const others = Map.groupBy(
    candidates.filter(({ noMesh }) => noMesh !== undefined),
    ({ noMesh }) => noMesh as NoMeshReason,
  )
  const tenants = new Set(candidates.flatMap(({ tenant }) => tenant ?? []))
  return {
    total: candidates.length + underWay,
    overMesh: candidates.filter(({ noMesh }) => noMesh === undefined).length,
    others: [...others].map(([reason, group]) => ({
      reason,
      count: group.length,
      examples: group.slice(0, EXAMPLES).map(({ deviceId, name }) => deviceId ?? name),
    })),
    underWay,
    tenants: [...tenants].toSorted(),
  }
}

async function hindrance(
  row: InForce,
  mesh: RenewalDelivery,
  now: Date,
  signal: AbortSignal,
): Promise<NoMeshReason | undefined> {
  if (row.tenant === null || row.deviceId === null) return 'no-device'
  try {
    await mesh.check(row, signal)
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof MusterError && error.code === 'RENEWAL_NOT_OFFERED') return 'no-function'
    return row.expiresAt <= now ? 'expired' : 'offline'
  }
}
