import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createAuthority, createServerCertificate } from './x509.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function validity(days: number) {
  return { notBefore: new Date(), notAfter: new Date(Date.now() + days * DAY_MS) }
}

test('makes an authority that may sign certificates and nothing below them', async () => {
  const { certificatePem } = await createAuthority('Muster mesh', validity(3650))
  const certificate = new X509Certificate(certificatePem)
  expect(certificate.ca).toBe(true)
  expect(certificate.subject).toBe('CN=Muster mesh')
  expect(certificate.issuer).toBe('CN=Muster mesh')
  expect(certificate.verify(certificate.publicKey)).toBe(true)
})

test('makes a server certificate for names and addresses that the authority vouches for', async () => {
  const authority = await createAuthority('Muster mesh', validity(3650))
  const hosts = ['192.168.1.20', 'localhost', '127.0.0.1', '::1', 'fe80::1:2', '::ffff:10.0.0.1']
  const server = await createServerCertificate(authority, hosts, validity(365))
  const certificate = new X509Certificate(server.certificatePem)
  const issuer = new X509Certificate(authority.certificatePem)
  expect(certificate.checkIssued(issuer)).toBe(true)
  expect(certificate.verify(issuer.publicKey)).toBe(true)
  expect(certificate.ca).toBe(false)
  expect(certificate.checkHost('localhost')).toBe('localhost')
  expect(certificate.checkIP('192.168.1.20')).toBe('192.168.1.20')
  expect(certificate.checkIP('::1')).toBe('::1')
  expect(certificate.checkIP('fe80::1:2')).toBe('fe80::1:2')
  expect(certificate.checkIP('10.9.9.9')).toBeUndefined()
})

test('counts in dates after 2049', async () => {
  const notAfter = new Date('2061-03-04T05:06:07Z')
  const { certificatePem } = await createAuthority('x', { notBefore: new Date(), notAfter })
  expect(new X509Certificate(certificatePem).validToDate).toEqual(notAfter)
})

test('passes the check of a TLS client that knows the authority, and no other', async () => {
  const authority = await createAuthority('Muster mesh', validity(3650))
  const stranger = await createAuthority('Muster mesh', validity(3650))
  const server = await createServerCertificate(authority, ['127.0.0.1'], validity(30))
  const listener = createServer({ cert: server.certificatePem, key: server.keyPem })
  listener.on('tlsClientError', () => undefined)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const dial = (ca: string): TLSSocket => connect({ host: '127.0.0.1', port, ca })
  const trusting = dial(authority.certificatePem)
  await once(trusting, 'secureConnect')
  expect(trusting.authorized).toBe(true)
  const refusing = dial(stranger.certificatePem)
  const [error] = (await once(refusing, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  trusting.destroy()
  listener.close()
})
