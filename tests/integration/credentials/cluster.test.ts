import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CredentialsService } from '../../../src/main/credentials/credentials-service.ts'
import { logIn } from '../../support/log-in.ts'
import { startCluster, type ManagedCluster } from '../resolver/support/managed-cluster.ts'
import { NEVER } from '#shared/never.ts'
import { credentialsOn } from './support/credentials-on.ts'
import { seen } from './support/site.ts'

const PATIENCE_MS = 60_000
const DAY_MS = 24 * 60 * 60 * 1000

let cluster: ManagedCluster
let service: CredentialsService

beforeAll(async () => {
  cluster = await startCluster()
  service = credentialsOn(cluster.app)
}, PATIENCE_MS)
afterAll(async () => {
  await service.close()
  await cluster.close()
})

test(
  'in a cluster every server is asked, and what another one closes is seen',
  async () => {
    const { app, servers } = cluster
    const tenant = app.tenants.list()[0]?.name ?? ''
    const user = await app.authority.issueUser({
      account: { tenant },
      role: 'device',
      name: 'far',
      deviceId: 'far',
      ttlMs: DAY_MS,
      delivery: 'file',
    })
    const connections: NatsConnection[] = []
    for (const { url } of servers) {
      connections.push(await logIn(url, user))
    }
    const target = { type: 'credentials' as const, ids: [user.ledgerId] }
    const { connected } = await service.impact(target, NEVER)
    expect(connected).toMatchObject({ servers: 2, total: 2 })
    const [begun] = service.revoke(target, 'Stolen.')
    await Promise.all(connections.map((connection) => connection.closed()))
    const { evidence } = await seen(service, begun?.id ?? '', ({ state }) => state === 'done')
    expect(evidence).toMatchObject({ servers: 2, connectedBefore: 2, connectedAfter: 0 })
    expect(evidence).toMatchObject({ verdict: 'proven', probe: { problem: null } })
    const closedBy = evidence.closed.map(({ server }) => server).toSorted()
    expect(closedBy).toEqual(['member-0', 'member-1'])
  },
  PATIENCE_MS,
)
