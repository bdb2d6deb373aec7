import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Diagnosis, Finding } from '#shared/contract/doctor.ts'
import { serversOf } from '../../../src/main/app/doctor.ts'
import type { AuditDraft } from '../../../src/main/authority/key-use.ts'
import { encodeJwt, type JwtRequest } from '../../../src/main/authority/jwt.ts'
import { createNkey, type CreatedNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import { targetOf } from '../../../src/main/doctor/address-findings.ts'
import { DoctorService } from '../../../src/main/doctor/doctor-service.ts'
import { RawNats } from '../../../src/main/doctor/raw-nats.ts'
import type { FileToSave } from '../../../src/main/files/saved-file.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { SystemLink } from '../../../src/main/mesh/system-link.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { NEVER } from '#shared/never.ts'

const DAY_SECONDS = 86_400
const UNLIMITED = { subs: -1, data: -1, payload: -1 }
const ACCOUNT_LIMITS = {
  ...UNLIMITED,
  imports: -1,
  exports: -1,
  conn: -1,
  leaf: -1,
  wildcards: true,
}

const seconds = () => Math.floor(Date.now() / 1000)
const audited: AuditDraft[] = []
let saved: FileToSave | undefined
let deployment: Deployment
let link: SystemLink
let doctor: DoctorService
/** Another deployment's keys. */
const stranger = { operator: createNkey('operator'), account: createNkey('account') }

beforeAll(async () => {
  deployment = await startDeployment()
  const { authority, server } = deployment
  await authority.createTenant('north', { isolation: 'account' }, NEVER)
  link = new SystemLink({ log: silentLogger() })
  const user = await authority.issueUser({
    account: 'system',
    role: 'system',
    name: 'doctor',
    ttlMs: 3_600_000,
    delivery: 'internal',
  })
  const { jwt, seed = '', inboxPrefix, expiresAt } = user
  await link.use({
    name: 'doctor',
    servers: [server.url],
    credentials: () => Promise.resolve({ jwt, seed, inboxPrefix, expiresAt }),
  })
  await link.connected(NEVER)
  doctor = new DoctorService({
    authority,
    servers: serversOf(link),
    now: () => new Date(),
    audit: {
      record: (drafts) => {
        audited.push(...drafts)
        return drafts.map((_, index) => index + 1)
      },
    },
    saveFile: async (file) => {
      saved = file
      return { type: 'saved', path: '/x' }
    },
    mesh: () => ({ servers: [server.url] }),
    deviceUrls: () => [server.url],
  })
})

afterAll(async () => {
  doctor.close()
  await link.close()
  await deployment.close()
})

function north(): { account: string; signing: CreatedNkey } {
  const account = deployment.authority.tenants().find(({ name }) => name === 'north')?.account ?? ''
  const publicKey = String(
    deployment.database
      .prepare("SELECT public_key FROM authority_keys WHERE holder = ? AND purpose = 'signing'")
      .get(account)?.['public_key'],
  )
  return { account, signing: { publicKey, seed: seedOf(publicKey) } }
}

function seedOf(publicKey: string): string {
  return deployment.keychain.entries.get(publicKey) ?? ''
}

/** A user's credential as a `.creds` file, signed with whatever key. */
function creds(options: {
  readonly by: CreatedNkey
  readonly account: string
  readonly nats?: object
  readonly times?: Partial<Pick<JwtRequest, 'issuedAt' | 'expiresAt'>> & { readonly nbf?: number }
  readonly user?: CreatedNkey
  readonly seed?: string
  readonly name?: string
}): string {
  const { by, account, nats = UNLIMITED, times = {}, user = createNkey('user') } = options
  const { nbf, ...rest } = times
  const issuer = by.publicKey === account ? {} : { issuer_account: account }
  const request = {
    name: options.name ?? 'pump-1',
    subject: user.publicKey,
    type: 'user',
    nats: { pub: {}, sub: {}, ...nats, ...issuer },
    issuedAt: seconds() - 10,
    expiresAt: seconds() + 90 * DAY_SECONDS,
    ...rest,
  } as const
  const jwt = nbf === undefined ? encodeJwt(request, signerOf(by.seed)) : withNbf(request, by, nbf)
  return file(jwt, options.seed ?? user.seed)
}

/** Muster never issues one with a beginning; others do. */
function withNbf(request: JwtRequest, by: CreatedNkey, nbf: number): string {
  const [header, payload] = encodeJwt(request, signerOf(by.seed)).split('.')
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object
  const signed = `${header}.${Buffer.from(JSON.stringify({ ...claims, nbf })).toString('base64url')}`
  return `${signed}.${signerOf(by.seed).sign(Buffer.from(signed)).toString('base64url')}`
}

function file(jwt: string, seed: string): string {
  return `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`
}

/** Puts an account into the resolver by hand, signed by this deployment's operator or another. */
async function pushAccount(nats: object, signer = operatorSigner(), key = createNkey('account')) {
  const { expiresAt, ...rest } = nats as { expiresAt?: number }
  const jwt = encodeJwt(
    {
      name: 'by hand',
      subject: key.publicKey,
      type: 'account',
      nats: { limits: ACCOUNT_LIMITS, ...rest },
      issuedAt: seconds(),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    signer,
  )
  await link.updateClaims(jwt, NEVER)
  return key
}

function operatorSigner() {
  return signerOf(seedOf(deployment.authority.operator()?.signingKey ?? ''))
}

function diagnoseText(text: string): Promise<Diagnosis> {
  return doctor.diagnose({ type: 'text', text }, NEVER)
}

function causes({ findings }: Diagnosis): string[] {
  return findings.filter(({ severity }) => severity === 'refused').map(({ code }) => code)
}

function finding({ findings }: Diagnosis, code: string): Finding | undefined {
  return findings.find((one) => one.code === code)
}

/** What the doctor says before, and what the real server says to a login. */
async function examine(text: string): Promise<{ causes: string[]; login: string[] }> {
  const before = await diagnoseText(text)
  const after = await doctor.login(before.id, 'mesh', NEVER)
  return {
    causes: causes(before),
    login: after.findings.filter(({ area }) => area === 'login').map(({ code }) => code),
  }
}

const REFUSED = ['LOGIN_REFUSED_AS_FOUND']

test('a good credential is let in, and nothing is found against it', async () => {
  const { account, signing } = north()
  expect(await examine(creds({ by: signing, account }))).toEqual({
    causes: [],
    login: ['LOGIN_ACCEPTED'],
  })
})

test('the server refuses an expired one, and the doctor says that it has expired', async () => {
  const { account, signing } = north()
  const times = { issuedAt: seconds() - 3 * DAY_SECONDS, expiresAt: seconds() - 60 }
  const text = creds({ by: signing, account, times })
  expect(await examine(text)).toEqual({ causes: ['EXPIRED'], login: REFUSED })
})

test('the server refuses one that is not valid yet, and the doctor says from when on it is', async () => {
  const { account, signing } = north()
  const text = creds({ by: signing, account, times: { nbf: seconds() + DAY_SECONDS } })
  expect(await examine(text)).toEqual({ causes: ['NOT_YET_VALID'], login: REFUSED })
})

test('the server refuses one of an unknown account, and the doctor says that nobody knows it', async () => {
  const { account } = stranger
  const text = creds({ by: account, account: account.publicKey })
  expect(await examine(text)).toEqual({ causes: ['ACCOUNT_UNKNOWN'], login: REFUSED })
})

test('the server refuses one of another operator, and the doctor names the operator key', async () => {
  // nats-server 2.9 stores what a stranger signed, and refuses everybody in it.
  const key = await pushAccount({}, signerOf(stranger.operator.seed))
  const text = creds({ by: key, account: key.publicKey })
  expect(await examine(text)).toEqual({ causes: ['ACCOUNT_OF_OTHER_OPERATOR'], login: REFUSED })
  const found = finding(await diagnoseText(text), 'ACCOUNT_OF_OTHER_OPERATOR')
  expect(found?.meaning).toContain(stranger.operator.publicKey)
})

test('the server refuses a revoked one, and the doctor says since when and why', async () => {
  const { authority } = deployment
  const user = await authority.issueUser({
    account: { tenant: 'north' },
    role: 'device',
    name: 'pump-2',
    deviceId: 'pump-2',
    ttlMs: DAY_SECONDS * 1000,
    delivery: 'file',
  })
  await authority.revoke({ publicKey: user.publicKey }, 'Stolen from the hall.', NEVER)
  const text = file(user.jwt, user.seed ?? '')
  expect(await examine(text)).toEqual({ causes: ['REVOKED'], login: REFUSED })
  const found = finding(await diagnoseText(text), 'REVOKED')
  expect(found?.meaning).toContain('Stolen from the hall.')
  expect(found?.action).toMatchObject({ type: 'renew' })
  // The same from the ledger row and from the device, without its file.
  const row = await doctor.diagnose({ type: 'credential', id: user.ledgerId }, NEVER)
  expect(causes(row)).toEqual(['REVOKED'])
  const device = { type: 'device', tenant: 'north', deviceId: 'pump-2' } as const
  expect(causes(await doctor.diagnose(device, NEVER))).toEqual(['REVOKED'])
})

test('the server refuses what a revocation of the whole account covers, and the doctor says so', async () => {
  const key = await pushAccount({ revocations: { '*': seconds() } })
  const text = creds({ by: key, account: key.publicKey })
  expect(await examine(text)).toEqual({ causes: ['REVOKED_WITH_ALL'], login: REFUSED })
  const later = creds({ by: key, account: key.publicKey, times: { issuedAt: seconds() + 5 } })
  expect(await examine(later)).toEqual({ causes: [], login: ['LOGIN_ACCEPTED'] })
})

test('the server refuses what a rotated signing key signed, and the doctor says so', async () => {
  const { account } = north()
  const text = creds({ by: createNkey('account'), account })
  expect(await examine(text)).toEqual({ causes: ['SIGNER_NOT_OF_ACCOUNT'], login: REFUSED })
})

test('one that the account’s identity key signed is let in, also where it names the account besides', async () => {
  const key = await pushAccount({})
  const nats = { ...UNLIMITED, issuer_account: key.publicKey }
  const text = creds({ by: key, account: key.publicKey, nats })
  expect(await examine(text)).toEqual({ causes: [], login: ['LOGIN_ACCEPTED'] })
})

test('the server refuses permissions of its own under a scoped key, and the doctor says so', async () => {
  const scoped = createNkey('account')
  const template = { pub: { allow: ['a.{{name()}}'] }, sub: { allow: ['a.>'] }, ...UNLIMITED }
  const scope = { kind: 'user_scope', key: scoped.publicKey, role: 'device', template }
  const key = await pushAccount({ signing_keys: [scope] })
  const own = creds({ by: scoped, account: key.publicKey })
  expect(await examine(own)).toEqual({ causes: ['SCOPE_WITH_OWN_PERMISSIONS'], login: REFUSED })
  const bare = creds({ by: scoped, account: key.publicKey, nats: {}, name: 'pump-1' })
  expect(await examine(bare)).toEqual({ causes: [], login: ['LOGIN_ACCEPTED'] })
  expect((await diagnoseText(bare)).permissions).toMatchObject({
    from: 'scope',
    pub: { allow: ['a.pump-1'] },
  })
})

test('the server refuses everybody in an expired account, and the doctor says so', async () => {
  const key = await pushAccount({ expiresAt: seconds() - 5 })
  const text = creds({ by: key, account: key.publicKey })
  expect(await examine(text)).toEqual({ causes: ['ACCOUNT_EXPIRED'], login: REFUSED })
})

test('the server refuses one connection too many, and the doctor says how many there are', async () => {
  const key = await pushAccount({ limits: { ...ACCOUNT_LIMITS, conn: 1 } })
  const text = creds({ by: key, account: key.publicKey })
  const target = targetOf(deployment.server.url, null)
  if (target === undefined) throw new Error('no address')
  const first = await RawNats.open(target, NEVER)
  const [, jwt = ''] = text.split('\n')
  const seed = text.split('\n').find((line) => line.startsWith('SU')) ?? ''
  expect(await first.login({ jwt, seed })).toBeUndefined()
  await expect.poll(async () => causes(await diagnoseText(text))).toEqual(['LIMIT_CONNECTIONS'])
  expect(await examine(text)).toEqual({ causes: ['LIMIT_CONNECTIONS'], login: ['LOGIN_LIMIT'] })
  first.close()
})

test('the server refuses a seed of somebody else, and the doctor says that they do not fit', async () => {
  const { account, signing } = north()
  const text = creds({ by: signing, account, seed: createNkey('user').seed })
  expect(await examine(text)).toEqual({ causes: ['SEED_OF_OTHER_USER'], login: REFUSED })
})

test('the server refuses another kind of connection than is allowed, and the doctor says so', async () => {
  const { account, signing } = north()
  const nats = { ...UNLIMITED, allowed_connection_types: ['WEBSOCKET'] }
  const before = await diagnoseText(creds({ by: signing, account, nats }))
  expect(causes(before)).toEqual(['CONNECTION_TYPES'])
})

test('an account that the resolver lost is told from one that nobody knows', async () => {
  await deployment.authority.createTenant('south', { isolation: 'account' }, NEVER)
  const user = await deployment.authority.issueUser({
    account: { tenant: 'south' },
    role: 'device',
    name: 'pump-3',
    deviceId: 'pump-3',
    ttlMs: DAY_SECONDS * 1000,
    delivery: 'file',
  })
  const account = user.accountPublicKey
  const removal = encodeJwt(
    {
      name: 'remove',
      subject: operatorSigner().publicKey,
      type: 'generic',
      nats: { accounts: [account] },
      issuedAt: seconds(),
    },
    operatorSigner(),
  )
  await link.deleteClaims(removal, NEVER)
  expect(causes(await diagnoseText(file(user.jwt, user.seed ?? '')))).toEqual([
    'ACCOUNT_NOT_IN_RESOLVER',
  ])
})

test('a wrong permission is no refused login: the subject that is asked about shows it', async () => {
  const { account, signing } = north()
  const nats = {
    ...UNLIMITED,
    pub: { allow: ['device-connect.north.pump-1.>'], deny: ['*.*.*.cmd'] },
    sub: { allow: ['device-connect.north.*.cmd'] },
  }
  const text = creds({ by: signing, account, nats })
  const { id } = await diagnoseText(text)
  const publish = (subject: string) =>
    doctor.ask({ id, operation: 'publish', subject, queue: null })
  expect(publish('device-connect.north.pump-1.heartbeat')).toMatchObject({
    allowed: true,
    pattern: 'device-connect.north.pump-1.>',
  })
  expect(publish('device-connect.north.pump-1.cmd')).toMatchObject({
    allowed: false,
    pattern: '*.*.*.cmd',
  })
  expect(publish('device-connect.north.pump-2.heartbeat')).toMatchObject({ allowed: false })
  expect(() => publish('device-connect.>')).toThrow(
    expect.objectContaining({ code: 'SUBJECT_INVALID' }),
  )
  expect(
    doctor.ask({ id, operation: 'subscribe', subject: 'device-connect.north.x.cmd', queue: 'q' }),
  ).toMatchObject({ allowed: true })
})

test('without the system account the doctor judges by what was recorded, and says so', async () => {
  const { account, signing } = north()
  const alone = new DoctorService({
    authority: deployment.authority,
    servers: { ...serversOf(link), connected: () => false },
    now: () => new Date(),
    audit: { record: () => [1] },
    saveFile: async () => ({ type: 'cancelled' }),
    mesh: () => undefined,
    deviceUrls: () => [],
  })
  const text = creds({ by: createNkey('account'), account })
  const found = await alone.diagnose({ type: 'text', text }, NEVER)
  expect(causes(found)).toEqual(['SIGNER_NOT_OF_ACCOUNT'])
  expect(finding(found, 'RESOLVER_NOT_ASKED')).toMatchObject({ severity: 'unknown' })
  expect(found.clock).toBeNull()
  const good = await alone.diagnose({ type: 'text', text: creds({ by: signing, account }) }, NEVER)
  expect(causes(good)).toEqual([])
  await expect(alone.login(good.id, 'mesh', NEVER)).rejects.toMatchObject({ code: 'NO_MESH' })
  alone.close()
})

test('the server’s clock is measured by its answers, and dates are judged by it', async () => {
  const { account, signing } = north()
  const fresh = creds({ by: signing, account, times: { expiresAt: seconds() + 3_600 } })
  const { clock } = await diagnoseText(fresh)
  expect(Math.abs(clock?.offsetMs ?? Infinity)).toBeLessThan(1_000)
  // This computer's clock is two hours fast: by it the credential has expired, by the server's it has not.
  const ahead = new DoctorService({
    authority: deployment.authority,
    servers: serversOf(link),
    now: () => new Date(Date.now() + 2 * 3_600_000),
    audit: { record: () => [1] },
    saveFile: async () => ({ type: 'cancelled' }),
    mesh: () => undefined,
    deviceUrls: () => [],
  })
  const found = await ahead.diagnose({ type: 'text', text: fresh }, NEVER)
  expect(causes(found)).toEqual([])
  expect(finding(found, 'CLOCK_SKEW')?.title).toContain('behind')
  ahead.close()
})

test('addresses are looked at without logging in: what is no server, and what is nobody, is told apart', async () => {
  const user = createNkey('user')
  const { account, signing } = north()
  const [, jwt = ''] = creds({ by: signing, account, user }).split('\n')
  const urls = [deployment.server.url, 'nats://127.0.0.1:1', 'http://127.0.0.1:4222']
  const text = JSON.stringify({ device_id: 'pump-1', tenant: 'north', nats: { urls, jwt } })
  const before = await diagnoseText(text)
  expect(finding(before, 'ADDRESS_MALFORMED')).toMatchObject({ severity: 'refused' })
  expect(finding(before, 'ADDRESS_LOOPBACK')).toMatchObject({ severity: 'warning' })
  const after = await doctor.reach(before.id, 'credential', NEVER)
  expect(finding(after, 'ADDRESS_REACHED')?.meaning).toContain('2.9')
  expect(finding(after, 'MESH_UNREACHABLE')).toMatchObject({ severity: 'refused' })
  await expect(doctor.login(before.id, 'mesh', NEVER)).rejects.toMatchObject({ code: 'NO_SEED' })
})

test('a login that was tried stands in the audit log, with the user’s key and the address', async () => {
  const { account, signing } = north()
  const user = createNkey('user')
  audited.length = 0
  await examine(creds({ by: signing, account, user }))
  expect(audited).toMatchObject([
    {
      action: 'doctor-login',
      key: user.publicKey,
      subject: deployment.server.url,
      result: 'begun',
    },
    { action: 'doctor-login', key: user.publicKey, result: 'done' },
  ])
})

test('the text to hand on names the causes and holds neither JWT nor seed', async () => {
  const { account } = north()
  const user = createNkey('user')
  const text = creds({ by: createNkey('account'), account, user })
  const { id } = await diagnoseText(text)
  await doctor.export(id)
  const content = String(saved?.content)
  expect(content).toContain('[REFUSED] Signer')
  expect(content).toContain(user.publicKey)
  expect(content).not.toContain(user.seed)
  expect(content).not.toContain('eyJ')
  doctor.forget(id)
  expect(() => doctor.ask({ id, operation: 'publish', subject: 'a', queue: null })).toThrow(
    expect.objectContaining({ code: 'DIAGNOSIS_GONE' }),
  )
})
