import { freeTcpPort } from '../../../support/free-tcp-port.ts'
import { startNatsServer, type NatsServer } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { TestProfile, type TestApp } from '../../mesh/support/test-app.ts'
import { NEVER } from '#shared/never.ts'
import { order, ready } from './managed-site.ts'

/** Two servers in a cluster, and an app that manages them and is connected to the first. */
export interface ManagedCluster {
  readonly profile: TestProfile
  readonly app: TestApp
  /** `member-0` and `member-1`, as they run now. */
  readonly servers: readonly [NatsServer, NatsServer]
  /** Starts a member that was stopped, with the configuration that Muster shows now, on an empty disk. */
  start(index: 0 | 1): Promise<void>
  /** As a person puts a changed configuration on a server of a version that has to be started anew for it. */
  restart(index: 0 | 1): Promise<void>
  close(): Promise<void>
}

/** Starts them with a tenant in place, and resolves once each knows of the other. */
export async function startCluster(tenant = 'north'): Promise<ManagedCluster> {
  const profile = await TestProfile.create()
  const app = profile.open()
  const ports = [await freeTcpPort(), await freeTcpPort()] as const
  const routes = [await freeTcpPort(), await freeTcpPort()] as const
  const { id } = await app.mesh.addManaged(
    order({ urls: [`nats://127.0.0.1:${ports[0]}`], tenant }),
  )
  const run = async (index: 0 | 1) =>
    startNatsServer({
      port: ports[index],
      config: `${await app.mesh.configuration(id)}
server_name: "member-${index}"
cluster { name: site, listen: "127.0.0.1:${routes[index]}", routes: ["nats://127.0.0.1:${routes[1 - index]}"] }
`,
    })
  const whenBoth = () =>
    until('two servers', async () => {
      if (app.link.state.phase !== 'connected') return false
      app.publisher.roster.forget()
      return (await app.publisher.roster.servers(NEVER)).length === 2
    })
  const servers = await Promise.all([run(0), run(1)])
  await app.mesh.use(id)
  await ready(app)
  await whenBoth()
  const start = async (index: 0 | 1) => {
    servers[index] = await run(index)
    await whenBoth()
  }
  return {
    profile,
    app,
    servers,
    start,
    restart: async (index) => {
      await servers[index].stop()
      await start(index)
    },
    close: async () => {
      await profile.close()
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
