import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RenewalItem, RenewalOrder } from '#shared/contract/renewal.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { encodeJwt, decodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey, privateKeyOf } from '../../../src/main/authority/nkey.ts'
import { RENEWAL_MIGRATIONS } from '../../../src/main/renewal/migrations.ts'
import type { RenewalIssuer } from '../../../src/main/renewal/renewal-issuer.ts'
import type { RenewalService } from '../../../src/main/renewal/renewal-service.ts'
import type { SimulatedDevice } from '../../../src/simulator/device.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { startTenantFleet, type TenantFleet } from '../support/tenant-fleet.ts'
import {
  MemorySlots,
  startField,
  startFieldDevice,
  TENANT,
  type FieldDevice,
  type FieldDeviceOptions,
} from './devices.ts'
import { openRenewals, type RenewalParts } from './open-renewals.ts'
import { NEVER } from '#shared/never.ts'

/** Renewal with real parts: authority, nats-server in operator mode, registry and simulated devices. */
const NO_FUNCTION: FieldDeviceOptions = { updates: undefined }

let deployment: Deployment
let folder: string
let tenantFleet: TenantFleet
let fleet: TenantFleet['fleet']
let parts: RenewalParts
let service: RenewalService
const devices: SimulatedDevice[] = []
const services: RenewalService[] = []

beforeAll(async () => {
  deployment = await startDeployment()
  const { authority, publisher, server, database } = deployment
  for (const { sql } of RENEWAL_MIGRATIONS) database.exec(sql)
  folder = await mkdtemp(join(tmpdir(), 'muster-renewal-'))
  tenantFleet = await startTenantFleet(deployment, TENANT)
  ;({ fleet } = tenantFleet)
  parts = {
    authority,
    database,
    system: publisher.connection!,
    console: tenantFleet.console,
    serverUrl: server.url,
    devices: fleet,
  }
  service = open()
})

afterAll(async () => {
  await Promise.all(services.map((one) => one.close()))
  await Promise.all(devices.map((device) => device.stop()))
  await tenantFleet.close()
  await deployment.close()
  await rm(folder, { recursive: true, force: true })
})

function open(change: Partial<RenewalParts> = {}): RenewalService {
  const opened = openRenewals({ ...parts, ...change })
  services.push(opened)
  return opened
}

async function field(deviceId: string, options: FieldDeviceOptions = {}): Promise<FieldDevice> {
  const started = await startFieldDevice(deployment.authority, deployment.server.url, deviceId, {
    updates: {},
    ...options,
  })
  devices.push(started.device)
  await fleet.whenOnline(TENANT, deviceId, NEVER)
  return started
}

function order(ids: readonly string[], change: Partial<RenewalOrder> = {}): RenewalOrder {
  return {
    selection: { ids: [...ids] },
    others: 'leave',
    folder: null,
    validDays: 90,
    atOnce: 10,
    spreadMinutes: 0,
    ...change,
  }
}

/** The only item of a job, once that has ended. */
async function outcome(of: RenewalService, jobId: string): Promise<RenewalItem> {
  await expect
    .poll(() => of.items({ jobId, states: null, offset: 0, limit: 1 }).rows[0]?.endedAt)
    .not.toBeNull()
  return of.items({ jobId, states: null, offset: 0, limit: 1 }).rows[0]!
}

async function renewAlone(
  of: RenewalService,
  { ledgerId }: Pick<FieldDevice, 'ledgerId'>,
): Promise<RenewalItem> {
  const { id } = await of.start(order([ledgerId]), NEVER)
  return outcome(of, id)
}

const statesOf = ({ publicKey }: FieldDevice) =>
  deployment.authority.ledger.entriesOfKey(publicKey).map(({ state }) => state)

const ping = async (deviceId: string) =>
  (
    await parts.console.request(
      `device-connect.${TENANT}.${deviceId}.cmd`,
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: {} }),
      { timeout: 30_000 },
    )
  ).json<{ result: string }>().result

