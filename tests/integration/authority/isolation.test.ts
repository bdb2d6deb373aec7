import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDeployment, type Deployment } from './support/deployment.ts'
import { NEVER } from '#shared/never.ts'

let deployment: Deployment
let registry: NatsConnection
let alpha: NatsConnection
let beta: NatsConnection

beforeAll(async () => {
  deployment = await startDeployment()
  for (const tenant of ['alpha', 'beta']) {
    const created = await deployment.authority.createTenant(tenant, { isolation: 'account' }, NEVER)
    expect(created.state).toBe('ready')
  }
  registry = await deployment.registry()
  alpha = await deployment.device('alpha', 'robot-1')
  beta = await deployment.device('beta', 'robot-1')
})

afterAll(() => deployment.close())

test('a registry answers the registrations of two tenants on one connection', async () => {
  const subscription = registry.subscribe('device-connect.*.registry', {
    queue: 'registry',
    callback: (_error, message) => void message.respond(`registered on ${message.subject}`),
  })
  await registry.flush()
  const answers = await Promise.all(
    [alpha, beta].map((device, index) =>
      device.request(`device-connect.${['alpha', 'beta'][index]}.registry`, '{}'),
    ),
  )
  expect(answers.map((answer) => answer.string())).toEqual([
    'registered on device-connect.alpha.registry',
    'registered on device-connect.beta.registry',
  ])
  subscription.unsubscribe()
})

test('a console asks the discovery RPC and hears its answer on its private inbox', async () => {
  const console = await deployment.console('alpha')
  const subscription = registry.subscribe('device-connect.*.discovery', {
    queue: 'orch',
    callback: (_error, message) => void message.respond(message.subject),
  })
  await registry.flush()
  const answer = await console.request('device-connect.alpha.discovery', '{}')
  expect(answer.string()).toBe('device-connect.alpha.discovery')
  subscription.unsubscribe()
})

test('heartbeats and events of every tenant reach the registry', async () => {
  const heartbeats = registry.subscribe('device-connect.*.*.heartbeat', { max: 2 })
  const events = registry.subscribe('device-connect.*.*.event.>', { max: 2 })
  await registry.flush()
  for (const [device, tenant] of [
    [alpha, 'alpha'],
    [beta, 'beta'],
  ] as const) {
    device.publish(`device-connect.${tenant}.robot-1.heartbeat`, '{}')
    device.publish(`device-connect.${tenant}.robot-1.event.motion`, '{}')
  }
  expect((await subjectsOf(heartbeats)).toSorted()).toEqual([
    'device-connect.alpha.robot-1.heartbeat',
    'device-connect.beta.robot-1.heartbeat',
  ])
  expect((await subjectsOf(events)).toSorted()).toEqual([
    'device-connect.alpha.robot-1.event.motion',
    'device-connect.beta.robot-1.event.motion',
  ])
})

test('the registry calls a function of a device and gets its answer', async () => {
  const subscription = alpha.subscribe('device-connect.alpha.robot-1.cmd', {
    callback: (_error, message) => void message.respond('done'),
  })
  await alpha.flush()
  const answer = await registry.request('device-connect.alpha.robot-1.cmd', '{}')
  expect(answer.string()).toBe('done')
  subscription.unsubscribe()
})

test('a console calls a function of a device of its tenant', async () => {
  const console = await deployment.console('beta')
  const subscription = beta.subscribe('device-connect.beta.robot-1.cmd', {
    callback: (_error, message) => void message.respond('done'),
  })
  await beta.flush()
  const answer = await console.request('device-connect.beta.robot-1.cmd', '{}')
  expect(answer.string()).toBe('done')
  subscription.unsubscribe()
})

test('online and offline notices reach the tenant they are about, and no other', async () => {
  const console = await deployment.console('alpha')
  const heard = console.subscribe('device-connect.alpha.device.*', { max: 2 })
  const betaHears: string[] = []
  const eavesdrop = beta.subscribe('device-connect.beta.>', {
    callback: (_error, message) => void betaHears.push(message.subject),
  })
  await Promise.all([console.flush(), beta.flush()])
  registry.publish('device-connect.alpha.device.online', '{}')
  registry.publish('device-connect.alpha.device.offline', '{}')
  expect(await subjectsOf(heard)).toEqual([
    'device-connect.alpha.device.online',
    'device-connect.alpha.device.offline',
  ])
  await beta.flush()
  expect(betaHears).toEqual([])
  eavesdrop.unsubscribe()
})

test('nothing that a tenant says reaches a client of another tenant', async () => {
  const refused: string[] = []
  void (async () => {
    for await (const status of beta.status()) {
      if (status.type === 'error') refused.push(status.error.message)
    }
  })()
  const heard: string[] = []
  const wiretaps = ['device-connect.alpha.>', 'device-connect.beta.>', '_INBOX.>'].map((subject) =>
    beta.subscribe(subject, {
      callback: (error, message) => void (error === null && heard.push(message.subject)),
    }),
  )
  await beta.flush()
  const responder = alpha.subscribe('device-connect.alpha.robot-1.cmd', {
    callback: (_error, message) => void message.respond('secret of alpha'),
  })
  await alpha.flush()
  const other = await deployment.device('alpha', 'robot-2')
  const answer = await other.request('device-connect.alpha.robot-1.cmd', '{}')
  expect(answer.string()).toBe('secret of alpha')
  await registry.request('device-connect.alpha.robot-1.cmd', '{}')
  alpha.publish('device-connect.alpha.robot-1.event.motion', '{}')
  await alpha.flush()
  await beta.flush()
  expect(heard).toEqual([])
  expect(refused.join()).toContain('device-connect.alpha.>')
  responder.unsubscribe()
  for (const wiretap of wiretaps) wiretap.unsubscribe()
})

test('a client can not publish into another tenant', async () => {
  const heard: string[] = []
  const subscription = alpha.subscribe('device-connect.alpha.>', {
    callback: (_error, message) => void heard.push(message.subject),
  })
  await alpha.flush()
  const errors = beta.status()
  beta.publish('device-connect.alpha.robot-1.cmd', '{}')
  for await (const status of errors) {
    if (status.type === 'error') {
      expect(status.error.message).toContain('device-connect.alpha.robot-1.cmd')
      break
    }
  }
  await alpha.flush()
  expect(heard).toEqual([])
  subscription.unsubscribe()
})

test('a device of the same tenant can not listen to the private inbox of a console', async () => {
  const console = await deployment.console('alpha')
  const spy = await deployment.device('alpha', 'spy')
  const heard: string[] = []
  for (const subject of ['_INBOX.>', '_INBOX_*.>', '>']) {
    spy.subscribe(subject, {
      callback: (error, message) => void (error === null && heard.push(message.subject)),
    })
  }
  await spy.flush()
  const responder = alpha.subscribe('device-connect.alpha.robot-1.cmd', {
    callback: (_error, message) => void message.respond('for the console'),
  })
  await alpha.flush()
  await console.request('device-connect.alpha.robot-1.cmd', '{}')
  await spy.flush()
  expect(heard).toEqual([])
  responder.unsubscribe()
})

async function subjectsOf(subscription: Subscription): Promise<string[]> {
  const subjects: string[] = []
  for await (const message of subscription) subjects.push(message.subject)
  return subjects
}
