import { afterEach, beforeEach, expect, test } from 'vitest'
import { Tenant } from '#shared/contract/tenants.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { TenantService, type TenantsUpdate } from '../../../src/main/tenants/tenant-service.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'

let deployment: Deployment
let service: TenantService

beforeEach(async () => {
  deployment = await startDeployment()
  service = serviceOf(5)
})

afterEach(async () => {
  await service.close()
  await deployment.close()
})

function serviceOf(firstRetryDelayMs: number): TenantService {
  return new TenantService({
    authority: deployment.authority,
    log: silentLogger(),
    firstRetryDelayMs,
  })
}

function failPushes(): void {
  deployment.publisher.around = () => Promise.reject(new Error('no mesh'))
}

function mend(): void {
  deployment.publisher.around = (request) => request()
}

/** The next snapshot in which the tenant is in that state. */
function whenState(name: string, state: Tenant['state']): Promise<Tenant> {
  return new Promise((resolve) => {
    const seen = ({ tenants }: TenantsUpdate) => {
      const tenant = tenants.find((each) => each.name === name)
      if (tenant?.state === state) resolve(tenant)
    }
    service.subscribe(seen)
  })
}

test('a new tenant is shown at once to who watches, in the shape of the contract', async () => {
  const updates: TenantsUpdate[] = []
  const stop = service.subscribe((update) => void updates.push(update))
  expect(updates).toEqual([{ type: 'snapshot', tenants: [] }])
  const tenant = await service.create('acme')
  expect(Tenant.parse(tenant)).toEqual(tenant)
  expect(tenant).toMatchObject({ name: 'acme', isolation: 'account', state: 'ready' })
  expect(updates.at(-1)).toEqual({ type: 'snapshot', tenants: [tenant] })
  stop()
  await service.create('other')
  expect(updates.at(-1)?.tenants).toHaveLength(1)
})

test('a name that is taken is a conflict', async () => {
  await service.create('acme')
  await expect(service.create('acme')).rejects.toMatchObject({
    code: 'TENANT_EXISTS',
    kind: 'conflict',
  })
})

test('a tenant that the mesh did not take is tried again until it is ready', async () => {
  failPushes()
  await expect(service.create('acme')).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  expect(service.list()).toMatchObject([{ state: 'error', problem: { kind: 'transient' } }])
  const ready = whenState('acme', 'ready')
  mend()
  expect((await ready).problem).toBeNull()
})

test('is tried again as soon as the mesh connects, and on demand', async () => {
  await service.close()
  service = serviceOf(60_000)
  failPushes()
  await expect(service.create('one')).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  await expect(service.create('two')).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  mend()
  expect(await service.create('one')).toMatchObject({ state: 'ready' })
  const ready = whenState('two', 'ready')
  service.retryPending()
  await ready
})

test('a tenant whose keys are gone waits for a person', async () => {
  const kept = new Map(deployment.keychain.entries)
  failPushes()
  await service.close()
  service = serviceOf(1)
  const failed = whenState('acme', 'error')
  const { publicKey = '', signingKey = '' } = deployment.authority.operator() ?? {}
  for (const key of [publicKey, signingKey]) deployment.keychain.entries.delete(key)
  await expect(service.create('acme')).rejects.toMatchObject({ code: 'OPERATOR_KEYS_MISSING' })
  expect((await failed).problem?.kind).toBe('rejected')
  for (const [key, seed] of kept) deployment.keychain.entries.set(key, seed)
  mend()
  expect(await service.create('acme')).toMatchObject({ state: 'ready' })
})

test("on a remote mesh its tenant is shown, and ours can't be created there", async () => {
  const own = await service.create('acme')
  service.followForeign(['theirs'])
  expect(service.list()).toMatchObject([{ name: 'theirs', account: null, state: 'ready' }])
  for (const tenant of service.list()) Tenant.parse(tenant)
  await expect(service.create('new')).rejects.toMatchObject({ code: 'TENANTS_NOT_OURS' })
  service.followOwn()
  expect(service.list()).toEqual([own])
})