/** An issuer whose JWTs no server takes. */
function rogue(real: RenewalIssuer): RenewalIssuer {
  const { publicKey, seed } = createNkey('account')
  const { key } = privateKeyOf(seed)
  const { sign } = process.getBuiltinModule('node:crypto')
  const signer = {
    publicKey,
    role: 'account' as const,
    sign: (data: Buffer) => sign(null, data, key),
  }
  return {
    issue: async (request) => {
      const issued = await real.issue(request)
      const { name, sub, nats, iat, exp } = decodeJwt(issued.file.nats.jwt)
      const forged = {
        name,
        subject: sub,
        type: 'user',
        nats,
        issuedAt: iat,
        expiresAt: exp!,
      } as const
      const jwt = encodeJwt(forged, signer)
      return { ...issued, file: { ...issued.file, nats: { ...issued.file.nats, jwt } } }
    },
    repeat: (id) => real.repeat(id),
    stateOf: (id) => real.stateOf(id),
    confirm: (id) => real.confirm(id),
    reinstate: (id) => real.reinstate(id),
    strike: (...of) => real.strike(...of),
    pendingSince: (...of) => real.pendingSince(...of),
  }
}

test('a device is given its new credential over the mesh and goes on with it', async () => {
  const slots = new MemorySlots()
  const pump = await field('pump-1', { updates: { slots } })
  const item = await renewAlone(service, pump)
  expect(item).toMatchObject({ state: 'renewed', delivery: 'mesh', problem: null })
  expect(statesOf(pump)).toEqual(['active', 'active'])
  await expect.poll(() => slots.current).toBeDefined()
  const { nats } = slots.current as CredentialFile
  expect(nats).toMatchObject({ urls: [deployment.server.url] })
  expect(nats.nkey_seed).toBeUndefined()
  expect(slots.next).toBeUndefined()
  expect(await ping('pump-1')).toBe('pong')
  expect(service.list({ filter: filterFor('pump-1'), offset: 0, limit: 9 })).toMatchObject({
    total: 1,
    rows: [{ expiresAt: item.expiresAt, status: 'ok', online: true, renewal: null }],
  })
})

test('a device that says no keeps its old credential, and what it was not given is struck', async () => {
  const pump = await field('pump-2', { updates: { fault: 'refuses' } })
  const item = await renewAlone(service, pump)
  expect(item).toMatchObject({ state: 'failed', problem: { code: 'RENEWAL_REFUSED' } })
  expect(item.problem?.message).toContain('flash is read-only')
  expect(statesOf(pump)).toEqual(['active', 'struck'])
  expect(await ping('pump-2')).toBe('pong')
})

test('a device whose new credential the server refuses goes back to its old one and says so', async () => {
  const slots = new MemorySlots()
  const pump = await field('pump-3', { updates: { slots } })
  const item = await renewAlone(open({ issuer: rogue }), pump)
  expect(item).toMatchObject({ state: 'rolled-back', problem: { code: 'RENEWAL_FELL_BACK' } })
  expect(statesOf(pump)).toEqual(['active', 'struck'])
  expect(slots).toMatchObject({ current: undefined, next: undefined })
  expect(await ping('pump-3')).toBe('pong')
})

test('a device that vanishes before it answers is rolled back, and its old credential works', async () => {
  const pump = await field('pump-4', { updates: { fault: 'dies-before-answer' } })
  const vanishing = open({ deadlineMs: 1_000 })
  const { id } = await vanishing.start(order([pump.ledgerId]), NEVER)
  const item = await outcome(vanishing, id)
  expect(item.problem?.message).not.toContain('eyJ')
  expect(['failed', 'rolled-back']).toContain(item.state)
  expect(statesOf(pump)).toEqual(['active', 'struck'])
  const again = startField('pump-4', pump.credentials, pump.seed)
  devices.push(again)
  await again.whenState('online')
})

test('one that took it and stayed away is rolled back at its deadline; when it comes back with the new one after all, that counts', async () => {
  const slots = new MemorySlots()
  const pump = await field('pump-5', { updates: { fault: 'stays-away', slots } })
  const item = await renewAlone(open({ deadlineMs: 1_000 }), pump)
  expect(item).toMatchObject({ state: 'rolled-back', problem: { code: 'RENEWAL_NOT_BACK' } })
  expect(statesOf(pump)).toEqual(['active', 'struck'])
  // Its power comes back: it tries what it stored first.
  const next = slots.next as CredentialFile
  const again = startField('pump-5', pump.credentials, pump.seed, { updates: { slots }, next })
  devices.push(again)
  await again.whenState('online')
  await expect.poll(() => statesOf(pump)).toEqual(['active', 'active'])
  expect(slots.current).toEqual(next)
})

