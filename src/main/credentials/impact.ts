import type {
  ConnectedNow,
  CutOffDevice,
  RevocationImpact,
  ServerConnection,
} from '#shared/contract/credentials.ts'
import type { DeviceAddress, DeviceRecord } from '#shared/contract/fleet.ts'
import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { PlannedRevocation, RevocationPlan } from '../authority/revocation-order.ts'
import { REVOCATION_ENTRIES_MAX } from '../authority/revocation-list.ts'
import type { CredentialStore, HeldKeys } from './credential-store.ts'
import { isOrdered } from './evidence.ts'
import type { ServerView } from './server-view.ts'

/** Devices that are shown with what they offer; each takes a look into the registry. */
const DEVICES_SHOWN = 50
const RECORD_TIMEOUT_MS = 2_000
const CONNECTIONS_SHOWN = 200

export interface ImpactParts {
  readonly store: CredentialStore
  readonly view: ServerView
  readonly now: () => Date
  /** The registry's record of a device; null where it has none. */
  record(address: DeviceAddress, signal: AbortSignal): Promise<DeviceRecord | null>
  accountName(account: string): string
  tenantsOf(account: string): readonly string[]
  /** Entries of the account's revocation list now. */
  entries(account: string): number
}

/** What revoking takes down, as far as can be seen now. Changes nothing. */
export async function impactOf(
  parts: ImpactParts,
  plan: RevocationPlan,
  confirm: string,
  signal: AbortSignal,
): Promise<RevocationImpact> {
  const sizes = plan.revocations.map((planned) => sizeOf(parts.store, planned, parts.now()))
  const { connected, problem } = await lookAt(parts, plan, signal)
  const held = plan.revocations.flatMap((planned) => devicesOf(parts.store, planned))
  const { devices, deviceCount } = await describe(parts, held, connected, signal)
  const own = new Set(
    plan.revocations.flatMap(({ order }) => [...parts.store.ownKeys(order.account)]),
  )
  return {
    credentials: sum(sizes.map(({ credentials }) => credentials)),
    keys: sum(sizes.map(({ keys }) => keys)),
    endedBefore: plan.endedBefore.length,
    expired: sum(sizes.map(({ expired }) => expired)),
    sameKey: plan.sameKey,
    accounts: plan.revocations.map(({ order }) => ({
      account: order.account,
      name: parts.accountName(order.account),
      tenants: [...parts.tenantsOf(order.account)],
      entries:
        parts.entries(order.account) +
        Object.keys(order.keys).length +
        (order.upTo === null ? 0 : 1),
      entryLimit: REVOCATION_ENTRIES_MAX,
    })),
    ownConnections:
      connected?.connections.filter(({ publicKey }) => own.has(publicKey)).length ?? 0,
    connected,
    connectedProblem: problem,
    deviceCount,
    devices,
    confirm,
  }
}

function sizeOf(store: CredentialStore, { order, entries }: PlannedRevocation, now: Date) {
  if (order.upTo !== null) return store.accountCounts(order.account, new Date(order.upTo * 1000))
  return {
    credentials: entries.length,
    keys: Object.keys(order.keys).length,
    expired: entries.filter(({ expiresAt }) => expiresAt <= now).length,
  }
}

/** The connections of all accounts together. */
async function lookAt(parts: ImpactParts, { revocations }: RevocationPlan, signal: AbortSignal) {
  try {
    const looks = await Promise.all(
      revocations.map(({ order }) =>
        parts.view.connections(
          order.account,
          (publicKey, issuedAt) => isOrdered(order, publicKey, issuedAt),
          signal,
        ),
      ),
    )
    const connected: ConnectedNow = {
      servers: Math.max(0, ...looks.map(({ servers }) => servers)),
      seenAt: parts.now().toISOString(),
      total: sum(looks.map(({ total }) => total)),
      connections: looks.flatMap(({ connections }) => connections).slice(0, CONNECTIONS_SHOWN),
    }
    return { connected, problem: null }
  } catch (error) {
    signal.throwIfAborted()
    // A revocation must be possible blind; the person is told that it would be.
    return { connected: null, problem: problemOf(toMusterError(error)) }
  }
}

function devicesOf(store: CredentialStore, { order, entries }: PlannedRevocation): HeldKeys[] {
  if (order.upTo !== null) return store.accountDevices(order.account, new Date(order.upTo * 1000))
  const devices = new Map<string, HeldKeys & { publicKeys: string[] }>()
  for (const { tenant, deviceId, publicKey } of entries) {
    if (tenant === null || deviceId === null) continue
    const key = `${tenant} ${deviceId}`
    const device = devices.get(key) ?? { tenant, deviceId, publicKeys: [] }
    device.publicKeys.push(publicKey)
    devices.set(key, device)
  }
  return [...devices.values()]
}

async function describe(
  parts: ImpactParts,
  held: readonly HeldKeys[],
  connected: ConnectedNow | null,
  signal: AbortSignal,
): Promise<{ devices: CutOffDevice[]; deviceCount: number }> {
  const byKey = Map.groupBy(connected?.connections ?? [], ({ publicKey }) => publicKey)
  const counted = held.map((device) => ({ device, connections: connectionsOf(device, byKey) }))
  counted.sort((one, other) => other.connections - one.connections)
  const devices = await Promise.all(
    counted.slice(0, DEVICES_SHOWN).map(async ({ device, connections }) => {
      const { tenant, deviceId } = device
      const record = await recordOf(parts, { tenant, deviceId }, signal)
      return {
        tenant,
        deviceId,
        connections,
        functions: record?.functions.map(({ name }) => name) ?? null,
        events: record?.events.map(({ name }) => name) ?? [],
      }
    }),
  )
  return { devices, deviceCount: held.length }
}

function connectionsOf(
  { publicKeys }: HeldKeys,
  byKey: ReadonlyMap<string, readonly ServerConnection[]>,
): number {
  return sum([...new Set(publicKeys)].map((key) => byKey.get(key)?.length ?? 0))
}

async function recordOf(
  parts: ImpactParts,
  address: DeviceAddress,
  signal: AbortSignal,
): Promise<DeviceRecord | null> {
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(RECORD_TIMEOUT_MS)])
    return await parts.record(address, deadline)
  } catch {
    signal.throwIfAborted()
    return null
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
