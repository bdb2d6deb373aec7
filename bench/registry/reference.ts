import { PythonProgram } from '../../tests/interop/python-program.ts'
import { EtcdGateway } from '../../tests/support/etcd-gateway.ts'
import { startEtcd, type EtcdServer } from '../../tests/support/etcd-server.ts'
import { startFleetLoad, type FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import { idOf, registrationOf, type FleetPlan } from '../../tests/support/fleet-load/records.ts'
import { startNatsServer, type NatsServer } from '../../tests/support/nats-server.ts'
import { pythonReference } from '../../tests/support/python-reference.ts'
import type { PeerFigure } from '../benchmark.ts'
import type { Endings } from '../endings.ts'

export const REFERENCE = 'the registry of device-connect-server 0.2.5 (Python) on etcd'

/**
 * The reference's registry with a nats-server and an etcd of its own: both registries listen to
 * every tenant, so on the same ones each would get a half of the other's requests.
 */
export interface Reference {
  readonly nats: NatsServer
  readonly etcd: EtcdServer
  readonly gateway: EtcdGateway
  readonly load: FleetLoad
}

/** Starts it; where Python packages can't be installed, says why. */
export async function startReference(
  endings: Endings,
): Promise<Reference | { readonly notRun: string }> {
  const found = await pythonReference()
  if ('missing' in found) return { notRun: found.missing }
  const folder = await endings.temporaryFolder()
  const [nats, etcd] = await Promise.all([startNatsServer(), startEtcd()])
  endings.add(nats, (it) => it.stop())
  endings.add(etcd, (it) => it.stop())
  const registry = new PythonProgram({
    python: found.python,
    command: ['-m', 'device_connect_server.registry.service.main'],
    folder,
    environment: {
      MESSAGING_BACKEND: 'nats',
      NATS_URL: nats.url,
      ETCD_HOST: etcd.host,
      ETCD_PORT: String(etcd.port),
    },
  })
  endings.add(registry, (it) => it.stop())
  await registry.line('that it serves', (line) => line.includes('listening on all tenants'))
  const load = endings.add(await startFleetLoad([nats.url]), (it) => it.close())
  return { nats, etcd, gateway: new EtcdGateway(etcd.url), load }
}

/** What `measure` finds of the reference, or why it is not there. */
export async function figureOf(
  reference: Reference | { readonly notRun: string },
  measure: (reference: Reference) => Promise<number>,
): Promise<PeerFigure> {
  return 'notRun' in reference ? reference : measure(reference)
}

/** The records of a fleet put into its etcd as it would put them, which takes it much longer. */
export async function seedReference({ gateway }: Reference, plan: FleetPlan): Promise<void> {
  await gateway.putAll(
    Array.from({ length: plan.count }, (_, index) => {
      const record = {
        ...registrationOf(plan, index),
        registry: {
          device_registration_id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
          registered_at: '2026-01-01T00:00:00Z',
        },
      }
      const key = `/device-connect/${plan.tenant}/devices/${idOf(plan, index)}`
      return [key, JSON.stringify(record)] as const
    }),
  )
}
