import {
  AlarmAction,
  AlarmType,
  CompareResult,
  CompareTarget,
  type Etcd3,
  type ICompare,
  type IRequestOp,
  type ITxnRequest,
} from 'etcd3'
import type { EtcdConfig } from '../sidecar-messages.ts'
import type {
  EtcdClient,
  EtcdCommit,
  EtcdGuard,
  EtcdMember,
  EtcdPage,
  EtcdStep,
  EtcdWrite,
} from './etcd-client.ts'
import { EtcdEndpoints } from './etcd-endpoints.ts'
import { etcdError } from './etcd-errors.ts'
import { openKeepAlive, openWatch } from './etcd-streams.ts'
import { endOfPrefix, toEntry } from './etcd3-values.ts'
import { memberStatus } from './member-status.ts'

const PAGE = 1000
/** Comparisons, and writes, that etcd takes in one transaction. */
const MAX_OPERATIONS = 128
/** Giving space back takes seconds for each gigabyte; the member stands still meanwhile. */
const DEFRAGMENT_TIMEOUT_MS = 60_000

/** `EtcdClient` on Microsoft's etcd3: its RPC clients, but neither its watcher nor its leases (docs/decisions/0009). */
export function openEtcd3Client(config: EtcdConfig): EtcdClient {
  const endpoints = new EtcdEndpoints(config)
  const call = <T>(work: (client: Etcd3) => Promise<T>) => endpoints.call(work)
  return {
    commit: (steps) => commit(call, steps),
    range: (prefix, atRevision) => pages(call, prefix, atRevision),
    get: async (key) => {
      const { kvs } = await call(({ kv }) => kv.range({ key: Buffer.from(key) }))
      return kvs[0] === undefined ? undefined : toEntry(kvs[0])
    },
    grantLease: async (ttlSeconds) => {
      const { ID, TTL } = await call(({ leaseClient }) =>
        leaseClient.leaseGrant({ TTL: ttlSeconds }),
      )
      return { id: ID, ttlSeconds: Number(TTL) }
    },
    revokeLease: async (lease) => {
      try {
        await call(({ leaseClient }) => leaseClient.leaseRevoke({ ID: lease }))
      } catch (error) {
        if (etcdError(error).code !== 'ETCD_LEASE_GONE') throw error
      }
    },
    isLeaseAlive: async (lease) => {
      const { TTL } = await call(({ leaseClient }) => leaseClient.leaseTimeToLive({ ID: lease }))
      return Number(TTL) > 0
    },
    openKeepAlive: (listener) => openKeepAlive(endpoints, listener),
    watch: (prefixes, from, listener) => openWatch(endpoints, prefixes, from, listener),
    revision: async () => {
      const nothing = Buffer.of(0)
      const { header } = await call(({ kv }) => kv.range({ key: nothing, count_only: true }))
      return Number(header.revision)
    },
    members: async (): Promise<readonly EtcdMember[]> => {
      const found = await endpoints.each(async ({ maintenance }) => maintenance.status())
      return Promise.all(
        found.map(async ({ endpoint, value }) => ({
          endpoint,
          status: value && (await memberStatus(endpoint, value, config)),
        })),
      )
    },
    compact: async (revision) => {
      // Until the space is free again; otherwise a defragmentation right after it finds nothing.
      await call(({ kv }) => kv.compact({ revision, physical: true }))
    },
    defragment: async () => {
      await endpoints.each(({ maintenance }) =>
        maintenance.defragment({ deadline: Date.now() + DEFRAGMENT_TIMEOUT_MS }),
      )
    },
    disarmSpaceAlarms: async () => {
      const { alarms } = await call(({ maintenance }) =>
        maintenance.alarm({ action: AlarmAction.Get }),
      )
      for (const { memberID } of alarms) {
        const alarm = { action: AlarmAction.Deactivate, memberID, alarm: AlarmType.Nospace }
        await call(({ maintenance }) => maintenance.alarm(alarm))
      }
    },
    turnToNext: () => endpoints.turnToNext(),
    close: () => endpoints.close(),
  }
}

type Call = <T>(work: (client: Etcd3) => Promise<T>) => Promise<T>

/**
 * All steps at once where all guards hold, which is nearly always and takes etcd a fifth less time;
 * else each by itself.
 */
async function commit(call: Call, steps: readonly EtcdStep[]): Promise<EtcdCommit> {
  const compare = steps.flatMap(({ guards }) => guards.map(toComparison))
  const success = steps.flatMap(({ writes }) => writes.map(toRequest))
  if (steps.length > 1 && Math.max(compare.length, success.length) <= MAX_OPERATIONS) {
    const { header, succeeded } = await call(({ kv }) => kv.txn({ compare, success }))
    if (succeeded) return { revision: Number(header.revision), done: steps.map(() => true) }
  }
  return commitEach(call, steps)
}

/**
 * Guarded steps become transactions inside the transaction, so that one whose guards fail leaves
 * the others alone. etcd takes 128 operations at most, and of all steps together no more.
 */
async function commitEach(call: Call, steps: readonly EtcdStep[]): Promise<EtcdCommit> {
  const success: IRequestOp[] = []
  for (const step of steps) {
    if (step.guards.length === 0) success.push(...step.writes.map(toRequest))
    else success.push({ request_txn: toTransaction(step) })
  }
  const { header, responses } = await call(({ kv }) => kv.txn({ success }))
  const done: boolean[] = []
  let at = 0
  for (const step of steps) {
    const guarded = step.guards.length > 0
    const answer = responses[at] as { response_txn?: { succeeded: boolean } } | undefined
    done.push(!guarded || answer?.response_txn?.succeeded === true)
    at += guarded ? 1 : step.writes.length
  }
  return { revision: Number(header.revision), done }
}

function toTransaction({ guards, writes }: EtcdStep): ITxnRequest {
  return {
    compare: guards.map(toComparison),
    success: writes.map(toRequest),
  }
}

function toComparison({ key, revision }: EtcdGuard): ICompare {
  return {
    target: CompareTarget.Mod,
    result: CompareResult.Equal,
    key: Buffer.from(key),
    mod_revision: revision,
  }
}

function toRequest(write: EtcdWrite): IRequestOp {
  const key = Buffer.from(write.key)
  if (write.kind === 'delete') return { request_delete_range: { key } }
  const value = typeof write.value === 'string' ? Buffer.from(write.value) : write.value
  return { request_put: { key, value, lease: write.lease } }
}

async function* pages(
  call: Call,
  prefix: string,
  atRevision: number | undefined,
): AsyncGenerator<EtcdPage> {
  const rangeEnd = endOfPrefix(prefix)
  let revision = atRevision
  let limit = PAGE
  for (let key = Buffer.from(prefix); ;) {
    const request = {
      key,
      range_end: rangeEnd,
      limit,
      ...(revision === undefined ? {} : { revision }),
    }
    let answer
    try {
      answer = await call(({ kv }) => kv.range(request))
    } catch (error) {
      if (etcdError(error).code !== 'ETCD_TOO_LARGE' || limit === 1) throw error
      limit = Math.ceil(limit / 8)
      continue
    }
    revision ??= Number(answer.header.revision)
    yield { entries: answer.kvs.map(toEntry), revision }
    const last = answer.kvs.at(-1)
    if (!answer.more || last === undefined) return
    key = Buffer.concat([last.key, Buffer.of(0)])
  }
}
