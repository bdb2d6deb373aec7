import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { unzipSync, zipSync, type Zippable } from 'fflate'
import { packTar } from 'modern-tar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operatorKeysOf } from '../../../src/main/app/bundles.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { BundleOpener } from '../../../src/main/bundles/bundle-opener.ts'
import { withManifest } from '../../../src/main/bundles/manifest/sign-manifest.ts'
import type { ContentFile } from '../../../src/main/bundles/content/content-file.ts'
import { packZip } from '../../../src/main/bundles/seal/archive.ts'
import { sealBytes } from '../../../src/main/bundles/seal/seal.ts'
import { noAudit } from '../../support/no-audit.ts'
import { BundleSite, execute } from './support/bundle-site.ts'
import { NEVER } from '#shared/never.ts'

const PASSPHRASE = 'a barge of slow lamps'

let site: BundleSite
let other: BundleSite
let opener: BundleOpener
let folder: string
/** A good bundle, and the files in it. */
let good: Uint8Array
let files: Record<string, Uint8Array>

beforeAll(async () => {
  ;[site, other] = await Promise.all([BundleSite.create(), BundleSite.create()])
  folder = site.folder
  opener = new BundleOpener({
    ledger: site.app.authority.ledger,
    operator: () => site.app.authority.operator()?.publicKey,
    operatorKeys: () => operatorKeysOf(site.app.database),
    addConnection: (order, login) =>
      site.app.mesh.addRemoteLogin({ ...order, urls: [...order.urls] }, login),
    receipts: { receiptOfFile: () => undefined },
    audit: noAudit,
  })
  good = await bundleOf(site, 'good')
  files = unzipSync(good)
})
afterAll(async () => {
  await site.close()
  await other.close()
})

async function bundleOf(from: BundleSite, name: string): Promise<Uint8Array> {
  await from.made(from.order({ newDevices: ['pump-1'] }, { name }))
  return readFile(join(from.folder, `${name}.zip`))
}

async function open(bytes: Uint8Array, name = 'bad.zip') {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return opener.open(path, { kind: 'none' })
}

/** The code it is refused with. */
async function refusal(bytes: Uint8Array): Promise<unknown> {
  const before = await readdir(folder, { recursive: true })
  const outcome = await open(bytes).then(
    () => 'opened',
    (error: { code?: string }) => error.code ?? error,
  )
  await rm(join(folder, 'bad.zip'))
  // Nothing was written.
  expect(await readdir(folder, { recursive: true })).toEqual(before)
  return outcome
}

/** The good files, some exchanged; undefined takes one away. */
function rezipped(change: Readonly<Record<string, Uint8Array | undefined>>): Uint8Array {
  const entries = Object.entries({ ...files, ...change }).filter(
    (entry): entry is [string, Uint8Array] => entry[1] !== undefined,
  )
  return zipSync(Object.fromEntries(entries), { level: 0 })
}

const text = (content: string) => Buffer.from(content)

/** Signs whatever files by the operator of a site, as only somebody with its key could. */
async function signed(by: BundleSite, content: readonly ContentFile[]): Promise<Uint8Array> {
  const { authority, database } = by.app
  const row = database.prepare('SELECT jwt FROM authority_operator').get()
  const operator = authority.operator()
  const result = await withManifest(
    {
      id: crypto.randomUUID(),
      kind: 'devices',
      parcel: {
        dialect: 'device-connect',
        tenant: 'north',
        urls: [],
        caPem: null,
        credentials: [],
        alsoCreds: false,
        certificates: 'inline',
        starters: [],
        createdAt: new Date(),
      },
      operator: {
        name: 'x',
        publicKey: operator?.publicKey ?? '',
        jwt: String(row?.['jwt']),
      },
      accounts: [],
      madeBy: 'test',
    },
    content,
    (statement) => authority.signStatement(statement, { subject: 'x', reason: 'x' }),
  )
  return packZip(result.files, new Date())
}

test('a good bundle is told without its seeds, sealed or not, as a file or unpacked', async () => {
  const contents = await open(good, 'whole.zip')
  expect(contents).toMatchObject({
    tenant: 'north',
    origin: 'ours',
    sealed: false,
    importable: true,
    credentials: [{ name: 'pump-1', role: 'device', key: true, state: 'active' }],
  })
  expect(JSON.stringify(contents)).not.toMatch(/eyJ|SU[A-Z2-7]{56}/u)
  const sealing = { kind: 'passphrase', passphrase: PASSPHRASE } as const
  const sealed = join(folder, 'sealed.zip.age')
  await writeFile(sealed, await sealBytes(good, sealing, 10))
  await expect(opener.open(sealed, { kind: 'none' })).rejects.toMatchObject({
    code: 'BUNDLE_SEALED',
  })
  await expect(
    opener.open(sealed, { kind: 'passphrase', passphrase: 'another' }),
  ).rejects.toMatchObject({ code: 'BUNDLE_NOT_OPENED' })
  expect(await opener.open(sealed, sealing)).toMatchObject({ sealed: true, tenant: 'north' })
  const unpacked = join(folder, 'unpacked')
  await execute('unzip', ['-q', join(folder, 'whole.zip'), '-d', unpacked])
  expect(await opener.open(unpacked, { kind: 'none' })).toMatchObject({ origin: 'ours' })
})

