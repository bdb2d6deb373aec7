import type { NatsConnection } from '@nats-io/transport-node'
import { signAccount } from '../src/main/authority/account-changes.ts'
import type { AccountClaims } from '../src/main/authority/account-claims.ts'
import { decodeJwt } from '../src/main/authority/jwt.ts'
import { REVOCATION_ENTRIES_MAX } from '../src/main/authority/revocation-list.ts'
import { signerOf, type Signer } from '../src/main/authority/signer.ts'
import type { IssuedUser } from '../src/main/authority/user-issue.ts'
import { startSite, type CredentialsSite } from '../tests/integration/credentials/support/site.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import { percentile } from './measure.ts'

const REVOCATIONS_PER_SAMPLE = 20
/** What one revocation adds to the list: the key and the probe's. */
const ENTRIES_EACH = 2
const DAY_MS = 24 * 60 * 60 * 1000
const PATIENCE_MS = 60_000
const TENANT = 'bench'

/** From the click to the socket of a connected client being closed, with so many revocations before it. */
function revokeWith(entries: number, name: string, limitMs: number): Benchmark {
  return {
    name,
    unit: 'ms',
    better: 'less',
    goal: { of: 'value', limit: limitMs },
    peer: 'the same account JWT, signed beforehand, in one bare request to the server, p99',
    prepare: async ({ runs, endings }) => {
      const site = endings.add(await startSite(), (it) => it.close())
      const { account } = await site.authority.createTenant(TENANT, { isolation: 'account' })
      const room = REVOCATION_ENTRIES_MAX - ENTRIES_EACH * REVOCATIONS_PER_SAMPLE * (runs + 1)
      await revokeAll(site, Math.min(entries, room))
      const operator = site.authority.operator()
      const seed = await site.keychain.get(operator?.signingKey ?? '')
      const signer = signerOf(seed ?? '')
      await sampleOf(site, account, signer, 2)
      return () => sampleOf(site, account, signer, REVOCATIONS_PER_SAMPLE)
    },
  }
}

export const REVOCATION_BENCHMARKS: readonly Benchmark[] = [
  revokeWith(0, 'authority.revoke', 50),
  revokeWith(1_000, 'authority.revoke-1000', 50),
  revokeWith(8_000, 'authority.revoke-8000', 100),
]

/** Ours and the bare one by turns, so that both meet the same machine. */
async function sampleOf(
  site: CredentialsSite,
  account: string,
  signer: Signer,
  count: number,
): Promise<Sample> {
  const ours: number[] = []
  const bare: number[] = []
  for (let turn = 0; turn < count; turn += 1) {
    const [victim, other] = await issue(site, 2)
    if (victim === undefined || other === undefined) throw new Error('No users were issued.')
    bare.push(await cutBare(site, account, signer, other))
    ours.push(await cut(site, victim))
  }
  return { value: percentile(ours, 99), peer: percentile(bare, 99) }
}

async function cut(site: CredentialsSite, user: IssuedUser): Promise<number> {
  const connection = await site.connectAs(user)
  const startedAt = performance.now()
  const revoked = site.revoke({ type: 'credentials', ids: [user.ledgerId] })
  await connection.closed()
  const took = performance.now() - startedAt
  const { evidence } = await revoked
  if (evidence.verdict !== 'proven') throw new Error(`A revocation is ${String(evidence.verdict)}.`)
  return took
}

/** Pushes what the account has, with one entry more. The authority's next push takes it out again. */
async function cutBare(
  site: CredentialsSite,
  publicKey: string,
  signer: Signer,
  user: IssuedUser,
): Promise<number> {
  const connection = await site.connectAs(user)
  const { name, nats } = decodeJwt(await site.publisher.lookUp(publicKey))
  const claims = nats as unknown as AccountClaims
  const revocations = { ...claims.revocations, [user.publicKey]: Math.ceil(Date.now() / 1000) }
  const { jwt } = signAccount({ name, publicKey }, { ...claims, revocations }, signer, new Date())
  const system = site.publisher.connection as NatsConnection
  const startedAt = performance.now()
  const answer = system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: PATIENCE_MS })
  await connection.closed()
  const took = performance.now() - startedAt
  await answer
  return took
}

async function revokeAll(site: CredentialsSite, count: number): Promise<void> {
  if (count === 0) return
  const users = await issue(site, count)
  const ledgerIds = users.map(({ ledgerId }) => ledgerId)
  const { revocations } = site.authority.planRevocation({ ledgerIds }, 'They are many.')
  for (const { order } of revocations) {
    await site.authority.carryOutRevocation(order, { record: () => undefined })
  }
}

function issue(site: CredentialsSite, count: number): Promise<IssuedUser[]> {
  return site.authority.issueUsers(
    Array.from({ length: count }, (_, index) => ({
      account: { tenant: TENANT },
      role: 'device' as const,
      name: `device-${index}`,
      deviceId: `device-${index}`,
      ttlMs: 90 * DAY_MS,
      delivery: 'bundle' as const,
    })),
  )
}
