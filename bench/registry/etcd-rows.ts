import { setTimeout as pause } from 'node:timers/promises'
import { EtcdGateway } from '../../tests/support/etcd-gateway.ts'
import type { FleetLoad } from '../../tests/support/fleet-load/fleet-load.ts'
import { idsOf, type FleetPlan } from '../../tests/support/fleet-load/records.ts'
import { until } from '../../tests/support/until.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import type { Endings } from '../endings.ts'
import { HeartbeatSender, markedBeat, unchangedBeats } from '../heartbeat-burst.ts'
import { REFERENCE, figureOf, startReference } from './reference.ts'
import { startEtcdSite } from './site.ts'

const TENANT = 'fleet'
const RECORDS = `/device-connect/${TENANT}/devices/`
const IN_FLIGHT = 64
const STORED_TIMEOUT_MS = 30_000

const OURS: FleetPlan = { tenant: TENANT, prefix: 'wide', count: 10_000, ttlSeconds: 3600 }
const FEW: FleetPlan = { ...OURS, prefix: 'few', count: 1000 }
/** As many as the reference works off in some seconds. */
const THEIRS: FleetPlan = { ...OURS, prefix: 'theirs', count: 300 }
const ROUNDS = 6
/** Keys that begin like this are watched: the hundredth part, so that watching is not what is measured. */
const WATCHED = `${RECORDS}wide-000`
/** What is demanded, in times of what the reference takes. */
const RATIO = 75
/** That of the reference on the machine on which it was demanded, where it took 410 a second. */
const PACED_PER_SECOND = 410 * RATIO
const PACED_MS = 2000
const TICK_MS = 20
const LOOK_EVERY_MS = 100

const STALE: Figure = {
  name: 'registry.heartbeats-changing-stale',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 1000 },
  peer: 'nothing',
}
const STALE_PACED: Figure = { ...STALE, name: `${STALE.name}-${PACED_PER_SECOND}`, goal: null }

/**
 * Heartbeats that all change the status, in a burst: over when etcd holds the last one of every
 * device. And how long etcd lacks what a device said at most: at 75 times the rate that the reference
 * reached a moment before, and at 30,750 a second.
 */
const CHANGING: Benchmark = {
  name: 'registry.heartbeats-changing',
  unit: '/s',
  better: 'more',
  goal: { of: 'ratio', limit: RATIO },
  peer: REFERENCE,
  further: [STALE, STALE_PACED],
  prepare: async ({ endings }) => {
    const { nats, etcd, load } = await startEtcdSite(endings)
    const ours = await marker(endings, nats.url, etcd.url, load, OURS)
    const reference = await startReference(endings)
    const theirs =
      'notRun' in reference
        ? undefined
        : await marker(endings, reference.nats.url, reference.etcd.url, reference.load, THEIRS)
    return async () => {
      const value = await ours.burst(ROUNDS)
      const peer = await figureOf(reference, async () => theirs?.burst(1) ?? Number.NaN)
      const demanded = typeof peer === 'number' ? peer * RATIO : PACED_PER_SECOND
      const stale = await ours.longestStale(demanded, endings)
      const stalePaced = await ours.longestStale(PACED_PER_SECOND, endings)
      return {
        value,
        peer,
        further: {
          [STALE.name]: { value: stale, peer: null },
          [STALE_PACED.name]: { value: stalePaced, peer: null },
        },
      }
    }
  },
}

