import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { logIn } from '../../support/log-in.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const TENANTS = ['alpha', 'beta', 'gamma'] as const
let deployment: Deployment
let registryUser: IssuedUser
let deviceUsers: IssuedUser[]

beforeAll(async () => {
  deployment = await startDeployment()
  const { authority } = deployment
  for (const tenant of TENANTS) {
    await authority.createTenant(
      tenant,
      { isolation: tenant === 'gamma' ? 'shared' : 'account' },
      NEVER,
    )
  }
  registryUser = await authority.issueUser({
    account: 'registry',
    role: 'registry',
    name: 'registry',
    ttlMs: DAY_MS,
    delivery: 'internal',
  })
  deviceUsers = await authority.issueUsers(
    TENANTS.map((tenant) => ({
      account: { tenant },
      role: 'device' as const,
      name: 'robot',
      deviceId: 'robot',
      ttlMs: DAY_MS,
      delivery: 'file' as const,
    })),
  )
})

afterAll(() => deployment.close())

test.each(['registry', 'device'] as const)(
  'after a restart from what is recorded everything crosses as before, the %s first',
  async (first) => {
    const { authority } = deployment
    const { operatorJwt, systemAccount, accounts } = await authority.bootstrap()
    const preload = [systemAccount, ...accounts].map(({ publicKey, jwt }) => `${publicKey}: ${jwt}`)
    const server = await startNatsServer({
      files: { 'op.jwt': operatorJwt },
      config: `
        operator: op.jwt
        system_account: ${systemAccount.publicKey}
        resolver: { type: full, dir: "jwt", allow_delete: true, interval: "2m", limit: 10000 }
        resolver_preload: { ${preload.join('\n')} }`,
    })
    const open = (user: IssuedUser) => logIn(server.url, user)
    try {
      const early = first === 'registry' ? await open(registryUser) : undefined
      const devices = await Promise.all(deviceUsers.map(open))
      const registry = early ?? (await open(registryUser))
      registry.subscribe('device-connect.*.registry', {
        callback: (_error, message) => void message.respond(message.subject),
      })
      const heartbeats = registry.subscribe('device-connect.*.*.heartbeat', { max: TENANTS.length })
      await registry.flush()
      for (const [index, tenant] of TENANTS.entries()) {
        const device = devices[index]!
        device.subscribe(`device-connect.${tenant}.robot.cmd`, {
          callback: (_error, message) => void message.respond(tenant),
        })
        const online = device.subscribe(`device-connect.${tenant}.device.online`, { max: 1 })
        await device.flush()
        const answer = await device.request(`device-connect.${tenant}.registry`, '{}')
        expect(answer.string()).toBe(`device-connect.${tenant}.registry`)
        const result = await registry.request(`device-connect.${tenant}.robot.cmd`, '{}')
        expect(result.string()).toBe(tenant)
        device.publish(`device-connect.${tenant}.robot.heartbeat`, '{}')
        registry.publish(`device-connect.${tenant}.device.online`, '{}')
        for await (const message of online) expect(message.subject).toContain('online')
      }
      const heard: string[] = []
      for await (const message of heartbeats) heard.push(message.subject)
      expect(heard).toHaveLength(TENANTS.length)
      await Promise.all([registry, ...devices].map((connection) => connection.close()))
    } finally {
      await server.stop()
    }
  },
)

test('no seed is in the database, the resolver or the server log', async () => {
  const { database, server, keychain } = deployment
  const copy = join(await mkdtemp(join(tmpdir(), 'muster-search-')), 'copy.db')
  database.prepare('VACUUM INTO ?').run(copy)
  const resolver = join(server.folder, 'jwt')
  const files = (await readdir(resolver)).map((name) => join(resolver, name))
  const texts = await Promise.all([copy, ...files].map((path) => readFile(path, 'latin1')))
  await rm(join(copy, '..'), { recursive: true })
  const everything = [...texts, server.output()].join('\n')
  expect(everything).not.toMatch(/S[OAU][A-Z2-7]{56}/u)
  expect(keychain.entries.size).toBe(12)
})
