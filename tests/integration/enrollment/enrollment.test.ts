import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Enrollment, EnrollmentOrder } from '../../../src/shared/contract/enrollment.ts'
import { EnrollmentService } from '../../../src/main/enrollment/enrollment-service.ts'
import { ENROLLMENT_MIGRATIONS } from '../../../src/main/enrollment/migrations.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { patientConnect } from '../../support/patient-connect.ts'
import { until } from '../../support/until.ts'
import { BundleSite } from '../bundles/support/bundle-site.ts'

const execute = promisify(execFile)

let site: BundleSite
let service: EnrollmentService
let serverUrl: string
let now = new Date()
const revoked: string[] = []
const secrets: string[] = []

function open(): EnrollmentService {
  const opened = new EnrollmentService({
    database: site.app.database,
    bundles: site.bundles,
    keychain: site.profile.keychain,
    audit: { record: (drafts) => drafts.map((draft) => site.audit.push(draft)) },
    revokeKey: (publicKey) => {
      revoked.push(publicKey)
      const ids = site.app.authority.ledger.entriesOfKey(publicKey).map(({ id }) => id)
      void site.app.authority.strikeAll(ids, 'revoked', true)
    },
    waitForKey: (tenant, publicKey, signal) => site.app.mesh.waitForKey(tenant, publicKey, signal),
    log: silentLogger(),
    by: 'kim@bench',
    now: () => now,
  })
  opened.resume()
  return opened
}

beforeAll(async () => {
  site = await BundleSite.create()
  for (const { sql } of ENROLLMENT_MIGRATIONS) site.app.database.exec(sql)
  serverUrl = `https://127.0.0.1:${await freeTcpPort()}`
  service = open()
})
afterEach(() => {
  now = new Date()
})
afterAll(async () => {
  await service.close()
  await site.close()
})

function enroll(order: Partial<EnrollmentOrder> = {}) {
  return service
    .create({
      kind: 'collector',
      tenant: 'north',
      name: 'collector-1',
      serverUrl,
      urls: [site.url],
      allowLoopback: true,
      minutes: 60,
      validDays: 90,
      ...order,
    })
    .then((ticket) => {
      secrets.push(ticket.token, tokenFields(ticket.token).t)
      return ticket
    })
}

function tokenFields(token: string): { u: string; p: string; t: string; e: number } {
  return JSON.parse(Buffer.from(token, 'base64').toString()) as ReturnType<typeof tokenFields>
}

function all(): readonly Enrollment[] {
  let enrollments: readonly Enrollment[] = []
  service.subscribe((update) => {
    ;({ enrollments } = update)
  })()
  return enrollments
}

function find(id: string): Enrollment {
  const found = all().find((enrollment) => enrollment.id === id)
  if (found === undefined) throw new Error('no such enrollment')
  return found
}

/** Resolves in the moment in which it comes into a state. */
function reached(id: string, state: Enrollment['state']): Promise<void> {
  return new Promise((resolve) => {
    const stop = service.subscribe(({ enrollments }) => {
      if (enrollments.find((one) => one.id === id)?.state !== state) return
      queueMicrotask(() => stop())
      resolve()
    })
  })
}

/** Asks as a device that decoded the token does. */
function fetchPackage(token: string, change: { t?: string; p?: string } = {}) {
  const { u, p, t } = { ...tokenFields(token), ...change }
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const url = `${u}/api/enroll/${p}?token=${t}`
    const asked = request(url, { rejectUnauthorized: false, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }),
      )
    })
    asked.on('error', reject).end()
  })
}

/** Runs the command that the window shows; what needs root is left out. */
async function runCommand(command: string, folder: string): Promise<void> {
  await execute('sh', ['-c', command.split(' && sudo ')[0] ?? ''], { cwd: folder })
}

async function logIn(path: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(await readFile(path))
  return patientConnect({ servers: site.url, authenticator, reconnect: false })
}