/** Registers a fleet and returns what makes its status change. */
async function marker(
  endings: Endings,
  natsUrl: string,
  etcdUrl: string,
  load: FleetLoad,
  plan: FleetPlan,
) {
  await load.create(plan)
  await load.registerAtOnce(plan.prefix, IN_FLIGHT)
  const sender = endings.add(await HeartbeatSender.open(natsUrl), (it) => it.close())
  const gateway = new EtcdGateway(etcdUrl)
  const deviceIds = idsOf(plan)
  let bursts = 0

  const burst = async (rounds: number): Promise<number> => {
    bursts += 1
    const beats: string[] = []
    for (let round = 1; round <= rounds; round += 1) {
      for (const id of deviceIds) beats.push(markedBeat(TENANT, id, `${bursts}-${round}`))
    }
    const bytes = Buffer.from(beats.join(''))
    const last = `"error_state":"${bursts}-${rounds}"`
    const holdsAll = async (prefix: string) => {
      const values = [...(await gateway.range(prefix)).values()]
      return values.every((value) => has(value, last))
    }
    const startedAt = performance.now()
    sender.push(bytes)
    // To read them all takes etcd as long as thousands of writes: the hundredth part first, rarely.
    const deadline = startedAt + STORED_TIMEOUT_MS
    const whenHeld = async (prefix: string): Promise<number> => {
      for (;;) {
        const lookedAt = performance.now()
        if (await holdsAll(prefix)) return lookedAt
        if (lookedAt > deadline) throw new Error('The last status of every device is not stored.')
        await pause(LOOK_EVERY_MS)
      }
    }
    await whenHeld(`${RECORDS}${plan.prefix}-000`)
    const storedAt = await whenHeld(`${RECORDS}${plan.prefix}-`)
    return (beats.length * 1000) / (storedAt - startedAt)
  }

  const longestStale = async (perSecond: number, within: Endings): Promise<number> => {
    bursts += 1
    const watching = within.add(new AbortController(), (it) => it.abort())
    /** When each mark that etcd lacks was sent, by device. */
    const lacking = new Map<string, Map<string, number>>()
    let longestMs = 0
    await gateway.watch(
      WATCHED,
      (events) => {
        for (const { key, value } of events) {
          const sent = lacking.get(key)
          const mark = /"error_state": ?"([^"]*)"/u.exec(value)?.[1]
          if (sent === undefined || mark === undefined) continue
          for (const [earlier, sentAt] of sent) {
            longestMs = Math.max(longestMs, performance.now() - sentAt)
            sent.delete(earlier)
            if (earlier === mark) break
          }
        }
      },
      watching.signal,
    )
    const startedAt = performance.now()
    let next = 0
    for (let elapsed = 0; elapsed < PACED_MS; elapsed = performance.now() - startedAt) {
      const due = Math.floor((elapsed * perSecond) / 1000)
      const beats: string[] = []
      for (; next < due; next += 1) {
        const id = deviceIds[next % deviceIds.length] ?? ''
        const key = RECORDS + id
        const mark = `${bursts}.${next}`
        beats.push(markedBeat(TENANT, id, mark))
        if (!key.startsWith(WATCHED)) continue
        const sent = lacking.get(key) ?? new Map<string, number>()
        lacking.set(key, sent.set(mark, performance.now()))
      }
      sender.push(Buffer.from(beats.join('')))
      await pause(TICK_MS)
    }
    const allSeen = () => [...lacking.values()].every((sent) => sent.size === 0)
    await until('the last marks to be stored', allSeen, STORED_TIMEOUT_MS)
    watching.abort()
    return longestMs
  }

  return { burst, longestStale }
}

/** Whether a record holds a member; the reference writes a space behind the colon. */
function has(record: string, member: string): boolean {
  return record.includes(member) || record.includes(member.replace('":"', '": "'))
}

const BEATS = 100_000
const SETTLED_MS = 1500

/** What unchanged heartbeats add to etcd's history: a busy fleet once filled its quota with it. */
const REVISIONS: Benchmark = {
  name: 'registry.revisions-unchanged',
  unit: 'writes',
  better: 'less',
  goal: { of: 'value', limit: 0 },
  peer: 'nothing',
  prepare: async ({ endings }) => {
    const { nats, etcd, load } = await startEtcdSite(endings)
    const gateway = new EtcdGateway(etcd.url)
    const sender = endings.add(await HeartbeatSender.open(nats.url), (it) => it.close())
    await load.create(FEW)
    await load.registerAtOnce(FEW.prefix, IN_FLIGHT)
    const send = async (count: number) => {
      const beats = unchangedBeats(TENANT, count, idsOf(FEW))
      const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'discovery/describeFleet' })
      await sender.send(beats, `device-connect.${TENANT}.discovery`, request)
      await pause(SETTLED_MS)
    }
    // The first of each device says something new.
    await send(FEW.count)
    return async () => {
      const before = await gateway.revision()
      await send(BEATS)
      return { value: (await gateway.revision()) - before, peer: null }
    }
  },
}

export const ETCD_ROWS: readonly Benchmark[] = [CHANGING, REVISIONS]
