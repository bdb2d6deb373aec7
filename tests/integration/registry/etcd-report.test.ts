import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { NEVER } from '#shared/never.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { EtcdConfig } from '../../../src/main/registry/sidecar-messages.ts'
import { etcdReport } from '../../../src/main/registry/store-choice/etcd-report.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { EtcdGateway } from '../../support/etcd-gateway.ts'
import { startEtcd } from '../../support/etcd-server.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'

const run = promisify(execFile)
const PASSWORD = 'a password of a test'
const DIALECT = dialectOf('device-connect')

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function report(endpoints: readonly string[], access: Partial<EtcdConfig> = {}) {
  const none = { caPem: null, clientCertificate: null, user: null, compactAfterSeconds: 600 }
  return etcdReport({ endpoints: [...endpoints], ...none, ...access }, DIALECT, NEVER)
}

test('what is wrong with an etcd is said for each endpoint, and nothing is written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-etcd-report-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  await makeCertificates(folder)
  const pem = (name: string) => readFile(join(folder, name), 'utf8')
  const etcd = await startEtcd({ certificates: folder })
  closing.push(() => etcd.stop())
  const gateway = new EtcdGateway(etcd.url)
  await gateway.putAll([['/device-connect/site/devices/d', '{}']])
  const before = await gateway.revision()

  const closed = `http://127.0.0.1:${await freeTcpPort()}`
  const half = await report([etcd.url, closed])
  expect(half).toMatchObject({ devices: 1, more: false, problem: null })
  expect(half.members).toMatchObject([
    { endpoint: etcd.url, problem: null, outOfSpace: false },
    { endpoint: closed, problem: { code: 'ETCD_UNREACHABLE' } },
  ])
  expect((await report([closed])).problem?.message).toContain('Nothing listens')

  const codeOf = async (access: Partial<EtcdConfig>, url = etcd.secureUrl) =>
    (await report([url], access)).problem?.code
  const caPem = await pem('ca.pem')
  const clientCertificate = {
    certificatePem: await pem('client.pem'),
    keyPem: await pem('client.key'),
  }
  expect(await codeOf({})).toBe('ETCD_TLS_UNTRUSTED')
  expect(await codeOf({ caPem, clientCertificate })).toBeUndefined()
  expect(await codeOf({ caPem })).toMatch(/^ETCD_(TLS_|UNREACHABLE)/u)
  const otherKey = await pem('server.key')
  expect(
    await codeOf({ caPem, clientCertificate: { ...clientCertificate, keyPem: otherKey } }),
  ).toBe('ETCD_TLS_FILES')
  expect(await codeOf({}, etcd.url.replace('http:', 'https:'))).toBe('ETCD_TLS_NOT_OFFERED')
  expect(await gateway.revision()).toBe(before)

  const etcdctl = (...args: string[]) => {
    const env = { ...process.env, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: etcd.url }
    return run('etcdctl', ['--command-timeout=60s', '--dial-timeout=60s', ...args], { env })
  }
  await etcdctl('user', 'add', `root:${PASSWORD}`)
  await etcdctl('user', 'grant-role', 'root', 'root')
  await etcdctl('user', 'add', `reader:${PASSWORD}`)
  await etcdctl('role', 'add', 'reader')
  await etcdctl('role', 'grant-permission', 'reader', 'read', '--prefix=true', '/device-connect/')
  await etcdctl('user', 'grant-role', 'reader', 'reader')
  await etcdctl('auth', 'enable')
  const refusal = async (user: EtcdConfig['user']) => {
    const { problem } = await report([etcd.url], { user })
    expect(problem?.code).toBe('ETCD_REFUSED')
    return problem?.message ?? ''
  }
  expect(await refusal(null)).toContain('asks for a login')
  expect(await refusal({ name: 'root', password: 'wrong' })).toContain('user and password')
  expect(await refusal({ name: 'reader', password: PASSWORD })).toContain('may not read and write')
  const root = { name: 'root', password: PASSWORD }
  expect((await report([etcd.url], { user: root })).problem).toBeNull()
})
