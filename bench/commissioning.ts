import { compare } from 'bcryptjs'
import { discover, type LabelledDevice } from '../scripts/demo/demo-world.ts'
import { hashPin } from '../src/simulator/factory-identity.ts'
import type { Benchmark } from './benchmark.ts'
import { millisecondsOf } from './measure.ts'
import { openSite, type Site } from './site.ts'

const DEADLINE_MS = 60_000
/** What the field's devices use. */
const BCRYPT_COST = 12

/** From the click to the device being online, as a window sees it. */
const ONLINE: Benchmark = {
  name: 'commission.online',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 1500 },
  peer: "one bcrypt check at the device's cost and one bare NATS connect with its credentials",
  prepare: async ({ endings, runs }) => {
    const site = await openSite(endings, { devices: runs, bcryptCost: BCRYPT_COST })
    const waiting = [...site.devices]
    return async () => {
      const device = waiting.shift()
      if (device === undefined) throw new Error('No device is left to be commissioned.')
      const value = await timeToOnline(site, device)
      const pinHash = await hashPin(device.pin, BCRYPT_COST)
      const check = await millisecondsOf(() => compare(device.pin, pinHash))
      const connect = await millisecondsOf(async () => {
        endings.add(await site.connectAs(device.deviceId), (it) => it.close())
      })
      return { value, peer: check + connect }
    }
  },
}

export const COMMISSIONING_BENCHMARKS: readonly Benchmark[] = [ONLINE]

/** Commissions a device that was looked at before, and waits until the job is done. */
export async function timeToOnline(
  { client, tenant }: Site,
  { deviceId, pin }: LabelledDevice,
): Promise<number> {
  const { key } = await discover(client, deviceId)
  const { publicKey } = await client.commissioning.inspect({ key })
  const updates = await client.commissioning.watch(undefined, {
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  await updates.next()
  const startedAt = performance.now()
  const { id } = await client.commissioning.start({ key, pin, tenant, publicKey })
  for await (const update of updates) {
    const jobs = update.type === 'snapshot' ? update.jobs : [update.job]
    const job = jobs.find((candidate) => candidate.id === id)
    if (job?.problem) throw new Error(job.problem.message)
    if (job?.state === 'done') return performance.now() - startedAt
  }
  throw new Error('The stream of jobs ended before the device was online.')
}
