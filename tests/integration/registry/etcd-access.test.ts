import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { startAloneRegistry } from '../../support/alone-registry.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { startEtcd } from '../../support/etcd-server.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { WireClient } from './wire-device.ts'

const run = promisify(execFile)
const PASSWORD = 'a password of a test'
/** A login takes etcd its time on a busy machine. */
const PATIENT = ['--command-timeout=60s', '--dial-timeout=60s']

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

test('alone it uses etcd by TLS, with a certificate, a user and a password, and names none of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-etcd-access-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  await makeCertificates(folder)
  const nats = await startNatsServer()
  closing.push(() => nats.stop())
  const etcd = await startEtcd({ certificates: folder })
  closing.push(() => etcd.stop())
  const etcdctl = async (...args: string[]) => {
    const env = { ...process.env, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: etcd.url }
    return (await run('etcdctl', [...PATIENT, ...args], { env })).stdout
  }
  await etcdctl('user', 'add', `root:${PASSWORD}`)
  await etcdctl('user', 'grant-role', 'root', 'root')
  await etcdctl('user', 'add', `registry:${PASSWORD}`)
  await etcdctl('role', 'add', 'registry')
  for (const prefix of ['/device-connect/', '/muster/registry/device-connect/']) {
    await etcdctl('role', 'grant-permission', 'registry', 'readwrite', '--prefix=true', prefix)
  }
  await etcdctl('user', 'grant-role', 'registry', 'registry')
  await etcdctl('auth', 'enable')
  await writeFile(join(folder, 'password'), `${PASSWORD}\n`)
  const registry = startAloneRegistry({
    folder,
    env: {
      NATS_URL: nats.url,
      ETCD_ENDPOINTS: etcd.secureUrl,
      ETCD_TLS_CA_FILE: join(folder, 'ca.pem'),
      ETCD_TLS_CERT_FILE: join(folder, 'client.pem'),
      ETCD_TLS_KEY_FILE: join(folder, 'client.key'),
      ETCD_USER: 'registry',
      ETCD_PASSWORD_FILE: join(folder, 'password'),
      MUSTER_REGISTRY_HTTP_LISTEN: 'off',
    },
  })
  closing.push(() => registry.end('SIGKILL'))
  await registry.serving()
  const client = await WireClient.open(nats.url)
  closing.push(() => client.close())
  await client.register('site', 'd', { device_ttl: 60 })
  const key = '/device-connect/site/devices/d'
  const login = `--user=root:${PASSWORD}`
  expect(await etcdctl(login, 'get', '--keys-only', key)).toContain(key)
  await client.register('site', 'd', { device_ttl: 1 })
  await until('it to go with its device', async () => (await etcdctl(login, 'get', key)) === '')
  await registry.end('SIGTERM')
  expect(registry.output()).not.toContain(PASSWORD)
})