test('one command fetches a collector over TLS, once, and it is seen to be installed', async () => {
  const { enrollment, command, token } = await enroll()
  expect(tokenFields(token)).toMatchObject({ u: serverUrl, p: enrollment.id })
  expect(tokenFields(token).e).toBe(Math.floor(Date.parse(enrollment.expiresAt) / 1000))
  expect(site.app.authority.ledger.entriesOfTenant('north')).not.toContainEqual(
    expect.objectContaining({ name: 'collector-1' }),
  )

  await runCommand(command, site.folder)
  const folder = join(site.folder, 'collector-1')
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(['nats.creds', 'config.json', 'install.sh', 'manifest.json', 'certs']),
  )
  await until('the download', () => find(enrollment.id).state === 'downloaded')
  const client = await logIn(join(folder, 'nats.creds'))
  await until('the arrival', () => find(enrollment.id).state === 'installed')
  await client.close()
  expect(find(enrollment.id)).toMatchObject({ fetchedBy: '127.0.0.1', problem: null })
  expect(find(enrollment.id).history.map(({ state }) => state)).toEqual([
    'pending',
    'provisioning',
    'ready',
    'downloaded',
    'installed',
  ])
  // The server goes with the last token that is open.
  await expect(runCommand(command, site.folder)).rejects.toThrow()
  await enroll({ name: 'collector-0' })
  expect((await fetchPackage(token)).status).toBe(410)
})

test('a device gets its package by the same line, and its credential is revoked with the enrollment', async () => {
  const { enrollment, command } = await enroll({ kind: 'device', name: 'pump-7' })
  await runCommand(command, site.folder)
  const creds = join(site.folder, 'pump-7', 'pump-7.creds')
  const client = await logIn(creds)
  await until('the arrival', () => find(enrollment.id).state === 'installed')
  await service.revoke(enrollment.id, 'pump-7')
  await client.closed()
  await expect(logIn(creds)).rejects.toThrow()
  expect(revoked).toContain(find(enrollment.id).publicKey)
  expect(find(enrollment.id).state).toBe('revoked')
})

