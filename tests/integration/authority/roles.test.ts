import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialectOf } from '#shared/protocol/dialect.ts'
import {
  expandedRules,
  placedTemplate,
  type PermissionTemplate,
} from '#shared/protocol/permission-template.ts'
import { pullSubject } from '#shared/protocol/queue.ts'
import { DEFAULT_TEMPLATES, type RoleName } from '#shared/protocol/roles.ts'
import { isCovered } from '#shared/protocol/subject-patterns.ts'
import { decodeJwt, encodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import type { IssuedUser } from '../../../src/main/authority/user-issue.ts'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const ROOT = dialectOf('device-connect').subjectRoot
let deployment: Deployment
let acme: string

beforeAll(async () => {
  deployment = await startDeployment()
  acme = (await deployment.authority.createTenant('acme', { isolation: 'account' }, NEVER)).account
})

afterAll(() => deployment.close())

function issue(role: Exclude<RoleName, 'registry'>, name: string, more = {}): Promise<IssuedUser> {
  return deployment.authority.issueUser({
    account: { tenant: 'acme' },
    role,
    name,
    deviceId: name,
    ttlMs: DAY_MS,
    delivery: 'file',
    ...more,
  })
}

/** Refusals of each connection, which the server tells outside of any call. */
const refusals = new WeakMap<NatsConnection, string[]>()

function refusalsOf(connection: NatsConnection): string[] {
  const known = refusals.get(connection)
  if (known !== undefined) return known
  const told: string[] = []
  refusals.set(connection, told)
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') told.push(status.error.message)
    }
  })()
  return told
}

/** Whether the server lets a connection publish or subscribe. */
async function allowed(
  connection: NatsConnection,
  action: 'publish' | 'subscribe',
  subject: string,
): Promise<boolean> {
  const told = refusalsOf(connection)
  const before = told.length
  if (action === 'publish') connection.publish(subject)
  else connection.subscribe(subject, { callback: (error) => void (error && told.push('')) })
  // Refusals come before the answer to a ping that was sent later.
  await connection.flush()
  await connection.flush()
  return told.length === before
}

const PROBES = [
  `${ROOT}.acme.registry`,
  `${ROOT}.acme.discovery`,
  `${ROOT}.acme.robot-1.heartbeat`,
  `${ROOT}.acme.robot-1.event.x`,
  `${ROOT}.acme.robot-1.cmd`,
  `${ROOT}.acme.robot-2.heartbeat`,
  `${ROOT}.acme.robot-2.cmd`,
  `${ROOT}.acme.broadcast`,
  `${ROOT}.acme.device.online`,
  `${ROOT}.other.robot-1.cmd`,
  `${ROOT}.acme.robot-1.queue`,
  `${ROOT}.acme.robot-2.queue`,
  pullSubject('acme', 'robot-1'),
  pullSubject('acme', 'robot-2'),
  pullSubject('other', 'robot-1'),
  '$JS.ACK.commands-acme.cmd-acme-robot-1.1.1.1.1.0',
  '$JS.ACK.commands-acme.cmd-acme-robot-2.1.1.1.1.0',
  '$JS.API.CONSUMER.INFO.commands-acme.cmd-acme-robot-1',
  '$JS.API.STREAM.INFO.commands-acme',
  '_INBOX.x',
  '_INBOX_PRIVATE.UX.x',
  'x.y',
  '$SYS.REQ.ACCOUNT.PING',
  `${ROOT}.acme.*.cmd`,
  `${ROOT}.acme.>`,
  '>',
]

