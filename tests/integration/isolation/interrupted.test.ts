import { kill } from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TransientError } from '#shared/errors.ts'
import type { IsolationAuthority } from '../../../src/main/isolation/collaborators.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { HeldWitness } from './support/held-witness.ts'
import { ALL_PROBES, openProofSite, witnessFor, type ProofSite } from './support/proof-site.ts'
import { tamper } from './support/tampered-account.ts'

const TENANTS = ['alpha', 'beta', 'gamma', 'delta']

let deployment: Deployment
let witness: HeldWitness
/** Its proofs wait after their first pair until the witness lets them go on. */
let site: ProofSite

beforeEach(async () => {
  deployment = await startDeployment()
  for (const tenant of TENANTS) {
    await deployment.authority.createTenant(tenant, { isolation: 'account' })
  }
  witness = new HeldWitness(witnessFor(deployment))
  site = openProofSite(deployment, deployment.authority, { barrierTimeoutMs: 300, witness })
})

afterEach(async () => {
  await site.close()
  await deployment.close()
})

function credentialsLeft(): number {
  return deployment.authority.ledger
    .entries()
    .filter(({ name, state }) => name.startsWith('Isolation proof') && state === 'active').length
}

/** Starts a proof and waits until its first pair is done. */
async function underWay(probes = ALL_PROBES): Promise<string> {
  const { id } = site.service.start({ tenants: TENANTS, probes })
  await site.until((update) => update.type === 'progress' && update.done > 0)
  return id
}

async function outcome() {
  const over = await site.until(
    (update) =>
      update.type === 'snapshot' &&
      ['done', 'cancelled', 'failed'].includes(update.run?.state ?? ''),
  )
  if (over.type !== 'snapshot' || over.run === null) throw new Error('There is no run.')
  return over.run
}

test('cancelled, it tells what was seen by then, and proves nothing', async () => {
  const id = await underWay()
  site.service.cancel(id)
  const run = await outcome()
  expect(run.state).toBe('cancelled')
  const { report } = site.service.report(run.reportId ?? '')
  expect(report).toMatchObject({ ended: 'cancelled', verdict: 'inconclusive' })
  expect(report.counts.pairs).toBe(12)
  expect(report.counts.pairsInconclusive).toBeGreaterThan(0)
  expect(report.counts.pairsPassed).toBe(12 - report.counts.pairsInconclusive)
  expect(credentialsLeft()).toBe(0)
})

test('one at a time', async () => {
  const id = await underWay()
  expect(() => site.service.start({ tenants: TENANTS, probes: ALL_PROBES })).toThrow(
    expect.objectContaining({ code: 'PROOF_RUNNING' }),
  )
  site.service.cancel(id)
  await outcome()
  witness.letGo()
  const { report } = await site.reportOn(['alpha', 'beta'])
  expect(report.verdict).toBe('passed')
})

test('closing the app ends it and puts everything away', async () => {
  await underWay()
  await site.service.close()
  expect(credentialsLeft()).toBe(0)
})

test('a server that is gone in the middle leaves nothing that passes for a proof', async () => {
  await underWay()
  await deployment.server.kill9()
  witness.letGo()
  const run = await outcome()
  const { report } = site.service.report(run.reportId ?? '')
  expect(report).toMatchObject({
    ended: 'broken-off',
    verdict: 'inconclusive',
    problem: { code: 'PROOF_SERVER_LOST' },
  })
  expect(report.counts).toMatchObject({ crossed: 0 })
  expect(report.counts.pairsInconclusive).toBeGreaterThan(0)
  expect(credentialsLeft()).toBe(0)
})

test('a server that does not answer in time makes pairs inconclusive', async () => {
  await underWay(['publish', 'system-account'])
  kill(deployment.server.pid, 'SIGSTOP')
  witness.letGo()
  await site.until((update) => update.type === 'snapshot' && update.run?.state === 'ending')
  kill(deployment.server.pid, 'SIGCONT')
  const run = await outcome()
  const { report } = site.service.report(run.reportId ?? '')
  expect(report.verdict).toBe('inconclusive')
  expect(report.findings.some(({ text }) => text.includes('did not answer within'))).toBe(true)
})

test('a server that can not be reached is told of, and nothing is kept', async () => {
  await deployment.server.kill9()
  const run = await site.prove(['alpha', 'beta'])
  expect(run).toMatchObject({
    state: 'failed',
    reportId: null,
    problem: { code: 'MESH_UNREACHABLE', kind: 'transient' },
  })
  expect(credentialsLeft()).toBe(0)
})

test('a tenant that can not connect is inconclusive with all, and the others are proven', async () => {
  const restore = await tamper(deployment, 'beta', (claims) => {
    claims['limits'] = { ...(claims['limits'] as object), conn: 1 }
  })
  witness.letGo()
  const { report } = await site.reportOn(['alpha', 'beta', 'gamma'])
  await restore()
  expect(report.verdict).toBe('inconclusive')
  expect(report.counts).toMatchObject({ pairsPassed: 2, pairsInconclusive: 4, pairsFailed: 0 })
  expect(report.tenants.find(({ name }) => name === 'beta')?.problem).toMatchObject({
    // The client does not always hear the reason before it is cut.
    code: expect.stringMatching(/^(?:PROOF_CONNECTIONS_REFUSED|MESH_ACCOUNT_FULL)$/u),
  })
  expect(report.findings[0]?.text).toContain('beta took no part')
})

test('a keychain that is locked at the beginning is told of', async () => {
  const locked = openProofSite(deployment, {
    ...proxied(),
    issueUsers: () => Promise.reject(keychainLocked()),
  })
  const run = await locked.prove(['alpha', 'beta'])
  expect(run).toMatchObject({ state: 'failed', problem: { code: 'KEYCHAIN_LOCKED' } })
  await locked.close()
})

test('a keychain that is locked at the end leaves an unsigned report, which is signed later', async () => {
  let open = false
  const locked = openProofSite(deployment, {
    ...proxied(),
    signStatement: (text, use) =>
      open ? deployment.authority.signStatement(text, use) : Promise.reject(keychainLocked()),
  })
  const run = await locked.prove(['alpha', 'beta'])
  expect(run).toMatchObject({ state: 'done', problem: { code: 'KEYCHAIN_LOCKED' } })
  const id = run.reportId ?? ''
  const { report, signature } = locked.service.report(id)
  expect(report.verdict).toBe('passed')
  expect(signature).toBeNull()
  expect(locked.service.verify(JSON.stringify({ report, signature })).result).toBe('unsigned')
  open = true
  const signed = await locked.service.sign(id)
  expect(locked.service.verify(JSON.stringify(signed)).result).toBe('genuine')
  expect(locked.service.report(id)).toEqual(signed)
  await locked.close()
})

function proxied(): IsolationAuthority {
  const { authority } = deployment
  return {
    operator: () => authority.operator(),
    tenants: () => authority.tenants(),
    issueUsers: (requests) => authority.issueUsers(requests),
    endInternal: (ids, reason) => authority.endInternal(ids, reason),
    signStatement: (text, use) => authority.signStatement(text, use),
    operatorKeys: () => authority.operatorKeys(),
  }
}

function keychainLocked(): TransientError {
  return new TransientError({
    code: 'KEYCHAIN_LOCKED',
    message: 'The keychain is locked.',
    advice: 'Unlock it.',
  })
}
