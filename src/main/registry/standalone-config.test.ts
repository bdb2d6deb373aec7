import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeJwt } from '../authority/jwt.ts'
import { createNkey } from '../authority/nkey.ts'
import { signerOf } from '../authority/signer.ts'
import { standaloneConfig } from './standalone-config.ts'

let folder = ''
const user = createNkey('user')
const { seed } = user
const jwt = encodeJwt(
  { name: 'registry', subject: user.publicKey, type: 'user', nats: {}, issuedAt: 1_700_000_000 },
  signerOf(createNkey('account').seed),
)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-standalone-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text, { mode: 0o600 })
  return join(folder, name)
}

test('without any variable it serves all tenants of a local server', async () => {
  expect(await standaloneConfig({})).toMatchObject({
    dialect: 'device-connect',
    servers: ['nats://localhost:4222'],
    credentials: null,
    deviceTtlSeconds: 15,
    listMaxLimit: 200,
    tenants: null,
    knownTenants: ['default'],
    logFolder: null,
  })
})

test('the variables of the protocol are read', async () => {
  const ca = await file('ca.pem', 'THE CA')
  const config = await standaloneConfig({
    TENANTS: 'alpha, beta,',
    TENANT: 'ignored',
    NATS_URLS: 'tls://a:4222, tls://b:4222',
    NATS_TLS_CA_FILE: ca,
    DEVICE_TTL: '30',
    DC_LIST_DEVICES_MAX_LIMIT: '50',
    MUSTER_DIALECT: 'fabric',
    MUSTER_REGISTRY_DATABASE: join(folder, 'x.db'),
  })
  expect(config).toMatchObject({
    dialect: 'fabric',
    servers: ['tls://a:4222', 'tls://b:4222'],
    caPem: 'THE CA',
    deviceTtlSeconds: 30,
    listMaxLimit: 50,
    knownTenants: ['alpha', 'beta'],
    databasePath: join(folder, 'x.db'),
  })
})

test('a JSON credential file brings servers, tenant, key and CA', async () => {
  await file('ca.pem', 'THE CA')
  const tls = { ca_file: 'ca.pem', cert_pem: 'THE CERTIFICATE', key_pem: 'ITS KEY' }
  const nats = { url: 'tls://c:4222', jwt, nkey_seed: seed, tls }
  const path = await file(
    'registry.creds.json',
    JSON.stringify({ tenant: 'gamma', messaging: nats }),
  )
  const config = await standaloneConfig({ NATS_CREDENTIALS_FILE: path, NATS_URL: 'nats://x:1' })
  expect(config).toMatchObject({
    servers: ['tls://c:4222'],
    knownTenants: ['gamma'],
    caPem: 'THE CA',
    clientCertificate: { certificatePem: 'THE CERTIFICATE', keyPem: 'ITS KEY' },
    credentials: { jwt, seed, inboxPrefix: '_INBOX', expiresAt: null },
  })
})

test('the .creds form of NATS is read too', async () => {
  const text = `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`
  const path = await file('registry.creds', text)
  const config = await standaloneConfig({
    MESSAGING_CREDENTIALS_FILE: path,
    NATS_URL: 'nats://x:1',
  })
  expect(config).toMatchObject({ servers: ['nats://x:1'], credentials: { jwt, seed } })
})

test('account JWTs are served from the folder that is named, on loopback unless told', async () => {
  expect((await standaloneConfig({})).accountServer).toBeUndefined()
  const folder = { MUSTER_ACCOUNTS_FOLDER: '/accounts' }
  expect((await standaloneConfig(folder)).accountServer).toEqual({
    host: '127.0.0.1',
    port: 9422,
    folder: '/accounts',
  })
  const listen = { ...folder, MUSTER_ACCOUNTS_LISTEN: '[::1]:80' }
  expect((await standaloneConfig(listen)).accountServer).toMatchObject({ host: '::1', port: 80 })
  for (const wrong of ['9422', 'host:', 'host:0', 'host:99999']) {
    await expect(
      standaloneConfig({ ...folder, MUSTER_ACCOUNTS_LISTEN: wrong }),
    ).rejects.toMatchObject({ code: 'REGISTRY_ENVIRONMENT' })
  }
})

test('what is wrong is named, and a secret never repeated', async () => {
  const path = await file('broken.creds', `-----BEGIN USER NKEY SEED-----\n${seed}`)
  const failures = await Promise.all(
    [
      { NATS_CREDENTIALS_FILE: path },
      { NATS_CREDENTIALS_FILE: join(folder, 'missing') },
      { DEVICE_TTL: 'soon' },
      { MUSTER_DIALECT: 'klingon' },
      { NATS_TLS_CA_FILE: join(folder, 'missing') },
      { NATS_TLS_CERT_FILE: path },
      { MUSTER_ACCESS_LISTS_FILE: path },
    ].map((environment) => standaloneConfig(environment).catch((error: unknown) => error)),
  )
  expect(failures).toMatchObject([
    { code: 'CREDENTIALS_MALFORMED' },
    { code: 'CREDENTIALS_UNREADABLE' },
    { code: 'REGISTRY_ENVIRONMENT', message: expect.stringContaining('DEVICE_TTL') },
    { code: 'REGISTRY_ENVIRONMENT' },
    { code: 'REGISTRY_ENVIRONMENT', message: expect.stringContaining('NATS_TLS_CA_FILE') },
    { code: 'REGISTRY_ENVIRONMENT', message: expect.stringContaining('clientCertificate') },
    { code: 'REGISTRY_ENVIRONMENT' },
  ])
  for (const failure of failures) expect(String(failure)).not.toContain(seed)
})
