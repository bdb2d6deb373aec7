import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { etcdConfig } from './etcd-environment.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-etcd-environment-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text, { mode: 0o600 })
  return join(folder, name)
}

test('etcd it is as soon as it is named, unless SQLite is asked for', async () => {
  expect(await etcdConfig({})).toBeUndefined()
  expect(await etcdConfig({ MUSTER_REGISTRY_STORE: 'sqlite', ETCD_HOST: 'a' })).toBeUndefined()
  expect(await etcdConfig({ MUSTER_REGISTRY_STORE: 'etcd' })).toEqual({
    endpoints: ['http://localhost:2379'],
    caPem: null,
    clientCertificate: null,
    user: null,
    compactAfterSeconds: 600,
  })
  const v6 = await etcdConfig({ ETCD_HOST: '::1', ETCD_PORT: '23790', ETCD_COMPACT_AFTER: 'off' })
  expect(v6).toMatchObject({ endpoints: ['http://[::1]:23790'], compactAfterSeconds: null })
})

test('several endpoints, TLS and a user are taken as given', async () => {
  const environment = {
    ETCD_ENDPOINTS: 'a:2379, https://b:2379/',
    ETCD_TLS_CA_FILE: await file('ca.pem', 'ca'),
    ETCD_TLS_CERT_FILE: await file('cert.pem', 'cert'),
    ETCD_TLS_KEY_FILE: await file('key.pem', 'key'),
    ETCD_USER: 'registry',
    ETCD_PASSWORD_FILE: await file('password', 'secret\n'),
  }
  expect(await etcdConfig(environment)).toMatchObject({
    endpoints: ['https://a:2379', 'https://b:2379'],
    caPem: 'ca',
    clientCertificate: { certificatePem: 'cert', keyPem: 'key' },
    user: { name: 'registry', password: 'secret' },
  })
})

test.each([
  [{ MUSTER_REGISTRY_STORE: 'redis' }, 'MUSTER_REGISTRY_STORE'],
  [{ ETCD_HOST: 'a', ETCD_TLS_CERT_FILE: import.meta.filename }, 'ETCD_TLS_CERT_FILE'],
  [{ ETCD_HOST: 'a', ETCD_USER: 'u', ETCD_PASSWORD_FILE: '/nowhere' }, 'ETCD_PASSWORD_FILE'],
  [{ ETCD_HOST: 'a', ETCD_COMPACT_AFTER: '0' }, 'ETCD_COMPACT_AFTER'],
])('what can not be used is named: %o', async (environment, variable) => {
  await expect(etcdConfig(environment)).rejects.toThrow(variable)
})
