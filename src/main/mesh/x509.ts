import { createHash, createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import {
  AltName,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  Time,
  TimeType,
} from 'pkijs'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
const HASH = 'SHA-256'
const SERIAL_BYTES = 16
/** UTCTime ends here (RFC 5280, 4.1.2.5); later dates are GeneralizedTime. */
const LAST_UTC_TIME_YEAR = 2049

const COMMON_NAME = '2.5.4.3'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const KEY_USAGE = '2.5.29.15'
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const BASIC_CONSTRAINTS = '2.5.29.19'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

// First octet of KeyUsage with the number of its unused bits (RFC 5280, 4.2.1.3).
const USAGE_SIGN_CERTIFICATES_AND_LISTS = { bits: 0x06, unused: 1 } as const
const USAGE_SIGN = { bits: 0x80, unused: 7 } as const

const GENERAL_NAME_DNS = 2
const GENERAL_NAME_IP = 7

/** A certificate with its private key, both as PEM. `keyPem` is a secret. */
export interface CertifiedKey {
  readonly certificatePem: string
  readonly keyPem: string
}

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Creates a certificate authority that signs server certificates only, by a fresh P-256 key. */
export async function createAuthority(name: string, validity: Validity): Promise<CertifiedKey> {
  const keys = await createKeys()
  const certificate = await blank(name, keys.publicKey, validity)
  certificate.issuer = certificate.subject
  const ownId = await keyIdOf(keys.publicKey)
  certificate.extensions = [
    extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
    keyUsage(USAGE_SIGN_CERTIFICATES_AND_LISTS),
    extension(SUBJECT_KEY_IDENTIFIER, new OctetString({ valueHex: ownId })),
  ]
  await certificate.sign(keys.privateKey, HASH)
  return certified(certificate, keys.privateKey)
}

/**
 * Creates a server certificate for names and IP addresses, signed by `authority`, with a fresh key.
 * @param hosts DNS names or IP literals
 */
export async function createServerCertificate(
  authority: CertifiedKey,
  hosts: readonly string[],
  validity: Validity,
): Promise<CertifiedKey> {
  const keys = await createKeys()
  const signingKey = await importPrivateKey(authority.keyPem)
  const issuer = Certificate.fromBER(derOf(authority.certificatePem))
  const issuerId = await keyIdOf(await importPublicKey(authority.keyPem))
  const certificate = await blank(hosts[0] ?? 'localhost', keys.publicKey, validity)
  certificate.issuer = issuer.subject
  certificate.extensions = [
    extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: false }), true),
    keyUsage(USAGE_SIGN),
    extension(EXTENDED_KEY_USAGE, new ExtKeyUsage({ keyPurposes: [SERVER_AUTH] })),
    extension(SUBJECT_ALTERNATIVE_NAME, new AltName({ altNames: hosts.map(generalName) })),
    extension(
      AUTHORITY_KEY_IDENTIFIER,
      new AuthorityKeyIdentifier({ keyIdentifier: new OctetString({ valueHex: issuerId }) }),
    ),
  ]
  await certificate.sign(signingKey, HASH)
  return certified(certificate, keys.privateKey)
}

async function blank(
  subject: string,
  publicKey: webcrypto.CryptoKey,
  { notBefore, notAfter }: Validity,
): Promise<Certificate> {
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: serialNumber() }),
    notBefore: time(notBefore),
    notAfter: time(notAfter),
  })
  certificate.subject.typesAndValues.push(commonName(subject))
  await certificate.subjectPublicKeyInfo.importKey(publicKey)
  return certificate
}

/** Positive and without leading zeros, as DER and RFC 5280 ask. */
function serialNumber(): Buffer {
  const serial = randomBytes(SERIAL_BYTES)
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)
  return serial
}

function time(date: Date): Time {
  const late = date.getUTCFullYear() > LAST_UTC_TIME_YEAR
  return new Time({ type: late ? TimeType.GeneralizedTime : TimeType.UTCTime, value: date })
}

function commonName(text: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value: text }) })
}

function keyUsage({ bits, unused }: { readonly bits: number; readonly unused: number }): Extension {
  const value = new BitString({ valueHex: Uint8Array.of(bits), unusedBits: unused })
  return extension(KEY_USAGE, value, true)
}

interface Encodable {
  toBER(): ArrayBuffer
}

function extension(
  extnID: string,
  value: Encodable | { toSchema(): Encodable },
  critical = false,
): Extension {
  const encodable = 'toSchema' in value ? value.toSchema() : value
  return new Extension({
    extnID,
    critical,
    extnValue: encodable.toBER(),
  })
}

function generalName(host: string): GeneralName {
  return isIP(host) === 0
    ? new GeneralName({ type: GENERAL_NAME_DNS, value: host })
    : new GeneralName({
        type: GENERAL_NAME_IP,
        value: new OctetString({ valueHex: addressBytes(host) }),
      })
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number))
  // The URL parser writes an embedded IPv4 part as hexadecimal groups.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [head = [], tail = []] = groups.map((part) =>
    part.split(':').filter((group) => group !== ''),
  )
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  const words = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
  return webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign'])
}

function importPublicKey(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  const spki = createPublicKey(privateKeyPem).export({ format: 'der', type: 'spki' })
  return webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify'])
}

/** RFC 5280, 4.2.1.2, method 1: SHA-1 of the key, as a name and not for security. */
async function keyIdOf(publicKey: webcrypto.CryptoKey): Promise<Buffer> {
  const point = Buffer.from(await webcrypto.subtle.exportKey('raw', publicKey))
  return createHash('sha1').update(point).digest()
}

async function certified(
  certificate: Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<CertifiedKey> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey))
  return {
    certificatePem: pem('CERTIFICATE', Buffer.from(certificate.toSchema(true).toBER())),
    keyPem: pem('PRIVATE KEY', pkcs8),
  }
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/gu) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function derOf(pemText: string): Buffer {
  return Buffer.from(pemText.replaceAll(/-----[^-]+-----|\s/gu, ''), 'base64')
}
