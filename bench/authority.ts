import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { encodeJwt } from '../src/main/authority/jwt.ts'
import { AUTHORITY_MIGRATIONS } from '../src/main/authority/migrations.ts'
import { createNkey, privateKeyOf } from '../src/main/authority/nkey.ts'
import { permissionsOf } from '../src/main/authority/permissions.ts'
import { signerOf } from '../src/main/authority/signer.ts'
import { inTransaction, openDatabase } from '../src/main/storage/database.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { startDeployment } from '../tests/integration/authority/support/deployment.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import { millisecondsOf, perSecond } from './measure.ts'

const JWTS_PER_SAMPLE = 3000
const USERS = 1000
const DAY_SECONDS = 24 * 60 * 60
const TENANT = 'bench'

/** What signing costs on top of the signature itself: claims, JSON, base64. */
const MINT: Benchmark = {
  name: 'authority.mint-vs-native',
  unit: '/s',
  better: 'more',
  goal: { of: 'ratio', limit: 1 / 3 },
  peer: "Node's Ed25519 signing of the same bytes",
  prepare: async () => {
    const account = createNkey('account')
    const signer = signerOf(account.seed)
    const { key } = privateKeyOf(account.seed)
    const subjects = Array.from({ length: JWTS_PER_SAMPLE }, () => createNkey('user').publicKey)
    mint(subjects, account.publicKey, signer)
    return async () => {
      let jwts: readonly string[] = []
      const value = await perSecond(JWTS_PER_SAMPLE, () => {
        jwts = mint(subjects, account.publicKey, signer)
      })
      const messages = jwts.map((jwt) => Buffer.from(jwt.slice(0, jwt.lastIndexOf('.')), 'latin1'))
      const peer = await perSecond(JWTS_PER_SAMPLE, () => signAll(messages, key))
      return { value, peer }
    }
  },
}

/** A thousand devices' credentials at once: keys, JWTs and the ledger, on a real authority. */
const ISSUE: Benchmark = {
  name: 'authority.issue-1000',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 2000 },
  peer: '1,000 bare Ed25519 keys and signatures, 1,000 rows in one SQLite transaction',
  prepare: async ({ endings }) => {
    const folder = await endings.temporaryFolder()
    const deployment = endings.add(await startDeployment(), (it) => it.close())
    const { authority } = deployment
    await authority.createTenant(TENANT, { isolation: 'account' })
    const bare = openDatabase(join(folder, 'bare.db'), AUTHORITY_MIGRATIONS).database
    endings.add(bare, () => bare.close())
    let taken = 0
    return async (): Promise<Sample> => {
      taken += 1
      const requests = Array.from({ length: USERS }, (_, index) => ({
        account: { tenant: TENANT },
        role: 'device' as const,
        name: `device-${taken}-${index}`,
        deviceId: `device-${taken}-${index}`,
        ttlMs: 90 * DAY_SECONDS * 1000,
        delivery: 'bundle' as const,
      }))
      const before = authority.ledger.entries().length
      const value = await millisecondsOf(() => authority.issueUsers(requests))
      const added = authority.ledger.entries().length - before
      if (added !== USERS) throw new Error(`The ledger took ${added} of ${USERS} credentials.`)
      const [entry] = authority.ledger.entries().slice(-1)
      const row = { permissions: JSON.stringify(entry?.permissions), account: entry?.account ?? '' }
      const peer = await millisecondsOf(() => issueBare(bare, taken, row))
      return { value, peer }
    }
  },
}

export const AUTHORITY_BENCHMARKS: readonly Benchmark[] = [MINT, ISSUE]

function mint(
  subjects: readonly string[],
  account: string,
  signer: ReturnType<typeof signerOf>,
): string[] {
  const dialect = dialectOf('device-connect')
  const issuedAt = Math.floor(Date.now() / 1000)
  return subjects.map((subject, index) => {
    const permissions = permissionsOf({
      role: 'device',
      dialect,
      tenant: TENANT,
      inboxPrefix: '_INBOX',
    })
    const nats = { ...permissions, subs: -1, data: -1, payload: -1, issuer_account: account }
    const name = `device-${index}`
    const expiresAt = issuedAt + 90 * DAY_SECONDS
    return encodeJwt({ name, subject, type: 'user', nats, issuedAt, expiresAt }, signer)
  })
}

function signAll(messages: readonly Buffer[], key: KeyObject): number {
  let bytes = 0
  for (const message of messages) bytes += sign(null, message, key).length
  return bytes
}

/** As long as a device's JWT without its signature. */
const JWT_BYTES = Buffer.alloc(800, 'x')

const INSERT = `
  INSERT INTO credentials (id, public_key, state, account, role, signing_key, delivery, tenant,
    device_id, name, permissions, issued_at, expires_at)
  VALUES (?, ?, 'active', ?, 'device', ?, 'bundle', ?, ?, ?, ?, ?, ?)`

function issueBare(
  database: ReturnType<typeof openDatabase>['database'],
  batch: number,
  { permissions, account }: { readonly permissions: string; readonly account: string },
): void {
  const { privateKey: signingKey } = generateKeyPairSync('ed25519')
  const publicKeys = Array.from({ length: USERS }, () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    sign(null, JWT_BYTES, signingKey)
    return publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  })
  const insert = database.prepare(INSERT)
  const now = Date.now()
  inTransaction(database, () => {
    for (const [index, publicKey] of publicKeys.entries()) {
      const name = `device-${batch}-${index}`
      const expiresAt = now + 90 * DAY_SECONDS * 1000
      insert.run(name, publicKey, account, account, TENANT, name, name, permissions, now, expiresAt)
    }
  })
}
