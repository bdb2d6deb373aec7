import { expect, test } from 'vitest'
import { encodeJwt } from '../authority/jwt.ts'
import { createNkey } from '../authority/nkey.ts'
import { signerOf } from '../authority/signer.ts'
import { signatureFindings } from './claims-findings.ts'
import { cleanText, textOfBytes, type ReadText } from './credential-text.ts'
import { fileFindings, seedFindings } from './file-findings.ts'
import { readJwt } from './read-claims.ts'
import { readCredential } from './read-credential.ts'

const account = createNkey('account')
const user = createNkey('user')
const jwt = jwtOf('user', user.publicKey)

function jwtOf(type: 'user' | 'account', subject: string): string {
  return encodeJwt(
    { name: 'pump-1', subject, type, nats: {}, issuedAt: 1_700_000_000 },
    signerOf(account.seed),
  )
}

const CREDS = `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.

-----BEGIN USER NKEY SEED-----
${user.seed}
------END USER NKEY SEED------
`
const JSON_FILE = JSON.stringify(
  {
    device_id: 'pump-1',
    auth_type: 'jwt',
    tenant: 'north',
    nats: { urls: ['nats://h:4222'], jwt, nkey_seed: user.seed, tls: { ca_pem: 'CA' } },
  },
  null,
  2,
)

/** What is found about a text, and whether its parts were still got out of it. */
function look(text: ReadText) {
  const read = readCredential(text)
  const read2 = read.jwt === null ? undefined : readJwt(read.jwt)
  const found = [
    ...fileFindings(read),
    ...(read2 === undefined ? [] : signatureFindings(read2)),
    ...seedFindings(read, read2?.type === 'read' ? read2.claims.sub : null),
  ]
  return {
    format: read.format,
    hasJwt: read.jwt === jwt,
    hasSeed: read.seed === user.seed,
    codes: found.filter(({ severity }) => severity !== 'fine').map(({ code }) => code),
    read,
    found,
  }
}

const utf16 = (text: string) =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
const html = (text: string) =>
  `<!DOCTYPE html><html><head><style>p{color:red}</style></head><body><pre>${text
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#13;\n')}</pre></body></html>`

test.each([
  ['a .creds file', cleanText(CREDS), 'creds'],
  [
    'a .creds file with other numbers of dashes',
    cleanText(CREDS.replaceAll(/-{5,6}/gu, '---')),
    'creds',
  ],
  ['a .creds.json file', cleanText(JSON_FILE), 'creds.json'],
  ['one of an older writer', cleanText(JSON_FILE.replace('"nats"', '"messaging"')), 'creds.json'],
  ['bare JWT and seed', cleanText(`${jwt}\n\n${user.seed}`), 'jwt'],
  ['one from Windows', textOfBytes(Buffer.from(CREDS.replaceAll('\n', '\r\n'))), 'creds'],
] as const)('%s is read, and nothing is wrong with it', (_name, text, format) => {
  expect(look(text)).toMatchObject({ format, hasJwt: true, hasSeed: true, codes: [] })
})

test('a .creds.json tells tenant, device, addresses and certificate authority', () => {
  expect(look(cleanText(JSON_FILE)).read).toMatchObject({
    tenant: 'north',
    deviceId: 'pump-1',
    urls: ['nats://h:4222'],
    caPem: 'CA',
  })
  const old = JSON_FILE.replace(/"urls": \[[^\]]*\]/u, '"url": "nats://old:4222"')
  expect(look(cleanText(old)).read.urls).toEqual(['nats://old:4222'])
})