test('a device that is offline or lacks the function is told apart before anything is done', async () => {
  const old = await field('pump-6', NO_FUNCTION)
  const away = await field('pump-7', { ttlSeconds: 1 })
  await away.device.stop()
  await expect.poll(() => fleet.isOnline(TENANT, 'pump-7')).toBe(false)
  const ids = [old.ledgerId, away.ledgerId]
  const plan = await service.plan({ ids }, NEVER)
  expect(plan).toMatchObject({ total: 2, overMesh: 0, underWay: 0 })
  expect(plan.others).toContainEqual({ reason: 'no-function', count: 1, examples: ['pump-6'] })
  expect(plan.others).toContainEqual({ reason: 'offline', count: 1, examples: ['pump-7'] })
  await expect(service.start(order(ids), NEVER)).rejects.toMatchObject({ code: 'RENEWAL_NOTHING' })
  const job = await service.start(order(ids, { others: 'commission' }), NEVER)
  await expect
    .poll(() => service.items({ jobId: job.id, states: ['manual'], offset: 0, limit: 9 }).total)
    .toBe(2)
})

test('a file is laid down for the others, without a key, and counts once it is used', async () => {
  const pump = await field('pump-8', NO_FUNCTION)
  const { id } = await service.start(order([pump.ledgerId], { others: 'file', folder }), NEVER)
  expect(await outcome(service, id)).toMatchObject({ state: 'written', delivery: 'file' })
  const list = () => service.list({ filter: filterFor('pump-8'), offset: 0, limit: 9 }).rows[0]
  expect(list()).toMatchObject({ id: pump.ledgerId, renewal: 'file-waits' })
  const [made] = (await readdir(folder)).filter((name) => name.startsWith('renewed-'))
  const path = join(folder, made!, TENANT, 'pump-8.creds.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const file = JSON.parse(await readFile(path, 'utf8')) as CredentialFile
  expect(file).toMatchObject({ device_id: 'pump-8', tenant: TENANT, auth_type: 'jwt' })
  expect(file.nats.nkey_seed).toBeUndefined()
  expect(statesOf(pump)).toEqual(['active', 'pending'])
  await pump.device.stop()
  devices.push(startField('pump-8', file, pump.seed))
  await expect.poll(() => statesOf(pump)).toEqual(['active', 'active'])
  expect((await outcome(service, id)).state).toBe('renewed')
  expect(list()).toMatchObject({ renewal: null, status: 'ok' })
})

test('a folder that can not be written to is refused before anything is issued', async () => {
  const pump = await field('pump-9', NO_FUNCTION)
  for (const bad of ['relative/path', join(folder, 'nowhere'), import.meta.filename]) {
    await expect(
      service.start(order([pump.ledgerId], { others: 'file', folder: bad }), NEVER),
    ).rejects.toMatchObject({ code: 'RENEWAL_FOLDER' })
  }
  expect(statesOf(pump)).toEqual(['active'])
})

test('at its end the old credential is cut off, and the renewed device lives on', async () => {
  const pump = await field('pump-10', { ttlMs: 4_000 })
  const state: string[] = []
  const witness = await deployment.connectAs({
    ledgerId: pump.ledgerId,
    publicKey: pump.publicKey,
    jwt: pump.credentials.nats.jwt,
    seed: pump.seed,
    expiresAt: new Date(),
    inboxPrefix: '_INBOX',
    accountPublicKey: '',
  })
  const cut = witness.closed()
  expect(await renewAlone(service, pump)).toMatchObject({ state: 'renewed' })
  const lost = new AbortController()
  const watch = pump.device
    .whenState('connecting', lost.signal)
    .then(() => state.push('lost'))
    .catch(() => undefined)
  expect(String(await cut)).toMatch(/expired|authentication|authorization/iu)
  expect(await ping('pump-10')).toBe('pong')
  expect(state).toEqual([])
  lost.abort()
  await watch
})

test('no JWT stands in the database, in a report or in what the window is told', async () => {
  const told: string[] = []
  const unsubscribe = service.subscribe((update) => void told.push(JSON.stringify(update)))
  const pump = await field('pump-11')
  const item = await renewAlone(service, pump)
  unsubscribe()
  const rows = ['renewal_jobs', 'renewal_items', 'credentials', 'procedures'].map((table) =>
    JSON.stringify(deployment.database.prepare(`SELECT * FROM ${table}`).all()),
  )
  const text = [...told, ...rows, service.report(item.jobId)].join('\n')
  expect(text).toContain('pump-11')
  expect(text).not.toMatch(/eyJ|SU[A-Z2-7]{56}/u)
})

function filterFor(search: string) {
  return { tenant: TENANT, status: 'all' as const, search, from: null, until: null }
}
