import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../src/main/files/atomic-write.ts'
import { AUTHORITY_MIGRATIONS } from '../src/main/authority/migrations.ts'
import { createNkey, privateKeyOf } from '../src/main/authority/nkey.ts'
import { permissionsOf } from '../src/main/authority/permissions.ts'
import { signerOf } from '../src/main/authority/signer.ts'
import { userJwt } from '../src/main/authority/user-jwt.ts'
import { inTransaction, openDatabase } from '../src/main/storage/database.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { startDeployment } from '../tests/integration/authority/support/deployment.ts'
import { nscTool, openNsc } from '../tests/support/nsc-tool.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import { millisecondsOf, percentile, perSecond } from './measure.ts'

const JWTS_PER_SAMPLE = 3000
const USERS = 1000
/** Each is on the disk itself before it counts as written, so they wait together. */
const FILES_AT_A_TIME = 32
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

/** A thousand devices' credentials at once: keys, JWTs, the ledger and a file each, on a real authority. */
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
      const requests = Array.from({ length: USERS }, (_, index) =>
        deviceRequest(`device-${taken}-${index}`, 'bundle'),
      )
      const before = authority.ledger.entries().length
      const value = await millisecondsOf(async () => {
        const users = await authority.issueUsers(requests)
        const files = users.map(({ jwt, seed }, index) => {
          const name = requests[index]?.name ?? ''
          const nats = { urls: ['nats://127.0.0.1:4222'], jwt, nkey_seed: seed }
          return { name, text: JSON.stringify({ device_id: name, tenant: TENANT, nats }) }
        })
        for (let from = 0; from < files.length; from += FILES_AT_A_TIME) {
          await Promise.all(
            files
              .slice(from, from + FILES_AT_A_TIME)
              .map(({ name, text }) => writeFileAtomic(join(folder, `${name}.creds.json`), text)),
          )
        }
      })
      const added = authority.ledger.entries().length - before
      if (added !== USERS) throw new Error(`The ledger took ${added} of ${USERS} credentials.`)
      const [entry] = authority.ledger.entries().slice(-1)
      const row = { permissions: JSON.stringify(entry?.permissions), account: entry?.account ?? '' }
      const peer = await millisecondsOf(() => issueBare(bare, `${taken}`, row, USERS))
      return { value, peer }
    }
  },
}

const ADDED_PER_SAMPLE = 50

/** One more device, with so many in the ledger already: the reference grows with the fleet, ours must not. */
function addDevice(known: number): Benchmark {
  return {
    name: known === 10 ? 'authority.add-device' : `authority.add-device-${known}`,
    unit: 'ms',
    better: 'less',
    goal: { of: 'value', limit: 5 },
    peer: 'one bare Ed25519 key, signature and SQLite transaction in a table as long',
    prepare: async ({ endings }) => {
      const folder = await endings.temporaryFolder()
      const deployment = endings.add(await startDeployment(), (it) => it.close())
      const { authority } = deployment
      await authority.createTenant(TENANT, { isolation: 'account' })
      const requests = Array.from({ length: known }, (_, index) =>
        deviceRequest(`known-${index}`, 'commissioning'),
      )
      await authority.issueUsers(requests)
      const bare = openDatabase(join(folder, 'bare.db'), AUTHORITY_MIGRATIONS).database
      endings.add(bare, () => bare.close())
      const [entry] = authority.ledger.entries().slice(-1)
      const row = { permissions: JSON.stringify(entry?.permissions), account: entry?.account ?? '' }
      issueBare(bare, 'known', row, known)
      let added = 0
      return async (): Promise<Sample> => {
        const ours: number[] = []
        const theirs: number[] = []
        for (let round = 0; round < ADDED_PER_SAMPLE; round += 1) {
          added += 1
          // A device's own key, as commissioning has it: looked for in the ledger before it is issued for.
          const { publicKey } = createNkey('user')
          const request = { ...deviceRequest(`added-${added}`, 'commissioning'), publicKey }
          ours.push(await millisecondsOf(() => authority.issueUser(request)))
          theirs.push(await millisecondsOf(() => issueBare(bare, `added-${added}`, row, 1)))
        }
        return { value: percentile(ours, 50), peer: percentile(theirs, 50) }
      }
    },
  }
}

const NSC_USERS_PER_SAMPLE = 10

/**
 * New device credentials on one core: a key and its JWT for each, with seed and JWT as the file of the
 * device has them. nsc is a process for each. What the ledger adds is measured by issue-1000.
 */
const MINT_VS_NSC: Benchmark = {
  name: 'authority.mint-vs-nsc',
  unit: '/s',
  better: 'more',
  goal: { of: 'ratio', limit: 100 },
  peer: '`nsc add user`, a process for each',
  prepare: async ({ endings }) => {
    const account = createNkey('account')
    const signer = signerOf(account.seed)
    const tool = await nscTool()
    const nsc = 'path' in tool ? await openNsc(tool.path) : undefined
    if (nsc !== undefined) {
      endings.add(nsc.home, (home) => rm(home, { recursive: true, force: true }))
      await nsc.run('add', 'operator', '--name', TENANT)
      await nsc.run('add', 'account', '--name', TENANT)
    }
    let taken = 0
    return async (): Promise<Sample> => {
      taken += 1
      const value = await perSecond(JWTS_PER_SAMPLE, () => {
        const keys = Array.from({ length: JWTS_PER_SAMPLE }, () => createNkey('user'))
        const subjects = keys.map(({ publicKey }) => publicKey)
        mint(subjects, account.publicKey, signer)
      })
      if (nsc === undefined) {
        return { value, peer: { notRun: 'missing' in tool ? tool.missing : '' } }
      }
      const peer = await perSecond(NSC_USERS_PER_SAMPLE, async () => {
        for (let index = 0; index < NSC_USERS_PER_SAMPLE; index += 1) {
          const rights = ['--allow-pubsub', `device-connect.${TENANT}.>,_INBOX.>`]
          await nsc.run('add', 'user', '--name', `device-${taken}-${index}`, ...rights)
        }
      })
      return { value, peer }
    }
  },
}

export const AUTHORITY_BENCHMARKS: readonly Benchmark[] = [
  MINT,
  MINT_VS_NSC,
  ISSUE,
  addDevice(10),
  addDevice(1_000),
  addDevice(10_000),
]

function deviceRequest(name: string, delivery: 'bundle' | 'file' | 'commissioning') {
  return {
    account: { tenant: TENANT },
    role: 'device' as const,
    name,
    deviceId: name,
    ttlMs: 90 * DAY_SECONDS * 1000,
    delivery,
  }
}

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
    const credential = {
      id: `bench-${index}`,
      name: `device-${index}`,
      publicKey: subject,
      account,
      tenant: TENANT,
      deviceId: `device-${index}`,
      permissions,
      issuedAt: new Date(issuedAt * 1000),
      expiresAt: new Date((issuedAt + 90 * DAY_SECONDS) * 1000),
    }
    return userJwt(credential, 'own', signer)
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
  batch: string,
  { permissions, account }: { readonly permissions: string; readonly account: string },
  count: number,
): void {
  const { privateKey: signingKey } = generateKeyPairSync('ed25519')
  const publicKeys = Array.from({ length: count }, () => {
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
