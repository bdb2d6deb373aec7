// Presence left to etcd alone: a lease for each device, kept alive until all fall silent at once.
// Arguments: URL of an etcd, how many devices, their TTL in seconds. Tells its parent how late after
// it their keys went, as `Times`.
import { openEtcd3Client } from '../../src/main/registry/etcd/etcd3-client.ts'
import { registrationOf } from '../../tests/support/fleet-load/records.ts'
import { spreadOfTimes } from '../../tests/support/fleet-load/times.ts'

const [, , url = '', devices = '0', seconds = '0'] = process.argv
const ttlSeconds = Number(seconds)
const ttlMs = ttlSeconds * 1000
const plan = { tenant: 'fleet', prefix: 'silent', count: Number(devices), ttlSeconds }
const KEYS = '/silent/'
const IN_FLIGHT = 64

const client = openEtcd3Client({
  endpoints: [url],
  caPem: null,
  clientCertificate: null,
  user: null,
  compactAfterSeconds: null,
})
process.once('disconnect', () => process.exit(0))
const fail = (error: unknown) => {
  console.error(error)
  process.exit(1)
}

/** Lease of each device, by its number, and when each was kept alive last. */
const leases: string[] = []
const keptAt = new Map<string, number>()
const keeping = await client.openKeepAlive({
  kept: (lease) => void keptAt.set(lease, performance.now()),
  ended: fail,
})
const keepAll = () => {
  for (const lease of leases) if (lease !== undefined) keeping.keep(lease)
}

const late: number[] = []
const gone = Promise.withResolvers<void>()
let silent = false
const noteGone = (key: string) => {
  if (!silent) fail(new Error(`${key} went while its lease was kept alive.`))
  const lease = leases[Number(key.slice(KEYS.length))] ?? ''
  late.push(performance.now() - (keptAt.get(lease) ?? 0) - ttlMs)
  if (late.length === plan.count) gone.resolve()
}
await client.watch([KEYS], (await client.revision()) + 1, {
  events: (_prefix, events) => {
    for (const event of events) if (event.kind === 'delete') noteGone(event.key)
  },
  compacted: () => fail(new Error('etcd forgot what is watched.')),
  ended: fail,
})

let next = 0
const holder = async () => {
  while (next < plan.count) {
    const index = next++
    const { id: lease } = await client.grantLease(ttlSeconds)
    const value = JSON.stringify(registrationOf(plan, index))
    const put = { kind: 'put', key: KEYS + String(index), value, lease } as const
    await client.commit([{ guards: [], writes: [put] }])
    leases[index] = lease
  }
}
const rounds = setInterval(keepAll, ttlMs / 3)
await Promise.all(Array.from({ length: IN_FLIGHT }, holder))
clearInterval(rounds)
// The last round, after which nobody says anything any more.
silent = true
keepAll()
await gone.promise
process.send?.(spreadOfTimes(late))
