import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ViewUpdate } from '#shared/contract/tenants.ts'
import { startTenancy, type TenancyUnderTest } from './support/tenancy.ts'
import { until } from '../../support/until.ts'
import { NEVER } from '#shared/never.ts'

let under: TenancyUnderTest

beforeAll(async () => {
  under = await startTenancy()
  for (const name of ['alpha', 'beta']) await under.tenancy.service.create(name)
  const registry = await under.deployment.registry()
  registry.subscribe('device-connect.*.discovery', {
    queue: 'orch',
    callback: (_error, message) => {
      const { id } = JSON.parse(message.string()) as { id: unknown }
      const tenant = message.subject.split('.')[1] ?? ''
      const device = { device_id: `robot-of-${tenant}`, identity: {}, status: {}, capabilities: {} }
      const result = { devices: [device], next_offset: null, total_matched: 1 }
      message.respond(JSON.stringify({ jsonrpc: '2.0', id, result }))
    },
  })
  await registry.flush()
})

afterAll(() => under.close())

/** A view with all that it told so far. */
function look(tenant: string) {
  const updates: ViewUpdate[] = []
  const close = under.tenancy.calls.views.view(tenant)((update) => void updates.push(update))
  const connected = () =>
    expect
      .poll(() => updates.findLast(({ type }) => type === 'session'))
      .toMatchObject({ session: { state: 'connected' } })
  return { updates, close, connected }
}

test("sees fleet, events and subjects of its tenant and nothing of another's", async () => {
  const view = look('alpha')
  await view.connected()
  const alpha = await under.deployment.device('alpha', 'robot')
  const beta = await under.deployment.device('beta', 'robot')
  await until('its subjects to be told', async () => {
    for (const [tenant, device] of [
      ['alpha', alpha],
      ['beta', beta],
    ] as const) {
      device.publish(`device-connect.${tenant}.robot.event.motion`, '{"params":{"at":1}}')
      await device.flush()
    }
    return view.updates.some(({ type }) => type === 'subjects')
  })
  const told = JSON.stringify(view.updates)
  expect(told).toContain('device-connect.alpha.robot.event.motion')
  expect(told).toContain('robot-of-alpha')
  expect(
    view.updates.some(
      ({ type, ...rest }) => type === 'events' && JSON.stringify(rest).includes('motion'),
    ),
  ).toBe(true)
  expect(told).not.toContain('beta')
  view.close()
})

test('its credential can not call, answer or change anything: the server refuses', async () => {
  const view = look('alpha')
  await view.connected()
  const [entry] = under.deployment.authority.ledger
    .entriesOfTenant('alpha')
    .filter(({ name }) => name === 'View as alpha')
  expect(entry?.permissions.pub).toEqual({ allow: ['device-connect.alpha.discovery'] })
  expect(entry?.permissions.resp).toBeUndefined()
  expect(entry?.permissions.sub.allow).toHaveLength(2)
  // The same permissions, in a hand that tries.
  const user = await under.deployment.authority.issueUser({
    account: { tenant: 'alpha' },
    role: 'console',
    name: 'tries',
    ttlMs: 60_000,
    delivery: 'internal',
    permissions: () => ({
      pub: { allow: entry?.permissions.pub.allow ?? [] },
      sub: { allow: entry?.permissions.sub.allow ?? [] },
    }),
  })
  const hand = await under.deployment.connectAs(user)
  const refused: string[] = []
  void (async () => {
    for await (const status of hand.status()) {
      if (status.type === 'error') refused.push(status.error.message)
    }
  })()
  for (const subject of ['robot.cmd', 'broadcast', 'registry', 'robot.heartbeat']) {
    hand.publish(`device-connect.alpha.${subject}`, '{}')
  }
  hand.publish('_INBOX.someone.else', 'forged')
  await hand.flush()
  await expect.poll(() => refused).toHaveLength(5)
  view.close()
})

test('ends with whoever looks: its connection goes', async () => {
  const connections = async () =>
    (await under.tenancy.service.detail('beta', NEVER)).usage?.connections
  const before = await connections()
  const view = look('beta')
  await view.connected()
  await expect.poll(connections).toBe((before ?? 0) + 1)
  view.close()
  await expect.poll(connections).toBe(before)
})
