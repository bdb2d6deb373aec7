import type { NatsConnection } from '@nats-io/transport-node'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import { timeToOnline } from './commissioning.ts'
import { millisecondsOf, percentile } from './measure.ts'
import { openSite, type Site } from './site.ts'

const CALLS_PER_SAMPLE = 2000
const WARM_UP_CALLS = 200
const TIMEOUT_MS = 5000
/** The PIN is not what is measured here. */
const BCRYPT_COST = 4
/** Of the simulated climate node: no parameters, a small answer. */
const FUNCTION = 'read_climate'

/** What the way through the app adds to a call of a device's function. */
const OVERHEAD: Benchmark = {
  name: 'rpc.overhead',
  unit: 'ms',
  better: 'less',
  goal: { of: 'ratio', limit: 2 },
  peer: 'a bare NATS request to the same device by another device of the tenant, p50',
  prepare: async ({ endings }) => {
    const site = await openSite(endings, { devices: 2, bcryptCost: BCRYPT_COST })
    for (const device of site.devices) await timeToOnline(site, device)
    const [target, caller] = site.devices.map(({ deviceId }) => deviceId)
    if (target === undefined || caller === undefined) throw new Error('A device is missing.')
    const connection = endings.add(await site.connectAs(caller), (it) => it.close())
    await callInTurns(site, connection, { target, caller, calls: WARM_UP_CALLS })
    return () => callInTurns(site, connection, { target, caller, calls: CALLS_PER_SAMPLE })
  },
}

export const RPC_BENCHMARKS: readonly Benchmark[] = [OVERHEAD]

/** Calls through the contract and bare ones by turns, so that both meet the same machine. */
async function callInTurns(
  site: Site,
  connection: NatsConnection,
  plan: { readonly target: string; readonly caller: string; readonly calls: number },
): Promise<Sample> {
  const throughContract: number[] = []
  const bare: number[] = []
  for (let call = 0; call < plan.calls; call += 1) {
    throughContract.push(await millisecondsOf(() => callByContract(site, plan.target)))
    bare.push(await millisecondsOf(() => callBare(site, connection, plan, call)))
  }
  return { value: percentile(throughContract, 50), peer: percentile(bare, 50) }
}

async function callByContract({ client, tenant }: Site, deviceId: string): Promise<void> {
  const outcome = await client.rpc.call({
    tenant,
    deviceId,
    functionName: FUNCTION,
    params: {},
    timeoutMs: TIMEOUT_MS,
  })
  if (outcome.type !== 'result') throw new Error(`A call ended with ${outcome.type}.`)
}

async function callBare(
  { tenant }: Site,
  connection: NatsConnection,
  { target, caller }: { readonly target: string; readonly caller: string },
  call: number,
): Promise<void> {
  const subject = subjectsOf(dialectOf('device-connect')).command(tenant, target)
  const params = { _dc_meta: { source_device: caller } }
  const request = JSON.stringify({ jsonrpc: '2.0', id: String(call), method: FUNCTION, params })
  const reply = await connection.request(subject, request, { timeout: TIMEOUT_MS })
  if (!('result' in reply.json<object>())) throw new Error(`A call failed: ${reply.string()}`)
}
