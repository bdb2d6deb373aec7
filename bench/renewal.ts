import { join } from 'node:path'
import { createNkey } from '../src/main/authority/nkey.ts'
import { inTurns } from '../src/main/isolation/in-turns.ts'
import { RENEWAL_MIGRATIONS } from '../src/main/renewal/migrations.ts'
import type { RenewalService } from '../src/main/renewal/renewal-service.ts'
import {
  startDeployment,
  type Deployment,
} from '../tests/integration/authority/support/deployment.ts'
import { allOnline, openRenewals } from '../tests/integration/renewal/open-renewals.ts'
import type { Benchmark } from './benchmark.ts'
import type { Endings } from './endings.ts'
import { millisecondsOf } from './measure.ts'
import type { RenewableDevices } from './processes/renewable-devices.ts'
import { startProcess } from './processes/start-process.ts'

const DEVICES = 1000
const AT_ONCE = 50
const TENANT = 'bench'
const DAY_MS = 24 * 60 * 60 * 1000
const LOOK_AT_MEMORY_EVERY_MS = 100
const MEGABYTE = 1024 * 1024

/** A thousand devices get new credentials over the mesh, and each is seen to come back with its own. */
const RENEW: Benchmark = {
  name: 'authority.renew-1000',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 60_000 },
  peer: 'the same devices asked for a ping, one bare request each, as many at once',
  further: [
    {
      name: 'authority.renew-1000-memory',
      unit: 'MB',
      better: 'less',
      goal: { of: 'value', limit: 150 },
      peer: '',
    },
  ],
  mostRuns: 3,
  prepare: async ({ endings }) => {
    const deployment = endings.add(await startDeployment(), (it) => it.close())
    const { authority, database, publisher, server } = deployment
    if (publisher.connection === undefined) throw new Error('There is no system connection.')
    for (const { sql } of RENEWAL_MIGRATIONS) database.exec(sql)
    await authority.createTenant(TENANT, { isolation: 'account' })
    await startFleet(deployment, endings)
    const console = await deployment.console(TENANT)
    const service = endings.add(
      openRenewals({
        authority,
        database,
        system: publisher.connection,
        console,
        serverUrl: server.url,
        devices: allOnline,
        deadlineMs: 60_000,
      }),
      (it) => it.close(),
    )
    return async () => {
      const before = process.memoryUsage().rss
      let most = before
      const looking = setInterval(
        () => (most = Math.max(most, process.memoryUsage().rss)),
        LOOK_AT_MEMORY_EVERY_MS,
      )
      const value = await millisecondsOf(() => renewAll(service)).finally(() =>
        clearInterval(looking),
      )
      const subjects = Array.from(
        { length: DEVICES },
        (_, index) => `device-connect.${TENANT}.device-${index}.cmd`,
      )
      const ask = async (subject: string) => void (await console.request(subject, PING))
      const peer = await millisecondsOf(() => inTurns(subjects, AT_ONCE, ask))
      return {
        value,
        peer,
        further: {
          'authority.renew-1000-memory': { value: (most - before) / MEGABYTE, peer: null },
        },
      }
    }
  },
}

export const RENEWAL_BENCHMARKS: readonly Benchmark[] = [RENEW]

const PING = JSON.stringify({ jsonrpc: '2.0', id: '1', method: 'ping', params: {} })

async function startFleet({ authority, server }: Deployment, endings: Endings): Promise<void> {
  const keys = Array.from({ length: DEVICES }, () => createNkey('user'))
  const users = await authority.issueUsers(
    keys.map(({ publicKey }, index) => ({
      account: { tenant: TENANT },
      role: 'device' as const,
      name: `device-${index}`,
      deviceId: `device-${index}`,
      publicKey,
      ttlMs: 30 * DAY_MS,
      delivery: 'commissioning' as const,
    })),
  )
  const message: RenewableDevices = {
    url: server.url,
    tenant: TENANT,
    devices: users.map(({ jwt }, index) => ({
      deviceId: `device-${index}`,
      jwt,
      seed: keys[index]?.seed ?? '',
    })),
  }
  const path = join(import.meta.dirname, 'processes/renewable-devices.ts')
  await startProcess(path, endings, { message })
}

async function renewAll(service: RenewalService): Promise<void> {
  const { id } = await service.start(
    {
      selection: {
        filter: { tenant: TENANT, status: 'all', search: '', from: null, until: null },
      },
      others: 'leave',
      folder: null,
      validDays: 90,
      atOnce: AT_ONCE,
      spreadMinutes: 0,
    },
    new AbortController().signal,
  )
  const ended = Promise.withResolvers<number>()
  const unsubscribe = service.subscribe((update) => {
    if (update.type === 'job' && update.job.id === id && update.job.state !== 'running') {
      ended.resolve(update.job.counts.renewed)
    }
  })
  const renewed = await ended.promise
  unsubscribe()
  if (renewed !== DEVICES) throw new Error(`${renewed} of ${DEVICES} were renewed.`)
}
