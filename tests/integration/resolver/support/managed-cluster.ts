import { freeTcpPort } from '../../../support/free-tcp-port.ts'
import { startNatsServer, type NatsServer } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { TestProfile, type TestApp } from '../../mesh/support/test-app.ts'
import { NEVER, order, ready } from './managed-site.ts'

/** Two servers in a cluster, and an app that manages them and is connected to the first. */
export interface ManagedCluster {
  readonly app: TestApp
  /** `member-0` and `member-1`. */
  readonly servers: readonly [NatsServer, NatsServer]
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
  const config = await app.mesh.configuration(id)
  const start = (index: 0 | 1) =>
    startNatsServer({
      port: ports[index],
      config: `${config}
server_name: "member-${index}"
cluster { name: site, listen: "127.0.0.1:${routes[index]}", routes: ["nats://127.0.0.1:${routes[1 - index]}"] }
`,
    })
  const servers = await Promise.all([start(0), start(1)])
  await app.mesh.use(id)
  await ready(app)
  await until('two servers', async () => {
    app.publisher.roster.forget()
    return (await app.publisher.roster.servers(NEVER)).length === 2
  })
  return {
    app,
    servers,
    close: async () => {
      await profile.close()
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