test('a bundle of another operator is told as such, and its login can be taken over', async () => {
  const path = join(folder, 'other.zip')
  await writeFile(path, await bundleOf(other, 'theirs'))
  const contents = await opener.open(path, { kind: 'none' })
  expect(contents).toMatchObject({ origin: 'other', credentials: [{ state: null }] })
  const { connection } = await opener.importConnection({
    path,
    keyhole: { kind: 'none' },
    publicKey: contents.credentials[0]?.publicKey ?? '',
    connectionName: 'theirs',
  })
  expect(site.app.mesh.connections()).toMatchObject([
    { id: connection, name: 'theirs', tenant: 'north', urls: [other.url] },
  ])
})

test.for([
  ['../evil.sh', 'BUNDLE_UNSAFE_PATH'],
  ['/etc/evil', 'BUNDLE_UNSAFE_PATH'],
  ['a/../../evil', 'BUNDLE_UNSAFE_PATH'],
  [String.raw`a\..\evil`, 'BUNDLE_UNSAFE_PATH'],
  ['C:evil', 'BUNDLE_UNSAFE_PATH'],
  ['a//b', 'BUNDLE_UNSAFE_PATH'],
  ['a/./b', 'BUNDLE_UNSAFE_PATH'],
  ['a'.repeat(300), 'BUNDLE_UNSAFE_PATH'],
  [`${'a/'.repeat(40)}b`, 'BUNDLE_UNSAFE_PATH'],
  ['a\u202Eb', 'BUNDLE_UNSAFE_PATH'],
  ['README.MD', 'BUNDLE_UNSAFE_PATH'],
  ['extra.txt', 'BUNDLE_FILE_UNLISTED'],
] as const)('a file named %j is refused', async ([name, code]) => {
  expect(await refusal(rezipped({ [name]: text('x') }))).toBe(code)
})

test('links and devices are refused, in a zip and in a tar', async () => {
  const link: Zippable = {
    ...files,
    link: [text('/etc/passwd'), { os: 3, attrs: 0o120_777 * 0x1_0000 }],
  }
  expect(await refusal(zipSync(link, { level: 0 }))).toBe('BUNDLE_UNSAFE_PATH')
  for (const type of ['symlink', 'link', 'character-device', 'fifo'] as const) {
    const tar = await packTar([{ header: { name: 'x', size: 0, type, linkname: '/etc/passwd' } }])
    expect(await refusal(gzipSync(tar))).toBe('BUNDLE_UNSAFE_PATH')
  }
  const slip = await packTar([{ header: { name: '../evil', size: 1 }, body: 'x' }])
  expect(await refusal(gzipSync(slip))).toBe('BUNDLE_UNSAFE_PATH')
  const unpacked = join(folder, 'with-link')
  await mkdir(unpacked)
  await symlink('/etc/passwd', join(unpacked, 'manifest.json'))
  await expect(opener.open(unpacked, { kind: 'none' })).rejects.toMatchObject({
    code: 'BUNDLE_UNSAFE_PATH',
  })
})

test('bombs are refused before they are unpacked', async () => {
  const zeros = new Uint8Array(8 * 1024 * 1024)
  expect(await refusal(zipSync({ ...files, zeros }, { level: 1 }))).toBe('BUNDLE_TOO_LARGE')
  expect(await refusal(gzipSync(zeros))).toBe('BUNDLE_TOO_LARGE')
  // One that says that it is small.
  const lying = Buffer.from(zipSync({ zeros: zeros.subarray(0, 4 * 1024 * 1024) }, { level: 1 }))
  const central = lying.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'))
  lying.writeUInt32LE(100, central + 24)
  lying.writeUInt32LE(100, 22)
  expect(['BUNDLE_TOO_LARGE', 'BUNDLE_DAMAGED']).toContain(await refusal(lying))
})

