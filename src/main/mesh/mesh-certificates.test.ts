import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../log/logger.ts'
import { MeshCertificates } from './mesh-certificates.ts'
import { meshPaths } from './server-config.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let folder: string
let now: Date
let entries: Map<string, string>
let reads: number
let certificates: MeshCertificates

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-ca-'))
  now = new Date('2026-11-22T12:00:00Z')
  entries = new Map()
  reads = 0
  certificates = new MeshCertificates({
    paths: meshPaths(folder),
    keychain: {
      get: async (account) => {
        reads += 1
        return entries.get(account)
      },
      set: async (account, secret) => void entries.set(account, secret),
      delete: async (account) => entries.delete(account),
    },
    meshId: 'one',
    log: silentLogger(),
    now: () => now,
  })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const serverPem = () => readFile(meshPaths(folder).serverCertificate, 'utf8')

test('keeps the key of the authority in the keychain and nowhere else', async () => {
  const tls = await certificates.provide('192.168.7.5')
  expect([...entries.keys()]).toEqual(['ca:one'])
  const stored = await readFile(meshPaths(folder).caCertificate, 'utf8')
  expect(stored).toBe(tls.caPem)
  expect(stored).not.toContain('PRIVATE')
  expect((await stat(tls.files.key)).mode & 0o777).toBe(0o600)
})

test('covers the address and this computer', async () => {
  await certificates.provide('192.168.7.5')
  const certificate = new X509Certificate(await serverPem())
  expect(certificate.checkIP('192.168.7.5')).toBeDefined()
  expect(certificate.checkIP('127.0.0.1')).toBeDefined()
  expect(certificate.checkHost('localhost')).toBeDefined()
})

test('keeps a certificate that serves, without asking the keychain', async () => {
  const first = await certificates.provide('mesh.example')
  const before = await serverPem()
  reads = 0
  expect(await certificates.provide('mesh.example')).toEqual(first)
  expect(await serverPem()).toBe(before)
  expect(reads).toBe(0)
})

test('renews in good time, under the same authority', async () => {
  const first = await certificates.provide('192.168.7.5')
  const before = await serverPem()
  now = new Date(first.renewAt.getTime() + 1)
  const second = await certificates.provide('192.168.7.5')
  expect(await serverPem()).not.toBe(before)
  expect(second.caPem).toBe(first.caPem)
  expect(second.renewAt.getTime() - now.getTime()).toBeGreaterThan(200 * DAY_MS)
})

test('issues another for another address, under the same authority', async () => {
  const first = await certificates.provide('192.168.7.5')
  const second = await certificates.provide('192.168.7.6')
  expect(second.caPem).toBe(first.caPem)
  expect(new X509Certificate(await serverPem()).checkIP('192.168.7.6')).toBeDefined()
})

test.each(['serverCertificate', 'serverKey', 'caCertificate'] as const)(
  'mends a damaged %s',
  async (name) => {
    await certificates.provide('192.168.7.5')
    await writeFile(meshPaths(folder)[name], 'damaged')
    const tls = await certificates.provide('192.168.7.5')
    const server = new X509Certificate(await serverPem())
    expect(server.checkIssued(new X509Certificate(tls.caPem))).toBe(true)
  },
)

test('makes a new authority where the keychain lost its key', async () => {
  const first = await certificates.provide('192.168.7.5')
  entries.clear()
  const second = await certificates.provide('192.168.7.6')
  expect(second.caPem).not.toBe(first.caPem)
})
