import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, jwtAuthenticator } from '@nats-io/transport-node'
import { decodeJwt, operatorKeysIn } from '../../../src/main/authority/jwt.ts'
import { until } from '../../support/until.ts'
import type { TestApp } from '../mesh/support/test-app.ts'
import { startCluster, type ManagedCluster } from './support/managed-cluster.ts'
import { NEVER } from '#shared/never.ts'
import { issueDevice, resolverOf } from './support/managed-site.ts'

let cluster: ManagedCluster
let app: TestApp

beforeAll(async () => {
  cluster = await startCluster()
  app = cluster.app
})
afterAll(() => cluster.close())

async function signingKeys(): Promise<string[]> {
  return operatorKeysIn(decodeJwt((await app.authority.bootstrap()).operatorJwt))
}

const unfinished = () => app.authority.procedures.unfinished()[0]
const resume = () => app.authority.procedures.resume(unfinished()?.id ?? '', NEVER)

async function issuers(): Promise<Set<string>> {
  const { accounts } = await app.authority.bootstrap()
  return new Set(accounts.map(({ jwt }) => decodeJwt(jwt).iss))
}

/** A device that was there before is let in on each server. */
async function loginEverywhere(device: { jwt: string; seed?: string }): Promise<void> {
  const authenticator = jwtAuthenticator(device.jwt, new TextEncoder().encode(device.seed ?? ''))
  for (const { url } of cluster.servers) {
    await until('the login', async () => {
      const connection = await connect({ servers: url, authenticator, reconnect: false }).catch(
        () => undefined,
      )
      await connection?.close()
      return connection !== undefined
    })
  }
}

test('the operator’s key is rotated on servers elsewhere, each of which a person gives each JWT', async () => {
  const [old = ''] = await signingKeys()
  const device = await issueDevice(app, 'robot')

  // No server knows the new key: nothing is signed with it, and daily work goes on with the old.
  await expect(app.authority.keys.rotateOperatorKey(NEVER)).rejects.toMatchObject({
    code: 'OPERATOR_NOT_INSTALLED',
    message: expect.stringContaining('2 servers') as string,
  })
  expect(unfinished()).toMatchObject({ canResume: true, canRollBack: true })
  expect(await issuers()).toEqual(new Set([old]))
  await app.tenants.create('meanwhile')

  await cluster.restart(0)
  // What a connect takes up by itself may be under way.
  await until('the end of that', () => unfinished()?.running === false)
  await expect(resume()).rejects.toMatchObject({
    code: 'OPERATOR_NOT_INSTALLED',
    message: expect.stringContaining('A server') as string,
  })
  expect(await issuers()).toEqual(new Set([old]))
  await loginEverywhere(device)

  await cluster.restart(1)
  await until('the end of that', () => unfinished()?.running === false)
  // Both keys are known everywhere now; until the old one is taken off the servers it counts there.
  await expect(resume()).rejects.toMatchObject({
    code: 'OPERATOR_NOT_INSTALLED',
    message: expect.stringContaining('2 servers of this mesh still trust') as string,
  })
  const [next = ''] = await signingKeys()
  expect(next).not.toBe(old)
  expect(await issuers()).toEqual(new Set([next]))
  expect(unfinished()).toMatchObject({ canResume: true, canRollBack: false })
  expect(cluster.profile.secrets.has(old)).toBe(true)
  await loginEverywhere(device)

  await cluster.restart(0)
  await cluster.restart(1)
  await until('the end of the rotation', async () => {
    if (unfinished()?.running === false) await resume().catch(() => undefined)
    return unfinished() === undefined
  })
  expect(cluster.profile.secrets.has(old)).toBe(false)
  const trust = await app.publisher.roster.trust(NEVER)
  expect(trust.map(({ operators }) => operators[0]?.keys)).toEqual([
    [app.authority.operator()?.publicKey, next],
    [app.authority.operator()?.publicKey, next],
  ])
  await app.tenants.create('afterwards')
  // Their disks were empty after each start; what the second lacks for that is seen, and put right.
  const resolver = resolverOf(app)
  for (const { publicKey, standing } of (await resolver.look(NEVER)).accounts) {
    if (standing === 'missing') await resolver.repair(publicKey, 'push', NEVER)
  }
  const { accounts } = await resolver.look(NEVER)
  expect(new Set(accounts.map(({ standing }) => standing))).toEqual(new Set(['in-step']))
  await loginEverywhere(device)
  expect(app.mesh.state()).toMatchObject({ state: 'connected', problem: null })
})