test.each(['device', 'device-own', 'orchestrator', 'console', 'viewer'] as const)(
  'the preview of the role %s is what the server allows, signed by a plain key and by a scoped one',
  async (role) => {
    const plain = await issue(role, 'robot-1')
    await deployment.authority.keys.addRoleKey({ account: acme, role, tenant: 'acme' }, NEVER)
    const scoped = await issue(role, 'robot-1')
    expect(decodeJwt(plain.jwt).nats).toHaveProperty('pub')
    const tags = role.startsWith('device') ? { tags: ['queue:cmd-acme-robot-1'] } : {}
    const bare = { issuer_account: acme, type: 'user', version: 2 }
    expect(decodeJwt(scoped.jwt).nats).toEqual({ ...bare, ...tags })
    for (const user of [plain, scoped]) {
      const { permissions } = deployment.authority.ledger.entry(user.ledgerId)!
      const connection = await deployment.connectAs(user)
      for (const subject of [...PROBES, `${user.inboxPrefix}.x`]) {
        const expected = permissions.sub.allow.some((allow) => isCovered(subject, allow))
        expect([subject, await allowed(connection, 'subscribe', subject)]).toEqual([
          subject,
          expected,
        ])
        if (/[*>]/u.test(subject)) continue
        const speaks = permissions.pub.allow.some((allow) => isCovered(subject, allow))
        expect([subject, await allowed(connection, 'publish', subject)]).toEqual([subject, speaks])
      }
      await connection.close()
    }
  },
)

