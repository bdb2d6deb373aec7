import { firstWhere } from '../../../scripts/lib/streams.ts'
import type { Client } from '../../../scripts/lib/contract-client.ts'
import type { RenewalOrder } from '#shared/contract/renewal.ts'
import type { LabelledDevice } from '../devices.ts'

/** How long a step may take on a machine that has much else to do. */
const WITHIN_MS = 60_000
const PART_BYTES = 768 * 1024

const NO_LIMITS = {
  connections: null,
  subscriptions: null,
  payloadBytes: null,
  dataBytes: null,
  jetStream: null,
}

/** Everything of the ledger but this app's own connections. */
const EVERY_CREDENTIAL = {
  filter: {
    text: '',
    tenant: null,
    role: null,
    state: 'all' as const,
    expiresBefore: null,
    internal: true,
  },
  order: { by: 'name' as const, descending: false },
  offset: 0,
  limit: 200,
}

/** Commissions a device that the link shows. */
export async function commission(client: Client, tenant: string, { id, pin }: LabelledDevice) {
  const key = await firstWhere(
    (signal) => client.discovery.watch(undefined, { signal }),
    `${id} to be discovered`,
    WITHIN_MS,
    (update) => {
      const devices = update.type === 'snapshot' ? update.devices : update.upserted
      return devices.find(({ deviceId }) => deviceId === id)?.key
    },
  )
  const { publicKey } = await client.commissioning.inspect({ key })
  const job = await client.commissioning.start({ key, pin, tenant, publicKey })
  await firstWhere(
    (signal) => client.commissioning.watch(undefined, { signal }),
    `${id} to be commissioned`,
    WITHIN_MS,
    (update) => {
      const jobs = update.type === 'snapshot' ? update.jobs : [update.job]
      const now = jobs.find((each) => each.id === job.id)
      if (now !== undefined && now.problem !== null) throw new Error(now.problem.message)
      return now?.state === 'done' ? now : undefined
    },
  )
}

/** Makes a tenant from a list, with credential files in a folder. */
export async function makeBatch(client: Client, tenant: string, count: number, folder: string) {
  const order = {
    list: `${tenant},${count}`,
    isolation: 'account' as const,
    settings: { from: 'default' as const },
    credentials: 1,
    credentialName: 'device',
    validDays: 30,
    folder,
  }
  await client.tenants.checkBatch(order)
  const { id } = await client.tenants.startBatch(order)
  await firstWhere(
    (signal) => client.tenants.watchBatch(undefined, { signal }),
    'the batch',
    WITHIN_MS,
    ({ batch }) => {
      if (batch !== null && batch.problem !== null) throw new Error(batch.problem.message)
      return batch?.id === id && batch.state === 'done' ? batch : undefined
    },
  )
  await client.tenants.batchReport({ id })
}

/** Asks for everything that is said of a tenant. */
export async function lookIntoTenant(client: Client, tenant: string) {
  await client.tenants.setLimits({ tenant, limits: { ...NO_LIMITS, connections: 50 } })
  await client.tenants.detail({ tenant })
  await client.tenants.wiring({ tenant })
  await client.tenants.settings({ tenant })
  await client.tenants.clearPreview({ tenant })
}

/** Sees with a tenant's eyes until the end of `work`. */
export async function throughEyesOf(client: Client, tenant: string, work: () => Promise<void>) {
  const controller = new AbortController()
  const connected = Promise.withResolvers<void>()
  const seen = (async () => {
    for await (const update of await client.tenants.view({ tenant }, { signal: controller.signal }))
      if (update.type === 'session' && update.session.state === 'connected') connected.resolve()
  })().catch((error: unknown) => {
    if (!controller.signal.aborted) connected.reject(error)
  })
  await connected.promise
  await work()
  controller.abort()
  await seen
}

