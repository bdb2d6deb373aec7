import { beatOf, idOf, type FleetPlan } from '../../tests/support/fleet-load/records.ts'
import type { Benchmark, Figure, Reading } from '../benchmark.ts'
import { HeartbeatSender } from '../heartbeat-burst.ts'
import { millisecondsOf } from '../measure.ts'
import { whenIdle } from './process-watch.ts'
import { startSqliteSite } from './site.ts'

const SIZES = [1000, 10_000, 100_000] as const
const IN_FLIGHT = 64
/** A tenth more than linear is what measuring makes of linear. */
const LINEAR = 1.1
const BEATS = 200_000

const KINDS = ['register', 'heartbeats', 'walk', 'describe'] as const
type Kind = (typeof KINDS)[number]

const [first, ...rest] = KINDS.map((kind): Figure => ({
  name: `registry.growth-${kind}`,
  unit: 'exponent',
  better: 'less',
  goal: { of: 'value', limit: LINEAR },
  peer: 'nothing: 1 is linear',
}))

/**
 * How the work for a whole fleet grows from 1,000 over 10,000 to 100,000 devices: to register it, to
 * take a heartbeat of each, to walk through it, to describe it.
 */
export const GROWTH: Benchmark = {
  name: first?.name ?? '',
  unit: 'exponent',
  better: 'less',
  goal: { of: 'value', limit: LINEAR },
  peer: 'nothing: 1 is linear',
  further: rest,
  mostRuns: 1,
  prepare: async ({ endings }) => {
    const { nats, load, registry } = await startSqliteSite(endings)
    const sender = endings.add(await HeartbeatSender.open(nats.url), (it) => it.close())
    return async () => {
      const times: Record<Kind, [number, number][]> = {
        register: [],
        heartbeats: [],
        walk: [],
        describe: [],
      }
      for (const count of SIZES) {
        const plan: FleetPlan = {
          tenant: `fleet${count}`,
          prefix: `f${count}`,
          count,
          ttlSeconds: 3600,
        }
        await load.create(plan)
        const { tookMs } = await load.registerAtOnce(plan.prefix, IN_FLIGHT)
        times.register.push([count, tookMs])
        await whenIdle(registry.pid)
        times.heartbeats.push([count, await aBeatOfEach(sender, plan, registry.pid)])
        times.walk.push([count, (await load.list(plan.prefix)).tookMs])
        times.describe.push([count, await millisecondsOf(() => load.describe(plan.prefix))])
      }
      const reading = (kind: Kind): Reading => ({ value: exponentOf(times[kind]), peer: null })
      return {
        ...reading('register'),
        further: Object.fromEntries(
          KINDS.slice(1).map((kind) => [`registry.growth-${kind}`, reading(kind)]),
        ),
      }
    }
  },
}

/** Milliseconds for a heartbeat of every device, of as many as make a burst. */
async function aBeatOfEach(sender: HeartbeatSender, plan: FleetPlan, pid: number): Promise<number> {
  const subject = `device-connect.${plan.tenant}.discovery`
  const request = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'discovery/getDevice',
    params: { device_id: idOf(plan, 0) },
  })
  // The first of each is read as a whole; from then on nothing changes.
  await sender.send(beatsOf(plan, plan.count), subject, request)
  await whenIdle(pid)
  const beats = beatsOf(plan, BEATS)
  const tookMs = await millisecondsOf(() => sender.send(beats, subject, request))
  return (tookMs * plan.count) / BEATS
}

/** Heartbeats of the whole fleet, round after round, that say what the registration said. */
function beatsOf(plan: FleetPlan, count: number): Buffer {
  const startedAt = Date.now() / 1000
  const lines = Array.from({ length: count }, (_, number) => {
    const index = number % plan.count
    const beat = beatOf(plan, index, 0, startedAt + Math.floor(number / plan.count) * 5)
    const subject = `device-connect.${plan.tenant}.${idOf(plan, index)}.heartbeat`
    return `PUB ${subject} ${beat.length}\r\n${beat}\r\n`
  })
  return Buffer.from(lines.join(''))
}

/** Slope of the line through the logarithms: 1 where twice the devices take twice the time. */
function exponentOf(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([count, ms]) => [Math.log(count), Math.log(ms)] as const)
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = mean(logs.map(([x]) => x))
  const meanY = mean(logs.map(([, y]) => y))
  const covariance = mean(logs.map(([x, y]) => (x - meanX) * (y - meanY)))
  return covariance / mean(logs.map(([x]) => (x - meanX) ** 2))
}
