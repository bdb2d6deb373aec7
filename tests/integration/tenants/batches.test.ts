import { readdir, readFile, stat, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BatchRequest } from '#shared/contract/tenants.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { logIn } from '../../support/log-in.ts'
import { batchOf, whenStill } from './support/run-batch.ts'
import { startTenancy, type TenancyUnderTest } from './support/tenancy.ts'
import { NEVER } from '#shared/never.ts'

let under: TenancyUnderTest

beforeEach(async () => {
  under = await startTenancy()
})

afterEach(() => under.close())

const request = (list: string, more: Partial<BatchRequest> = {}) =>
  batchOf(list, under.folder, more)

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.endsWith('.json') || name.endsWith('.tmp')).toSorted()
}

async function read(path: string): Promise<CredentialFile> {
  return JSON.parse(await readFile(join(under.folder, path), 'utf8')) as CredentialFile
}

async function connectWith({ nats }: CredentialFile) {
  return logIn(nats.urls[0] ?? '', { jwt: nats.jwt, seed: nats.nkey_seed })
}

test('makes tenants in both modes with credential files that work, and pushes REGISTRY once', async () => {
  const { deployment, tenancy } = under
  const { batches } = tenancy
  const pushed: string[] = []
  const publish = deployment.publisher.publish.bind(deployment.publisher)
  deployment.publisher.publish = (accounts, inner) => {
    pushed.push(...accounts.map(({ name }) => name))
    return publish(accounts, inner)
  }
  await batches.start(
    request('tenant,credentials,isolation\none,2,\ntwo,pump,shared\nthree,1,shared'),
  )
  expect(await whenStill(batches)).toMatchObject({
    state: 'done',
    tenantsReady: 3,
    credentials: 4,
    credentialsWritten: 4,
    problem: null,
  })
  expect(pushed).toEqual(['one', 'DEVICES', 'REGISTRY'])
  expect(await filesIn(under.folder)).toEqual([
    'one/credentials/device-1.creds.json',
    'one/credentials/device-2.creds.json',
    'three/credentials/device-1.creds.json',
    'two/credentials/pump.creds.json',
  ])
  const path = 'two/credentials/pump.creds.json'
  expect((await stat(join(under.folder, path))).mode & 0o777).toBe(0o600)
  const file = await read(path)
  expect(file).toMatchObject({ device_id: 'pump', tenant: 'two', auth_type: 'jwt' })
  const device = await connectWith(file)
  await device.flush()
  await device.close()
  const report = batches.report((await whenStill(batches)).id)
  expect(report.split('\n')).toHaveLength(5)
  expect(report).toContain(join(under.folder, path))
  const rows = deployment.database.prepare('SELECT * FROM tenant_batches').all()
  expect(rows).toEqual([])
  expect(
    report + JSON.stringify(deployment.database.prepare('SELECT * FROM credentials').all()),
  ).not.toContain(file.nats.nkey_seed)
})

test('200 tenants with 5 credentials each are a matter of seconds', async () => {
  const { batches } = under.tenancy
  const list = Array.from({ length: 200 }, (_none, index) => `tenant-${index}`).join('\n')
  await batches.start(request(list, { credentials: 5 }))
  const done = await whenStill(batches)
  expect(done).toMatchObject({ state: 'done', tenantsReady: 200, credentialsWritten: 1_000 })
  expect(await filesIn(under.folder)).toHaveLength(1_000)
})

test('tells every line that can not be used, and makes nothing then', async () => {
  const { tenancy, deployment } = under
  await tenancy.service.create('taken')
  const wanted = request('good\n\nbad name\ntaken\ngood\nNUL\n')
  const { problems, problemCount, tenants } = tenancy.batches.check(wanted)
  expect([tenants, problemCount]).toEqual([1, 4])
  expect(problems.map(({ line }) => line)).toEqual([3, 4, 5, 6])
  await expect(tenancy.batches.start(wanted)).rejects.toMatchObject({ code: 'LIST_HAS_PROBLEMS' })
  await expect(tenancy.batches.start(request('# nothing'))).rejects.toMatchObject({
    code: 'LIST_EMPTY',
  })
  expect(deployment.authority.tenants().map(({ name }) => name)).toEqual(['taken'])
  expect(await readdir(under.folder)).toEqual([])
})

