import { randomUUID } from 'node:crypto'
import type { MeshReach } from '#shared/contract/mesh.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { Step } from '../steps/run-steps.ts'
import type { MeshAuthority, MeshTenants } from './collaborators.ts'
import type { LocalMesh } from './local-mesh.ts'
import type { LocalMeshSettings, MeshStore } from './mesh-store.ts'
import { findNatsServer, type BinarySearch } from './nats-server-binary.ts'
import { bindAddressOf, requireAddress, type Interfaces } from './network-addresses.ts'
import {
  addressNotAvailable,
  choosePorts,
  USUAL_CLIENT_PORT,
  USUAL_WEBSOCKET_PORT,
  type MeshPorts,
} from './ports.ts'

export interface LocalOrder {
  readonly dialect: DialectName
  readonly tenant: string
  readonly reach: MeshReach
}

/** What the steps of a first local mesh share, and what they need of the service. */
export interface LocalCreation {
  readonly order: LocalOrder
  readonly store: MeshStore
  readonly authority: MeshAuthority
  readonly tenants: MeshTenants
  readonly search: BinarySearch
  readonly interfaces: Interfaces
  /** Makes the mesh the one in use, before it runs. */
  adopt(settings: LocalMeshSettings, ports: MeshPorts): Promise<LocalMesh>
  /** Takes that back. */
  abandon(): Promise<void>
  /** Waits until Muster's own connection stands and the accounts are as they should be. */
  connected(signal: AbortSignal): Promise<void>
  confirmTenant(tenant: string, signal: AbortSignal): Promise<void>
  settings?: LocalMeshSettings
  ports?: MeshPorts
  mesh?: LocalMesh
}

/**
 * From nothing to a mesh with a tenant that one can log into. What can fail comes before what stays:
 * the operator, once created, is not taken back, since its keys may have been used.
 */
export const LOCAL_CREATION: readonly Step<LocalCreation>[] = [
  {
    name: 'find-server',
    run: async ({ search }, signal) => void (await findNatsServer(search, signal)),
  },
  {
    name: 'choose-ports',
    run: async (context) => {
      const { reach, dialect, tenant } = context.order
      context.ports = await portsFor(reach, context.store, context.interfaces)
      context.settings = { id: randomUUID(), dialect, tenant, reach }
    },
  },
  {
    name: 'create-operator',
    run: async ({ authority, order }) => void (await authority.setUp({ dialect: order.dialect })),
  },
  {
    name: 'start-server',
    run: async (context, signal) => {
      const { settings, ports } = context
      if (settings === undefined || ports === undefined) return
      context.mesh = await context.adopt(settings, ports)
      await context.mesh.start(signal)
    },
    undo: (context) => context.abandon(),
  },
  { name: 'connect', run: (context, signal) => context.connected(signal) },
  {
    name: 'create-tenant',
    run: async ({ tenants, order }) => {
      tenants.followOwn()
      const existing = tenants.list().find(({ name }) => name === order.tenant)
      if (existing?.state !== 'ready') await tenants.create(order.tenant)
    },
  },
  {
    name: 'confirm-tenant',
    run: (context, signal) => context.confirmTenant(context.order.tenant, signal),
  },
  {
    name: 'save',
    run: async ({ store, settings, ports }) => {
      if (settings !== undefined && ports !== undefined) store.saveLocal(settings, ports)
    },
  },
]

/**
 * The ports of a reach: those that stand in credentials already, else free ones.
 * @throws RejectedError `ADDRESS_INVALID`, `ADDRESS_NOT_AVAILABLE`; TransientError `NO_FREE_PORT`.
 */
export async function portsFor(
  reach: MeshReach,
  store: MeshStore,
  interfaces: Interfaces,
): Promise<MeshPorts> {
  if (reach.kind === 'network') requireAddress(reach.address)
  const host = await bindAddressOf(reach, interfaces)
  if (host === undefined) {
    throw addressNotAvailable(reach.kind === 'network' ? reach.address : '')
  }
  const kept = store.ports(reach.kind)
  if (kept !== undefined) return kept
  return choosePorts(
    host,
    reach.kind === 'network' ? { client: USUAL_CLIENT_PORT, webSocket: USUAL_WEBSOCKET_PORT } : {},
  )
}