/** Renews credentials of a tenant: over the mesh where their devices take it, else into files. */
export async function renew(client: Client, tenant: string, folder: string | null) {
  const order: RenewalOrder = {
    selection: { filter: { tenant, status: 'all', search: '', from: null, until: null } },
    others: folder === null ? 'leave' : 'file',
    folder,
    validDays: 60,
    atOnce: 4,
    spreadMinutes: 0,
  }
  await client.renewal.plan({ selection: order.selection })
  const { id: jobId } = await client.renewal.start(order)
  const job = await firstWhere(
    (signal) => client.renewal.watch(undefined, { signal }),
    'the renewal',
    WITHIN_MS,
    (update) => {
      if (update.type === 'expiry') return undefined
      const jobs = update.type === 'snapshot' ? update.jobs : [update.job]
      const now = jobs.find(({ id }) => id === jobId)
      return now === undefined || now.endedAt === null ? undefined : now
    },
  )
  await client.renewal.items({ jobId, states: null, offset: 0, limit: 100 })
  await client.renewal.report({ jobId })
  return job.counts
}

/** Proves isolation between tenants; the id of its report. */
export async function prove(client: Client, tenants: string[]): Promise<string> {
  const probes = (await client.isolation.probes()).map(({ id }) => id)
  const { id } = await client.isolation.start({ tenants, probes })
  const reportId = await firstWhere(
    (signal) => client.isolation.watch(undefined, { signal }),
    'the isolation proof',
    WITHIN_MS,
    (update) => {
      if (update.type !== 'snapshot' || update.run?.id !== id) return undefined
      if (update.run.problem !== null) throw new Error(update.run.problem.message)
      return update.run.reportId ?? undefined
    },
  )
  await client.isolation.report({ id: reportId })
  return reportId
}

/** Rotates the operator's signing key and one of a tenant, and makes one for a role; the tenant's account. */
export async function rotateKeys(client: Client, tenant: string): Promise<string> {
  const { holders } = await client.keys.overview()
  const holder = holders.find(({ kind, tenants }) => kind === 'tenant' && tenants.includes(tenant))
  const signing = holder?.signingKeys.find(({ held, inUse }) => held && inUse)
  if (holder === undefined || signing === undefined)
    throw new Error(`${tenant} has no signing key.`)
  const key = { account: holder.publicKey, signingKey: signing.publicKey }
  await client.keys.keyImpact(key)
  // Those that it signed end with it; else it would wait for all of them to be replaced.
  await client.keys.rotate({ ...key, cut: true })
  await client.keys.addRole({ account: holder.publicKey, role: 'orchestrator', tenant })
  await client.keys.rotateOperator()
  const { roles } = await client.keys.roles()
  const device = roles.find(({ role }) => role === 'device')
  if (device !== undefined)
    await client.keys.setRole({ role: 'device', template: device.comesWith })
  await client.keys.overview()
  await client.resolver.look()
  const history = await client.resolver.history({ account: holder.publicKey })
  const versions = history.filter(({ current }) => !current)
  for (const { id } of versions.slice(0, 2)) {
    await client.resolver.diff({ account: holder.publicKey, from: null, to: id })
    await client.resolver.planRollback({ account: holder.publicKey, version: id })
  }
  return holder.publicKey
}

/** Writes a store of nsc with all keys, and looks into it again. */
export async function exportStore(client: Client, folder: string) {
  const { operatorName } = await client.nsc.exportPlan()
  const wrong = { folder, keys: 'all' as const, typedName: 'somebody else' }
  await client.nsc.export(wrong).catch(() => undefined)
  await client.nsc.export({ ...wrong, typedName: operatorName })
  await client.nsc.locations()
  await client.nsc.scan({ folders: [folder] })
}

/** Brings a store of nsc in, whose key files it removes. */
export async function importStore(client: Client, folder: string) {
  const scan = await client.nsc.scan({ folders: [folder] })
  const [operator] = scan.operators
  if (operator === undefined) throw new Error('The store has no operator.')
  await client.nsc.import({
    scan: scan.id,
    operator: operator.publicKey,
    dialect: 'device-connect',
    removeFiles: true,
  })
  const result = await firstWhere(
    (signal) => client.nsc.watch(undefined, { signal }),
    'the import',
    WITHIN_MS,
    (update) => {
      const problem = update.import?.problem ?? null
      if (problem !== null) throw new Error(problem.message)
      return update.import?.result ?? undefined
    },
  )
  await client.keys.overview()
  await client.credentials.page(EVERY_CREDENTIAL)
  return result
}

