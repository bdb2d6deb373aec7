import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IsolationReport } from '#shared/contract/isolation.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { openProofSite, type ProofSite } from './support/proof-site.ts'

let deployment: Deployment
let site: ProofSite

beforeAll(async () => {
  deployment = await startDeployment()
  for (const tenant of ['alpha', 'beta', 'gamma']) {
    await deployment.authority.createTenant(tenant, { isolation: 'account' })
  }
  for (const tenant of ['shared-a', 'shared-b']) {
    await deployment.authority.createTenant(tenant, { isolation: 'shared' })
  }
  site = openProofSite(deployment)
})

afterAll(async () => {
  await site.close()
  await deployment.close()
})

/** What crossed, as `attacker > victim: probe`. */
function crossings({ findings }: IsolationReport): string[] {
  return findings
    .filter(({ kind }) => kind === 'crossed')
    .map(({ attacker, victim, probe }) => `${attacker} > ${victim}: ${probe}`)
    .toSorted()
}

test('tenants with an account each are isolated, and everything that must work does', async () => {
  const { report, signature } = await site.reportOn(['alpha', 'beta', 'gamma'])
  expect(report.findings).toEqual([])
  expect(report.verdict).toBe('passed')
  expect(report.ended).toBe('completed')
  expect(report.counts).toMatchObject({ pairs: 6, pairsPassed: 6, probes: 180 })
  expect(report.pairs.map(({ attacker, victim }) => `${attacker} ${victim}`)).toContain(
    'gamma alpha',
  )
  // Devices are refused by their permissions; what they may do, and whoever may do everything, is
  // held by the border of the accounts.
  expect(report.pairs[0]).toMatchObject({
    border: 'accounts',
    device: { publish: 'refused', 'inbox-wiretap': 'held', 'forged-reply': 'held' },
    unrestricted: { publish: 'held', subscribe: 'held', jetstream: 'held' },
  })
  expect(report.declared).toEqual([])
  expect(report.controls.length).toBeGreaterThan(0)
  expect(report.controls.filter(({ worked, tried }) => worked < tried || tried === 0)).toEqual([])
  expect(report.mesh).toMatchObject({ serverVersion: expect.stringMatching(/^2\./u) })
  expect(signature?.key).toBe(deployment.authority.operator()?.signingKey)
})

test('in a shared account the wiretap and the forged reply get through, and the report says so', async () => {
  const { report } = await site.reportOn(['alpha', 'shared-a', 'shared-b'])
  expect(report.verdict).toBe('failed')
  expect(crossings(report)).toEqual([
    'shared-a > shared-b: forged-reply',
    'shared-a > shared-b: inbox-wiretap',
    'shared-b > shared-a: forged-reply',
    'shared-b > shared-a: inbox-wiretap',
  ])
  expect(report.counts).toMatchObject({ pairsPassed: 4, pairsFailed: 2, pairsInconclusive: 0 })
  const pair = report.pairs.find(({ attacker }) => attacker === 'shared-a')
  expect(pair?.border).toBe('accounts')
  const [wiretap] = report.findings
  expect(wiretap?.text).toContain('only permissions separate them')
  expect(wiretap?.evidence[0]).toMatchObject({
    action: expect.stringContaining('_INBOX.'),
    saw: expect.stringMatching(/^heard |^was delivered/u),
  })
})

test('nothing is left behind: no connection, no stream, no credential that is still good', async () => {
  await site.reportOn(['alpha', 'beta'])
  const { authority, publisher } = deployment
  const left = authority.ledger
    .entries()
    .filter(({ name, state }) => name.startsWith('Isolation proof') && state !== 'struck')
  expect(left).toEqual([])
  for (const { account } of authority.tenants()) {
    const answer = await publisher.connection?.request(
      `$SYS.REQ.ACCOUNT.${account}.CONNZ`,
      '{"auth":true}',
    )
    expect(answer?.string()).not.toContain('isolation proof')
    const streams = await publisher.connection?.request(
      `$SYS.REQ.ACCOUNT.${account}.JSZ`,
      '{"accounts":true,"streams":true}',
    )
    expect(streams?.string()).not.toContain('MUSTER_PROBE')
  }
})

test('devices that are at work meanwhile are not disturbed', async () => {
  const device = await deployment.device('alpha', 'robot-1')
  const heard: string[] = []
  device.subscribe('device-connect.alpha.robot-1.>', {
    callback: (_error, message) => void heard.push(message.subject),
  })
  await device.flush()
  const { report } = await site.reportOn(['alpha', 'beta'])
  expect(report.verdict).toBe('passed')
  await device.flush()
  expect(heard).toEqual([])
})

test('the report holds nothing secret', async () => {
  const signed = await site.reportOn(['alpha', 'shared-a', 'shared-b'])
  await site.service.exportReport(signed.report.id, 'html')
  await site.service.exportReport(signed.report.id, 'json')
  expect(site.saved).toHaveLength(2)
  for (const { content } of site.saved) {
    const text = String(content)
    expect(text).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b/u)
    expect(text).not.toContain('eyJ')
    for (const seed of deployment.keychain.entries.values()) expect(text).not.toContain(seed)
  }
})

test('some tenants and some probes can be chosen', async () => {
  const { report } = await site.reportOn(['beta', 'alpha'], ['publish', 'jetstream'])
  expect(report.tenants.map(({ name }) => name)).toEqual(['alpha', 'beta'])
  expect(report.probes.map(({ id }) => id)).toEqual(['publish', 'jetstream'])
  expect(Object.keys(report.pairs[0]?.device ?? {})).toEqual(['publish', 'jetstream'])
  expect(report.verdict).toBe('passed')
})