test.each([
  [
    'with a byte order mark',
    textOfBytes(Buffer.from(`\uFEFF${JSON_FILE}`)),
    ['FILE_BYTE_ORDER_MARK'],
  ],
  ['in UTF-16', textOfBytes(utf16(CREDS)), ['FILE_UTF16']],
  ['saved as a web page', cleanText(html(CREDS)), ['FILE_HTML']],
  ['as JSON in a web page', cleanText(html(JSON_FILE)), ['FILE_HTML']],
  ['quoted in a mail', cleanText(CREDS.replaceAll(/^(?=.)/gmu, '> ')), ['FILE_QUOTED']],
  [
    'with the JWT broken into lines',
    cleanText(CREDS.replace(jwt, jwt.replaceAll(/(.{64})/gu, '$1\n'))),
    ['FILE_JWT_WRAPPED'],
  ],
] as const)(
  'one that came %s is read all the same, and the damage is named',
  (_name, text, codes) => {
    expect(look(text)).toMatchObject({ hasJwt: true, hasSeed: true, codes })
  },
)

test.each([
  ['cut off in the seed', CREDS.slice(0, -60), ['FILE_TRUNCATED', 'SEED_MALFORMED']],
  ['cut off in the JWT', CREDS.slice(0, 200), ['FILE_TRUNCATED', 'FILE_WITHOUT_SEED', 'JWT_CUT']],
  ['JSON cut off', JSON_FILE.slice(0, -150), ['FILE_BROKEN_JSON', 'JWT_CUT']],
  ['without the seed', CREDS.slice(0, CREDS.indexOf('****')), ['FILE_WITHOUT_SEED']],
  ['with two users', CREDS + CREDS, ['FILE_SEVERAL']],
  ['JSON of something else', '{"hello": "world"}', ['NOT_A_CREDENTIAL']],
  ['a letter', 'Dear Kim,\nplease find the credentials attached.', ['NOT_A_CREDENTIAL']],
  ['only the seed', user.seed, ['FILE_SEED_ONLY']],
  [
    'a mistyped seed',
    CREDS.replace(user.seed, `${user.seed.slice(0, -1)}A`.replace(/..A$/u, 'AAA')),
    ['SEED_MALFORMED'],
  ],
  [
    'the seed of another user',
    CREDS.replace(user.seed, createNkey('user').seed),
    ['SEED_OF_OTHER_USER'],
  ],
  ['the seed of the account', CREDS.replace(user.seed, account.seed), ['SEED_OF_OTHER_KIND']],
  [
    'the JWT of an account',
    CREDS.replace(jwt, jwtOf('account', account.publicKey)),
    ['JWT_NOT_OF_A_USER', 'SEED_OF_OTHER_USER'],
  ],
  ['a JWT that was edited', CREDS.replace(jwt, edited()), ['JWT_ALTERED']],
] as const)('a text that is %s says so', (_name, text, codes) => {
  expect(look(cleanText(text)).codes).toEqual(codes)
})

function edited(): string {
  const [header, payload, signature] = jwt.split('.')
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object
  const other = Buffer.from(JSON.stringify({ ...claims, name: 'pump-2' })).toString('base64url')
  return `${header}.${other}.${signature}`
}

test('a file for a device that keeps its key to itself is in order without a seed', () => {
  const withoutSeed = JSON_FILE.replace(/,\s*"nkey_seed": "[^"]*"/u, '')
  expect(look(cleanText(withoutSeed))).toMatchObject({ hasJwt: true, hasSeed: false, codes: [] })
})

test('no finding repeats a seed or a JWT', () => {
  for (const text of [
    CREDS,
    JSON_FILE,
    CREDS.slice(0, -60),
    CREDS.replace(user.seed, account.seed),
  ]) {
    const said = JSON.stringify(look(cleanText(text)).found)
    expect(said).not.toContain(user.seed.slice(0, 20))
    expect(said).not.toContain(account.seed.slice(0, 20))
    expect(said).not.toContain('eyJ')
  }
})

test.each([
  '<'.repeat(250_000),
  '<script>'.repeat(30_000),
  `${'-'.repeat(100_000)}BEGIN`,
  `---BEGIN ${' '.repeat(200_000)}`,
  'eyJ'.repeat(80_000),
  'eyJ '.repeat(60_000),
  'eyJa.'.repeat(50_000),
  '> '.repeat(100_000),
])('a hostile text is read at once, not after minutes of backtracking', (text) => {
  // A timeout of the suite ends this where a pattern goes quadratic.
  expect(look(cleanText(text)).hasJwt).toBe(false)
})