/** Writes a context of the nats CLI for a tenant, takes it over as a connection and writes that as one. */
export async function useContexts(client: Client, tenant: string) {
  await client.nsc.exportContext({
    name: 'at-the-site',
    source: { tenant, role: 'console', days: 7 },
  })
  await client.nsc.contexts()
  const { connection } = await client.nsc.importContext({
    name: 'at-the-site',
    connectionName: 'the site',
    dialect: 'device-connect',
    tenant,
  })
  await client.nsc.exportContext({ name: 'of-the-connection', source: { connection } })
  await client.mesh.connections()
}

/** Shows a credential to the access doctor, which asks, connects and logs in with it; the id. */
export async function showDoctor(client: Client, text: string): Promise<string> {
  const { id, facts } = await client.doctor.diagnose({ type: 'text', text })
  await client.doctor.ask({ id, operation: 'publish', subject: 'a.b', queue: null })
  if (facts.hasSeed) {
    await client.doctor.reach({ id, at: 'credential' })
    await client.doctor.login({ id, at: 'mesh' })
  }
  return id
}

/** Revokes one credential of a tenant, and asks for everything that is said of all of them. */
export async function revokeOne(client: Client, tenant: string) {
  const { rows } = await client.credentials.page(EVERY_CREDENTIAL)
  const mine = rows.find((row) => row.tenant === tenant && row.delivery !== 'internal')
  if (mine === undefined) throw new Error(`${tenant} has no credential.`)
  const target = { type: 'credentials' as const, ids: [mine.id] }
  await client.credentials.impact(target)
  const [begun] = await client.credentials.revoke({ target, reason: 'lost on a train' })
  await firstWhere(
    (signal) => client.credentials.revocations(undefined, { signal }),
    'the revocation',
    WITHIN_MS,
    (update) => {
      const all = update.type === 'snapshot' ? update.revocations : [update.revocation]
      const now = all.find(({ id }) => id === begun?.id)
      return now?.evidence.verdict ?? undefined
    },
  )
  for (const { id } of rows) await client.credentials.details({ id })
}

/** Reads and checks the whole audit log. */
export async function readAudit(client: Client) {
  const filter = {
    action: null,
    result: null,
    key: null,
    text: '',
    from: null,
    to: null,
    beginnings: true,
  }
  await client.audit.verify()
  await client.audit.list({ filter, before: null, limit: 500 })
}

/** A kit as whoever has it presents it, opened by a key of age. */
export interface KeyedKit {
  readonly text: string
  readonly identity: string
}

/** Takes the identity keys off the computer, borrows them, and puts them back. */
export async function goOffline(client: Client, { text, identity }: KeyedKit) {
  const kit = { text, keyhole: { kind: 'identity' as const, identity } }
  await client.recovery.rehearse(kit)
  await client.recovery.moveOffline(kit)
  await client.recovery.lend({ kit, minutes: 5 })
  await client.recovery.endLending()
  await client.recovery.bringBack(kit)
}

/** Restores an empty profile from a kit and a backup. */
export async function restore(client: Client, { text, identity }: KeyedKit, backup: Buffer) {
  const upload = crypto.randomUUID()
  for (let part = 0; part * PART_BYTES < backup.length; part += 1) {
    const bytes = backup.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)
    await client.recovery.uploadBackup({ upload, part, base64: bytes.toString('base64') })
  }
  const kit = { text, keyhole: { kind: 'identity' as const, identity } }
  const restored = await client.recovery.restore({ kit, upload })
  await client.keys.overview()
  await client.credentials.page(EVERY_CREDENTIAL)
  return restored
}
