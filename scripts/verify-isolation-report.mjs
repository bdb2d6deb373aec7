// `node verify-isolation-report.mjs FILE`: checks the signature of an isolation report that Muster
// exported, HTML or JSON, without Muster. Node's own modules only, so that it can be read in one go.
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** DER header of an Ed25519 public key (RFC 8410). */
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex')

/** The 32 bytes of an operator's public key (O…): prefix byte, key, CRC-16 (nats-io/nkeys). */
function keyBytes(text) {
  let bits = ''
  for (const letter of text) bits += BASE32.indexOf(letter).toString(2).padStart(5, '0')
  const bytes = Buffer.from(bits.match(/.{8}/gu).map((byte) => Number.parseInt(byte, 2)))
  if (!/^O[A-Z2-7]{55}$/u.test(text) || crc16(bytes.subarray(0, 33)) !== bytes.readUInt16LE(33)) {
    throw new Error('The key in the signature is not that of a NATS operator.')
  }
  return bytes.subarray(1, 33)
}

function crc16(bytes) {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
    crc &= 0xffff
  }
  return crc
}

/** RFC 8785, for values without fractions. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error('Usage: node verify-isolation-report.mjs FILE')
  process.exit(2)
}
const text = readFileSync(path, 'utf8')
const embedded = /id="muster-isolation-report">(.*?)<\/script>/su.exec(text)
const { report, signature } = JSON.parse(embedded?.[1] ?? text)
if (signature === null) {
  console.error('NOT SIGNED: nobody can tell whether this report was changed.')
  process.exit(1)
}
const key = createPublicKey({
  key: Buffer.concat([SPKI_HEADER, keyBytes(signature.key)]),
  format: 'der',
  type: 'spki',
})
const statement = `${report.format}\n${canonical({ report, signedAt: signature.signedAt })}`
const genuine = verify(
  null,
  Buffer.from(statement),
  key,
  Buffer.from(signature.signature, 'base64url'),
)
if (!genuine) {
  console.error('ALTERED: this report is not as it was signed.')
  process.exit(1)
}
console.log(`Unchanged since ${signature.signedAt}, signed by ${signature.key}.`)
console.log(`It says: ${report.verdict}, ${report.counts.pairs} pairs, on ${report.mesh.name}.`)
console.log('Compare the key with the signing keys of the operator: `nsc describe operator`.')
if (embedded) console.log('The data in this page was checked, not what the page shows of it.')