test('nats-server fills in name, key and tags of a user as the preview does, and nothing else', async () => {
  const account = createNkey('account')
  const scope = createNkey('account')
  const user = createNkey('user')
  const template: PermissionTemplate = {
    pub: {
      allow: [
        'a.{{name()}}.x',
        'b.{{subject()}}',
        'c.{{tag(zone)}}.{{name()}}',
        'd.{{tag(none)}}',
        'e.{{odd()}}',
        'f.x{{name()}}',
        'g.{{NAME()}}',
      ],
      deny: ['a.{{name()}}.secret'],
    },
    sub: { allow: ['h.{{account-subject()}}'], deny: [] },
    answers: null,
    inbox: 'private',
  }
  const placed = placedTemplate(template, { root: ROOT, tenant: 'acme' })
  const signer = signerOf(
    deployment.keychain.entries.get(deployment.authority.operator()!.signingKey)!,
  )
  const issuedAt = Math.floor(Date.now() / 1000)
  const limits = { subs: -1, data: -1, payload: -1 }
  const jwt = encodeJwt(
    {
      name: 'probe',
      subject: account.publicKey,
      type: 'account',
      nats: {
        limits: { ...limits, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
        signing_keys: [
          {
            kind: 'user_scope',
            key: scope.publicKey,
            role: 'probe',
            template: { pub: placed.pub, sub: placed.sub, ...limits },
          },
        ],
        default_permissions: { pub: {}, sub: {} },
      },
      issuedAt,
    },
    signer,
  )
  await deployment.publisher.publish([{ name: 'probe', publicKey: account.publicKey, jwt }], NEVER)
  const tags = ['zone:North', 'zone:south']
  const connection = await deployment.connectAs({
    ledgerId: '',
    ...user,
    jwt: encodeJwt(
      {
        name: 'robot-1',
        subject: user.publicKey,
        type: 'user',
        nats: { issuer_account: account.publicKey, tags },
        issuedAt,
      },
      signerOf(scope.seed),
    ),
    expiresAt: new Date(),
    inboxPrefix: `_INBOX_PRIVATE.${user.publicKey}`,
    accountPublicKey: account.publicKey,
  })
  const rules = expandedRules(placed.pub, { name: 'robot-1', publicKey: user.publicKey, tags })
  expect(rules.allow).toContain('c.south.robot-1')
  const probes = [
    ...rules.allow.filter((subject) => !subject.endsWith('>')),
    'a.robot-2.x',
    'a.{{name()}}.x',
    'b.UX',
    'c.east.robot-1',
    'd.x',
    'd.',
    'e.x',
    'f.xrobot-1',
    'g.x',
  ].filter((subject) => !subject.endsWith('.'))
  for (const subject of probes) {
    const expected = rules.allow.some((allow) => isCovered(subject, allow))
    expect([subject, await allowed(connection, 'publish', subject)]).toEqual([subject, expected])
  }
  expect(await allowed(connection, 'publish', 'a.robot-1.secret')).toBe(false)
  expect(await allowed(connection, 'subscribe', `h.${account.publicKey}`)).toBe(true)
  expect(await allowed(connection, 'subscribe', 'h.x')).toBe(false)
})

test('a name that would widen subjects is refused where the role is made of names', async () => {
  for (const name of ['*', '>', 'a.b', 'a b', '']) {
    await expect(issue('device-own', name)).rejects.toMatchObject({ code: 'USER_NAME' })
  }
})

test('what an unknown user of a scoped key brings of its own makes the server refuse it', async () => {
  const { keychain, authority } = deployment
  const key = (await authority.keys.signingKeysOf(acme)).find(({ role }) => role === 'device')!
  const user = createNkey('user')
  const nats = { issuer_account: acme, pub: { allow: ['>'] }, subs: -1, data: -1, payload: -1 }
  const issuedAt = Math.floor(Date.now() / 1000)
  const jwt = encodeJwt(
    { name: 'x', subject: user.publicKey, type: 'user', nats, issuedAt },
    signerOf(keychain.entries.get(key.publicKey)!),
  )
  await expect(
    deployment.connectAs({ ...(await issue('device', 'x')), ...user, jwt }),
  ).rejects.toThrow(/authorization/iu)
})

test('editing a role changes what the users of its scoped keys may do, at once, and of no others', async () => {
  const { authority } = deployment
  const before = await deployment.connectAs(await issue('console', 'desk'))
  const other = await deployment.connectAs(await issue('viewer', 'guest'))
  const own = await deployment.console('acme')
  const cut = before.closed()
  const narrow = {
    ...DEFAULT_TEMPLATES.console,
    pub: { allow: ['{root}.{tenant}.discovery'], deny: [] },
  }
  await authority.keys.setTemplate('console', narrow, NEVER)
  await cut
  const after = await deployment.connectAs(await issue('console', 'desk'))
  expect(await allowed(after, 'publish', `${ROOT}.acme.robot-1.cmd`)).toBe(false)
  expect(await allowed(after, 'publish', `${ROOT}.acme.discovery`)).toBe(true)
  await Promise.all([other.flush(), own.flush()])
  expect([other.isClosed(), own.isClosed()]).toEqual([false, false])
  expect(authority.keys.templateEditedAt('console')).not.toBeNull()
  await authority.keys.setTemplate('console', null, NEVER)
  const restored = await deployment.connectAs(await issue('console', 'desk'))
  expect(await allowed(restored, 'publish', `${ROOT}.acme.robot-1.cmd`)).toBe(true)
})

test.each(['>', '$SYS.>', '{root}.>', '{root}.other.>'])(
  'a role with %s is refused and nothing is sent',
  async (subject) => {
    const { authority, publisher } = deployment
    const before = await publisher.lookUp(acme)
    const template = { ...DEFAULT_TEMPLATES.device, sub: { allow: [subject], deny: [] } }
    await expect(authority.keys.setTemplate('device', template, NEVER)).rejects.toMatchObject({
      code: 'TEMPLATE_UNSAFE',
      details: { list: 'sub.allow', subject },
    })
    expect(await publisher.lookUp(acme)).toBe(before)
    expect(authority.keys.template('device')).toEqual(DEFAULT_TEMPLATES.device)
  },
)

test('a role key is made once, and only where its tenant lives', async () => {
  const { authority } = deployment
  const request = { account: acme, role: 'device', tenant: 'acme' } as const
  const [first, second] = [
    await authority.keys.addRoleKey(request, NEVER),
    await authority.keys.addRoleKey(request, NEVER),
  ]
  expect(second).toEqual(first)
  await expect(
    authority.keys.addRoleKey({ ...request, tenant: 'other' }, NEVER),
  ).rejects.toMatchObject({ code: 'ROLE_NEEDS_TENANT' })
})

test('plain credentials from before an account had scoped keys keep working beside them', async () => {
  const { authority } = deployment
  await authority.createTenant('old', { isolation: 'account' }, NEVER)
  const request = {
    account: { tenant: 'old' },
    role: 'device',
    name: 'robot',
    deviceId: 'robot',
    ttlMs: DAY_MS,
    delivery: 'file',
  } as const
  const early = await authority.issueUser(request)
  const connection = await deployment.connectAs(early)
  const { account } = authority.tenants().find(({ name }) => name === 'old')!
  await authority.keys.addRoleKey({ account, role: 'device', tenant: 'old' }, NEVER)
  await connection.flush()
  const again = await deployment.connectAs(early)
  await again.flush()
  expect(connection.isClosed()).toBe(false)
})