test('a command that knows another server key gets nothing', async () => {
  const { enrollment, command } = await enroll({ name: 'collector-2' })
  const other = command.replace(/sha256\/\/[^']+/u, `sha256//${'A'.repeat(43)}=`)
  await expect(runCommand(other, site.folder)).rejects.toThrow()
  expect(find(enrollment.id).state).toBe('pending')
})

test('a wrong token and an unknown package are refused alike, and an address that guesses is stopped', async () => {
  const { enrollment, token } = await enroll({ name: 'collector-3' })
  const wrong = await fetchPackage(token, { t: 'x'.repeat(32) })
  const unknown = await fetchPackage(token, { p: 'd9b2d63d-a233-4123-847a-7090a0b1c5e1' })
  expect(wrong.status).toBe(404)
  expect(unknown).toEqual(wrong)
  for (let tries = 0; tries < 8; tries += 1) await fetchPackage(token, { t: 'y' })
  expect((await fetchPackage(token)).status).toBe(429)
  expect(find(enrollment.id).state).toBe('pending')
  // The limit is the server's, which goes with the last token that is open.
  for (const { id, name, state } of all()) if (state === 'pending') await service.revoke(id, name)
  const again = await enroll({ name: 'collector-4' })
  expect((await fetchPackage(again.token)).status).toBe(200)
})

test('of two who come at once one gets it', async () => {
  const { enrollment, token } = await enroll({ name: 'collector-5' })
  const statuses = (await Promise.all([fetchPackage(token), fetchPackage(token)])).map(
    ({ status }) => status,
  )
  // The other one meets it under way, or is late.
  expect(statuses.toSorted((one, other) => one - other)).toEqual([
    200,
    expect.toBeOneOf([409, 410]),
  ])
  await until('the download', () => find(enrollment.id).state === 'downloaded')
})

test('whoever breaks off leaves nothing behind, and may come again', async () => {
  const { enrollment, token } = await enroll({ name: 'collector-6' })
  const { u, p, t } = tokenFields(token)
  const asked = request(`${u}/api/enroll/${p}?token=${t}`, {
    rejectUnauthorized: false,
    agent: false,
  })
  const begun = reached(enrollment.id, 'provisioning')
  asked.on('error', () => undefined).end()
  await begun
  asked.destroy()
  await until('the end', () => find(enrollment.id).state === 'pending')
  expect(find(enrollment.id).problem?.code).toBe('ENROLLMENT_NOT_TAKEN')
  const left = site.app.authority.ledger
    .entriesOfTenant('north')
    .filter(
      ({ name, state }) => name === 'collector-6' && (state === 'active' || state === 'pending'),
    )
  expect(left).toEqual([])
  expect((await fetchPackage(token)).status).toBe(200)
})

test('a token is dead once it expired or was revoked', async () => {
  const late = await enroll({ name: 'collector-7', minutes: 5 })
  const dead = await enroll({ name: 'collector-8' })
  await service.revoke(dead.enrollment.id, 'collector-8')
  expect((await fetchPackage(dead.token)).status).toBe(410)
  await expect(service.revoke(late.enrollment.id, 'collector')).rejects.toMatchObject({
    code: 'NAME_DIFFERS',
  })
  expect(() => service.remove(late.enrollment.id)).toThrow(/stays in the list/u)
  await enroll({ name: 'collector-9', minutes: 60 })
  now = new Date(Date.now() + 6 * 60_000)
  expect((await fetchPackage(late.token)).status).toBe(410)
  service.remove(dead.enrollment.id)
  expect(all().map(({ id }) => id)).not.toContain(dead.enrollment.id)
})

test('a revocation stops a package that is being made', async () => {
  const { enrollment, token } = await enroll({ name: 'collector-10' })
  const begun = reached(enrollment.id, 'provisioning')
  const answer = fetchPackage(token)
  await begun
  await service.revoke(enrollment.id, 'collector-10')
  await answer.catch(() => undefined)
  expect(find(enrollment.id).state).toBe('revoked')
  const good = site.app.authority.ledger
    .entriesOfTenant('north')
    .filter(({ name, state }) => name === 'collector-10' && state === 'active')
  await until('the withdrawal', () =>
    good.every(({ id }) => site.app.authority.ledger.entry(id)?.state !== 'active'),
  )
  expect((await fetchPackage(token)).status).toBe(410)
})

test('tokens outlive a restart of the app, and the server is known by the same key', async () => {
  const { enrollment, command } = await enroll({ name: 'collector-11' })
  await service.close()
  // As a crash leaves it: on its way, and nothing was handed over.
  site.app.database
    .prepare(
      "UPDATE enrollments SET document = json_set(document, '$.state', 'ready') WHERE id = ?",
    )
    .run(enrollment.id)
  service = open()
  expect(find(enrollment.id)).toMatchObject({
    state: 'pending',
    problem: { code: 'ENROLLMENT_INTERRUPTED' },
  })
  await until('the server', () =>
    execute('curl', ['-sk', '-o', '/dev/null', serverUrl]).then(
      () => true,
      () => false,
    ),
  )
  await runCommand(command, site.folder)
  await until('the download', () => find(enrollment.id).state === 'downloaded')
})

test('an address that leads elsewhere, or to the receiver itself, is refused before a token is given out', async () => {
  const before = all().length
  await expect(enroll({ allowLoopback: false })).rejects.toMatchObject({ code: 'ENROLL_LOOPBACK' })
  await expect(enroll({ serverUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'ENROLL_URL',
  })
  await expect(enroll({ serverUrl: 'https://192.0.2.1:9443' })).rejects.toMatchObject({
    code: 'ENROLL_URL',
  })
  await expect(enroll({ tenant: 'nowhere' })).rejects.toMatchObject({ code: 'TENANT_UNKNOWN' })
  expect(all()).toHaveLength(before)
})

test('no token is kept, in database or audit log', async () => {
  const rows = site.app.database.prepare('SELECT * FROM enrollments').all()
  const text = JSON.stringify([rows, site.audit, all()])
  expect(secrets.length).toBeGreaterThan(10)
  for (const secret of secrets) expect(text).not.toContain(secret)
  expect(text).not.toMatch(/eyJ|SU[A-Z2-7]{56}/u)
})
