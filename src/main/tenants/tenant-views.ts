import type { NatsConnection } from '@nats-io/nats-core'
import type { ViewSession, ViewUpdate } from '#shared/contract/tenants.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { requireSafeToken } from '#shared/protocol/names.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import { problemOf } from '#shared/problem-of.ts'
import { EventsService } from '../events/events-service.ts'
import { DiscoveryFleetSource } from '../fleet/discovery-fleet-source.ts'
import type { Logger } from '../log/logger.ts'
import { KeptConnection } from '../mesh/kept-connection.ts'
import type { TenantConnections } from '../rpc/tenant-connections.ts'
import { SeenSubjects } from './seen-subjects.ts'
import { limitedUserSource, type MeshPlace, type TenantUserIssuer } from './tenant-access.ts'

const CREDENTIAL_TTL_MS = 60 * 60 * 1000

export interface TenantViewsOptions {
  readonly issuer: TenantUserIssuer
  readonly place: MeshPlace
  /** Calls back when another mesh is in use. */
  readonly onSwitch: (listener: () => void) => () => void
  readonly dialect: () => Dialect
  readonly log: Logger
  readonly now: () => Date
}

/**
 * What a credential of a tenant sees: fleet, events, subjects. Each view has a connection of its own,
 * with a credential that hears everything of the tenant and says nothing but the question for its devices:
 * that nothing can be called or changed is the server's doing, not the window's.
 */
export class TenantViews {
  readonly #options: TenantViewsOptions
  readonly #open = new Set<() => void>()

  constructor(options: TenantViewsOptions) {
    this.#options = options
  }

  /** A view to subscribe to; it ends with the subscription. @throws RejectedError `NAME_UNSAFE`. */
  view(tenant: string): (listener: (update: ViewUpdate) => void) => () => void {
    requireSafeToken(tenant, 'tenant')
    return (listener) => {
      const close = this.#begin(tenant, listener)
      this.#open.add(close)
      return () => {
        this.#open.delete(close)
        close()
      }
    }
  }

  close(): void {
    for (const close of this.#open) close()
    this.#open.clear()
  }

  #begin(tenant: string, listener: (update: ViewUpdate) => void): () => void {
    const { issuer, place, onSwitch, log, now } = this.#options
    const dialect = this.#options.dialect()
    const own = subjectsOf(dialect).everythingOf(tenant)
    const publish = [subjectsOf(dialect).discovery(tenant)]
    const credentials = limitedUserSource(issuer, {
      tenant,
      name: `View as ${tenant}`,
      reason: `Somebody looks at ${tenant} with its own eyes; the credential can only listen.`,
      ttlMs: CREDENTIAL_TTL_MS,
      permissions: (inboxPrefix) => ({
        pub: { allow: publish },
        sub: { allow: [own, `${inboxPrefix}.>`] },
      }),
    })
    const kept = new KeptConnection(log.part('view'))
    const connect = () => {
      const target = place(`muster view as ${tenant}`)
      void kept.use(target === undefined ? undefined : { ...target, credentials })
    }
    const connections = connectionsOver(kept)
    const seen = new SeenSubjects(
      (subjects, more) => listener({ type: 'subjects', subjects, more }),
      now,
    )
    const fleet = new DiscoveryFleetSource({ tenant, connections, dialect, log, now })
    const events = new EventsService({ connections, dialect: () => dialect, log, now })
    const tell = () => listener({ type: 'session', session: sessionOf(kept, tenant, publish, own) })
    tell()
    const endings = [
      kept.subscribe(tell),
      fleet.subscribe((update) => listener({ type: 'fleet', update })),
      events.watch(tenant, null)((update) => listener({ type: 'events', update })),
      connections.subscribe(tenant, (nats) => seen.listen(nats, own)),
      onSwitch(connect),
    ]
    connect()
    return () => {
      for (const end of endings) end()
      fleet.close()
      events.close()
      seen.close()
      void kept.close()
    }
  }
}

function sessionOf(
  kept: KeptConnection,
  tenant: string,
  publish: string[],
  own: string,
): ViewSession {
  const { phase, problem } = kept.state
  return {
    tenant,
    state: phase === 'connected' ? 'connected' : phase === 'reconnecting' ? 'lost' : 'connecting',
    problem: problem === undefined ? null : problemOf(problem),
    publish,
    subscribe: [own],
  }
}

/** One connection, whatever tenant is asked for: the view has one only. */
function connectionsOver(kept: KeptConnection): TenantConnections {
  return {
    subscribe: (_tenant, listener) => {
      let told: NatsConnection | undefined
      const tell = () => {
        const connection = kept.current()
        if (connection === told) return
        told = connection
        listener(connection)
      }
      listener(undefined)
      tell()
      return kept.subscribe(tell)
    },
  }
}
