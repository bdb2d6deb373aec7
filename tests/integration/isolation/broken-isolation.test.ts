import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IsolationReport } from '#shared/contract/isolation.ts'
import type {
  IsolationAuthority,
  ProbeUserRequest,
} from '../../../src/main/isolation/collaborators.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { openProofSite } from './support/proof-site.ts'
import { tamper } from './support/tampered-account.ts'

let deployment: Deployment

beforeAll(async () => {
  deployment = await startDeployment()
  for (const tenant of ['alpha', 'beta']) {
    await deployment.authority.createTenant(tenant, { isolation: 'account' })
  }
  for (const tenant of ['shared-a', 'shared-b']) {
    await deployment.authority.createTenant(tenant, { isolation: 'shared' })
  }
})

afterAll(() => deployment.close())

function accountOf(tenant: string): string {
  return deployment.authority.tenants().find(({ name }) => name === tenant)?.account ?? ''
}

function crossed({ findings }: IsolationReport): string[] {
  return findings
    .filter(({ kind }) => kind === 'crossed')
    .map(({ attacker, victim, probe, as }) => `${attacker} > ${victim}: ${probe} as ${as}`)
    .toSorted()
}

async function prove(
  tenants: readonly string[],
  authority: IsolationAuthority = deployment.authority,
): Promise<IsolationReport> {
  const site = openProofSite(deployment, authority)
  const { report } = await site.reportOn(tenants)
  await site.close()
  return report
}

test('an import of a neighbour’s events is found, and nothing else', async () => {
  const restore = await tamper(deployment, 'alpha', (claims) => {
    claims.imports ??= []
    claims.imports.push({
      name: 'leak',
      subject: 'device-connect.beta.*.event.>',
      account: accountOf('beta'),
      type: 'stream',
    })
  })
  const report = await prove(['alpha', 'beta'])
  await restore()
  expect(crossed(report)).toEqual(['alpha > beta: subscribe as unrestricted'])
  expect(report.verdict).toBe('failed')
  expect(report.findings[0]?.text).toContain('look at their exports and imports')
  expect(report.counts).toMatchObject({ pairsFailed: 1, pairsPassed: 1 })
})

test('an export too much is found, also where it arrives under another subject', async () => {
  const restore = [
    await tamper(deployment, 'beta', ({ exports }) => {
      exports?.push({ name: 'open', subject: 'open.door', type: 'service' })
    }),
    await tamper(deployment, 'alpha', (claims) => {
      claims.imports ??= []
      claims.imports.push({
        name: 'open',
        subject: 'open.door',
        local_subject: 'device-connect.beta.broadcast',
        account: accountOf('beta'),
        type: 'service',
      })
    }),
  ]
  const report = await prove(['alpha', 'beta'])
  for (const undo of restore.toReversed()) await undo()
  expect(crossed(report)).toEqual(['alpha > beta: publish as unrestricted'])
  expect(report.findings[0]?.evidence[0]?.saw).toContain('open.door')
  expect(report.declared).toEqual([
    {
      into: 'alpha',
      from: 'beta',
      type: 'service',
      subject: 'open.door',
      localSubject: 'device-connect.beta.broadcast',
    },
  ])
})

/** An authority whose template for devices allows everything. */
function permissive(): IsolationAuthority {
  const { authority } = deployment
  const widened = (request: ProbeUserRequest): ProbeUserRequest =>
    request.role === 'device'
      ? { ...request, permissions: () => ({ pub: { allow: ['>'] }, sub: { allow: ['>'] } }) }
      : request
  return {
    operator: () => authority.operator(),
    tenants: () => authority.tenants(),
    issueUsers: (requests) => authority.issueUsers(requests.map(widened)),
    endInternal: (ids, reason) => authority.endInternal(ids, reason),
    signStatement: (text, use) => authority.signStatement(text, use),
    operatorKeys: () => authority.operatorKeys(),
  }
}

test('a device that may do everything gets through to all it shares an account with', async () => {
  const report = await prove(['shared-a', 'shared-b'], permissive())
  const probes = new Set(
    report.findings.flatMap(({ kind, probe }) => (kind === 'crossed' ? [probe] : [])),
  )
  expect(probes).toEqual(
    new Set([
      'publish',
      'subscribe',
      'request',
      'queue-theft',
      'inbox-wiretap',
      'private-inbox-wiretap',
      'service-reply-wiretap',
      'forged-reply',
      'forged-private-reply',
      'forged-service-reply',
      'jetstream',
      'registry-border',
      'forged-presence',
      'discovery',
    ]),
  )
  expect(report.counts).toMatchObject({ pairsFailed: 2, inconclusive: 0 })
  expect(report.pairs[0]?.device['system-account']).toBe('held')
})

test('between accounts the same device gets nowhere, and is reported as too wide', async () => {
  const report = await prove(['alpha', 'beta'], permissive())
  expect(crossed(report)).toEqual([])
  expect(report.verdict).toBe('passed')
  const weak = report.findings.filter(({ kind }) => kind === 'weak')
  expect(weak.map(({ probe }) => probe)).toContain('subscribe')
  expect(weak.map(({ probe }) => probe)).not.toContain('inbox-wiretap')
  expect(weak[0]?.text).toContain('wider than its tenant')
})