test('never writes over a file that is there, nor into a folder that it may not', async () => {
  const { batches } = under.tenancy
  const folder = join(under.folder, 'one', 'credentials')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'device-2.creds.json'), 'mine')
  await expect(batches.start(request('one'))).rejects.toMatchObject({ code: 'FILE_EXISTS' })
  const inFile = join(folder, 'device-2.creds.json', 'deeper')
  await expect(batches.start(request('one', { folder: inFile }))).rejects.toMatchObject({
    code: 'FOLDER_UNWRITABLE',
  })
  await expect(batches.start(request('one', { folder: 'relative' }))).rejects.toMatchObject({
    code: 'FOLDER_INVALID',
  })
  expect(under.deployment.authority.tenants()).toEqual([])
})

test('more tenants than REGISTRY can name are refused before a key is made', async () => {
  const { deployment, tenancy } = under
  const keys = deployment.keychain.entries.size
  const list = Array.from({ length: 3_000 }, (_none, index) => `tenant-with-a-long-name-${index}`)
  await tenancy.batches.start(request(list.join('\n'), { credentials: 0 }))
  expect(await whenStill(tenancy.batches)).toMatchObject({
    state: 'failed',
    problem: { code: 'ACCOUNT_TOO_LARGE' },
  })
  expect(deployment.keychain.entries.size).toBe(keys)
  expect(deployment.authority.tenants()).toEqual([])
})

test('stopped while it writes it can be resumed, and every credential is issued once', async () => {
  const { deployment, tenancy } = under
  const { batches } = tenancy
  const list = Array.from({ length: 6 }, (_none, index) => `tenant-${index}`).join('\n')
  const started = await batches.start(request(list, { credentials: 40 }))
  const stop = batches.subscribe(({ batch }) => {
    if ((batch?.credentialsWritten ?? 0) > 0) batches.cancel(started.id)
  })
  const stopped = await whenStill(batches)
  stop()
  expect(stopped).toMatchObject({ state: 'stopped', problem: { code: 'CANCELLED' } })
  expect(stopped.credentialsWritten).toBeLessThan(240)
  await expect(batches.start(request('more'))).rejects.toMatchObject({ code: 'BATCH_UNFINISHED' })
  batches.resume(started.id)
  expect(await whenStill(batches)).toMatchObject({ state: 'done', credentialsWritten: 240 })
  const usable = deployment.authority.ledger.usableByTenant()
  expect([...usable.values()]).toEqual(Array.from({ length: 6 }, () => 40))
})

test('given up before the mesh took it, it leaves no tenant and no key', async () => {
  const { deployment, tenancy } = under
  const keys = deployment.keychain.entries.size
  deployment.publisher.around = () => Promise.reject(new Error('no mesh'))
  const { id } = await tenancy.batches.start(request('one\ntwo'))
  expect(await whenStill(tenancy.batches)).toMatchObject({
    state: 'failed',
    tenantsReady: 0,
    problem: { code: 'PUSH_FAILED' },
  })
  // Nobody else takes them up meanwhile.
  deployment.publisher.around = (work) => work()
  tenancy.service.retryPending()
  await expect.poll(() => tenancy.service.list()).toHaveLength(2)
  expect(tenancy.service.list().every(({ state }) => state !== 'ready')).toBe(true)
  await tenancy.batches.discard(id, NEVER)
  expect(tenancy.service.list()).toEqual([])
  expect(deployment.keychain.entries.size).toBe(keys)
  await tenancy.batches.start(request('one'))
  expect(await whenStill(tenancy.batches)).toMatchObject({ state: 'done' })
})