test('what was changed, exchanged or left out is refused with the reason', async () => {
  const manifest = JSON.parse(Buffer.from(files['manifest.json'] ?? []).toString()) as object
  const theirs = unzipSync(await bundleOf(other, 'theirs-2'))
  const again = unzipSync(await bundleOf(site, 'good-2'))
  const withManifestOf = (change: object) =>
    rezipped({ 'manifest.json': text(JSON.stringify({ ...manifest, ...change })) })
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [rezipped({ 'README.md': text('changed') }), 'BUNDLE_HASH'],
    [rezipped({ 'pump-1.creds.json': theirs['pump-1.creds.json'] }), 'BUNDLE_HASH'],
    [rezipped({ 'README.md': undefined }), 'BUNDLE_FILE_MISSING'],
    [rezipped({ 'manifest.json': undefined }), 'BUNDLE_UNKNOWN'],
    [rezipped({ 'manifest.sig': undefined }), 'BUNDLE_UNKNOWN'],
    [rezipped({ 'manifest.json': again['manifest.json'] }), 'BUNDLE_SIGNATURE'],
    [rezipped({ 'manifest.sig': theirs['manifest.sig'] }), 'BUNDLE_SIGNATURE'],
    [rezipped({ 'manifest.sig': text('{}') }), 'BUNDLE_SIGNATURE'],
    [withManifestOf({ tenant: 'south' }), 'BUNDLE_SIGNATURE'],
    [withManifestOf({ version: 0 }), 'BUNDLE_TOO_OLD'],
    [withManifestOf({ version: 7, of: 'tomorrow' }), 'BUNDLE_TOO_NEW'],
    [withManifestOf({ kind: 'virus' }), 'BUNDLE_MANIFEST'],
    [rezipped({ 'manifest.json': text('{') }), 'BUNDLE_MANIFEST'],
    [good.subarray(0, -30), 'BUNDLE_DAMAGED'],
    [text('PK\u0003\u0004 and no more'), 'BUNDLE_DAMAGED'],
    [text('just a text'), 'BUNDLE_UNKNOWN'],
    [new Uint8Array(), 'BUNDLE_UNKNOWN'],
  ]
  for (const [bytes, code] of cases) expect(await refusal(bytes)).toBe(code)
})

test('keys and credentials that do not belong in are refused, even under a good signature', async () => {
  const file = (path: string, content: string, purpose: ContentFile['purpose']): ContentFile => ({
    path,
    content: text(content),
    mode: 0o600,
    purpose,
  })
  const theirs = Buffer.from(
    unzipSync(await bundleOf(other, 'theirs-3'))['pump-1.creds.json'] ?? [],
  ).toString()
  const credential = (content: string) => [file('pump-1.creds.json', content, 'credential')]
  const readme = (content: string) => [file('README.md', content, 'readme')]
  expect(await refusal(await signed(site, credential(theirs)))).toBe('BUNDLE_FOREIGN_CREDENTIAL')
  const { seed: operator } = createNkey('operator')
  const { seed: user } = createNkey('user')
  expect(await refusal(await signed(site, readme(`keep ${operator} safe`)))).toBe(
    'BUNDLE_FOREIGN_SEED',
  )
  expect(await refusal(await signed(site, readme(user)))).toBe('BUNDLE_FOREIGN_SEED')
  const mixed = theirs.replace(/SU[A-Z2-7]{56}/u, user)
  expect(await refusal(await signed(other, credential(mixed)))).toBe('BUNDLE_FOREIGN_SEED')
})

test('bundles are found on a stick and wiped, and nothing else', async () => {
  const stick = join(folder, 'stick')
  const destination = { kind: 'folder', path: stick, allowSynced: false } as const
  const publicKey = await identityToRecipient(await generateX25519Identity())
  const { id } = site.bundles.addPerson({ name: 'Kim', publicKey, note: '' })
  const sealing = { kind: 'people' as const, people: [id] }
  await site.made(site.order({ newDevices: ['a'] }, { name: 'one', destination, sealing }))
  await site.made(site.order({ newDevices: ['b'] }, { name: 'two', destination }))
  const unpacked = join(stick, 'deep', 'three')
  await mkdir(join(stick, 'deep'))
  await execute('unzip', ['-q', join(stick, 'two.zip'), '-d', unpacked])
  await writeFile(join(unpacked, 'mine.txt'), 'mine')
  await writeFile(join(stick, 'photo.zip'), zipSync({ 'photo.jpg': text('x') }))
  const found = await opener.find(stick, NEVER)
  expect(found.map(({ name, kind }) => `${name} ${kind}`).toSorted()).toEqual([
    'one.README.txt beside',
    'one.zip.age sealed',
    'open-one.sh beside',
    'three folder',
    'two.zip plain',
  ])
  const { wiped, failed } = await opener.wipe(stick, [
    ...found.map(({ path }) => path),
    join(folder, 'whole.zip'),
  ])
  expect(wiped).toHaveLength(5)
  expect(failed).toMatchObject([{ path: join(folder, 'whole.zip') }])
  expect((await readdir(stick, { recursive: true })).toSorted()).toEqual([
    'deep',
    'deep/three',
    'deep/three/mine.txt',
    'photo.zip',
  ])
})
