import type { NatsConnection } from '@nats-io/transport-node'
import { signAccount } from '../src/main/authority/account-changes.ts'
import type { AccountClaims } from '../src/main/authority/account-claims.ts'
import { decodeJwt } from '../src/main/authority/jwt.ts'
import { REVOCATION_ENTRIES_MAX } from '../src/main/authority/revocation-list.ts'
import { signerOf, type Signer } from '../src/main/authority/signer.ts'
import type { IssuedUser } from '../src/main/authority/user-issue.ts'
import type { CredentialsService } from '../src/main/credentials/credentials-service.ts'
import { silentLogger } from '../src/main/log/logger.ts'
import { ClaimsPublisher } from '../src/main/mesh/claims-publisher.ts'
import { MESH_MIGRATIONS } from '../src/main/mesh/migrations.ts'
import { PushMarks } from '../src/main/mesh/push-marks.ts'
import { SystemLink } from '../src/main/mesh/system-link.ts'
import {
  settled,
  startSite,
  type CredentialsSite,
} from '../tests/integration/credentials/support/site.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import type { Endings } from './endings.ts'
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
      const service = site.open(site.reopen(await ownPublisher(site, endings)))
      await sampleOf(site, service, account, signer, 2)
      return () => sampleOf(site, service, account, signer, REVOCATIONS_PER_SAMPLE)
    },
  }
}

export const REVOCATION_BENCHMARKS: readonly Benchmark[] = [
  revokeWith(0, 'authority.revoke', 50),
  revokeWith(1_000, 'authority.revoke-1000', 50),
  revokeWith(8_000, 'authority.revoke-8000', 100),
]

/** The app's own way to the servers: asks first whether they still have what a change is built on. */
async function ownPublisher(site: CredentialsSite, endings: Endings): Promise<ClaimsPublisher> {
  const { authority, database, server } = site
  for (const { sql } of MESH_MIGRATIONS) database.exec(sql)
  const log = silentLogger()
  const link = endings.add(new SystemLink({ log }), (it) => it.close())
  const user = await authority.issueUser({
    account: 'system',
    role: 'system',
    name: 'bench',
    ttlMs: DAY_MS,
    delivery: 'internal',
  })
  const { jwt, seed = '', inboxPrefix, expiresAt } = user
  const publisher = new ClaimsPublisher({ link, log, marks: new PushMarks(database) })
  publisher.trust((await authority.bootstrap()).operatorJwt)
  await link.use({
    name: 'bench',
    servers: [server.url],
    credentials: () => Promise.resolve({ jwt, seed, inboxPrefix, expiresAt }),
  })
  await link.connected(AbortSignal.timeout(PATIENCE_MS))
  return publisher
}

/** Ours and the bare one by turns, so that both meet the same machine. */
async function sampleOf(
  site: CredentialsSite,
  service: CredentialsService,
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
    ours.push(await cut(site, service, victim))
  }
  return { value: percentile(ours, 99), peer: percentile(bare, 99) }
}

async function cut(
  site: CredentialsSite,
  service: CredentialsService,
  user: IssuedUser,
): Promise<number> {
  const connection = await site.connectAs(user)
  const startedAt = performance.now()
  const [revocation] = service.revoke(
    { type: 'credentials', ids: [user.ledgerId] },
    'It was stolen.',
  )
  await connection.closed()
  const took = performance.now() - startedAt
  const { evidence } = await settled(service, revocation?.id ?? '')
  if (evidence.verdict !== 'proven') throw new Error(`A revocation is ${String(evidence.verdict)}.`)
  return took
}

/** Pushes what the account has, with one entry more, and takes that out again afterwards. */
async function cutBare(
  site: CredentialsSite,
  publicKey: string,
  signer: Signer,
  user: IssuedUser,
): Promise<number> {
  const connection = await site.connectAs(user)
  const recorded = await site.publisher.lookUp(publicKey)
  const { name, nats } = decodeJwt(recorded)
  const claims = nats as unknown as AccountClaims
  const revocations = { ...claims.revocations, [user.publicKey]: Math.ceil(Date.now() / 1000) }
  const { jwt } = signAccount({ name, publicKey }, { ...claims, revocations }, signer, new Date())
  const system = site.publisher.connection as NatsConnection
  const startedAt = performance.now()
  const answer = system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: PATIENCE_MS })
  await connection.closed()
  const took = performance.now() - startedAt
  await answer
  await site.publisher.publish(
    [{ name, publicKey, jwt: recorded }],
    AbortSignal.timeout(PATIENCE_MS),
  )
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
