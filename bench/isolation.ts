import { connect, jwtAuthenticator } from '@nats-io/transport-node'
import {
  startDeployment,
  type Deployment,
} from '../tests/integration/authority/support/deployment.ts'
import { ALL_PROBES, openProofSite } from '../tests/integration/isolation/support/proof-site.ts'
import type { Benchmark } from './benchmark.ts'
import { millisecondsOf } from './measure.ts'

const TENANTS = Array.from({ length: 20 }, (_, index) => `tenant-${index + 1}`)
/** One for the registry's side, three for each tenant. */
const CONNECTIONS = 1 + 3 * TENANTS.length

/** Every tenant of twenty tries everything on every other, to the signed report. */
const ISOLATION: Benchmark = {
  name: 'authority.isolation-20',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 60_000 },
  peer: `opening ${CONNECTIONS} bare connections to the same server, one after the other`,
  prepare: async ({ endings }) => {
    const deployment = endings.add(await startDeployment(), (it) => it.close())
    for (const tenant of TENANTS) {
      await deployment.authority.createTenant(tenant, { isolation: 'account' })
    }
    const site = endings.add(openProofSite(deployment), (it) => it.close())
    return async () => {
      let verdict = ''
      const value = await millisecondsOf(async () => {
        const { report } = await site.reportOn(TENANTS, ALL_PROBES)
        verdict = `${report.verdict} in ${report.counts.pairs} pairs`
      })
      // A proof that proves nothing may be as fast as it likes.
      if (verdict !== 'passed in 380 pairs') throw new Error(`The proof ended with ${verdict}.`)
      return { value, peer: await millisecondsOf(() => openBare(deployment)) }
    }
  },
}

export const ISOLATION_BENCHMARKS: readonly Benchmark[] = [ISOLATION]

async function openBare({ authority, server }: Deployment): Promise<void> {
  const user = await authority.issueUser({
    account: { tenant: TENANTS[0] ?? '' },
    role: 'device',
    name: 'bare',
    ttlMs: 60_000,
    delivery: 'internal',
  })
  const seed = new TextEncoder().encode(user.seed ?? '')
  for (let count = 0; count < CONNECTIONS; count += 1) {
    const connection = await connect({
      servers: server.url,
      authenticator: jwtAuthenticator(user.jwt, seed),
      reconnect: false,
    })
    await connection.close()
  }
}
